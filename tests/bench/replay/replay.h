/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The replay: jobs of a trace in virtual time on a modelled cluster, placed by one of several rules. No Slurm: the queue is
 * first come, first served with backfill behind the first job that does not fit, and knows how long jobs run.
 */
#ifndef FB_BENCH_REPLAY_H
#define FB_BENCH_REPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "topology/engine/cluster.h"

#define REPLAY_NODES_MAX 256
#define REPLAY_GROUPS_MAX 32
#define REPLAY_TYPES_MAX 4
#define REPLAY_JOB_NODES_MAX 4
#define REPLAY_JOB_GPUS_MAX 32

struct trace_job {
	double submit, duration; /* seconds */
	uint32_t gpus;
};

struct trace {
	size_t jobs;
	struct trace_job *job;
};

int trace_read(struct trace *trace, FILE *file);
void trace_free(struct trace *trace);
/*
 * A trace of count jobs (0: as many) for a cluster of gpus at a load: lengths and sizes are drawn with replacement, those of a
 * job together, and arrivals are stretched so that the work offered is this share of what the cluster can do.
 */
int trace_draw(const struct trace *from, uint64_t seed, size_t count, unsigned int gpus, double load, struct trace *trace);

struct cluster {
	const char *name;
	size_t nodes, types;
	struct fb_engine_type *type[REPLAY_TYPES_MAX];
	uint8_t type_of[REPLAY_NODES_MAX];
	uint32_t group_of[REPLAY_NODES_MAX];
	float net[REPLAY_TYPES_MAX];
	uint32_t weight[REPLAY_TYPES_MAX]; /* what a good admin gives the types */
	struct fb_engine_group_info group[REPLAY_GROUPS_MAX];
	struct fb_engine_fabric fabric;
};

extern const char *const cluster_names[]; /* NULL at the end */
int cluster_make(struct cluster *cluster, const char *name);
void cluster_free(struct cluster *cluster);
unsigned int cluster_gpus(const struct cluster *cluster);

struct placed {
	size_t places;
	struct fb_engine_place place[REPLAY_JOB_NODES_MAX];
};

enum rule { RULE_FIRST, RULE_TREE, RULE_TUNED, RULE_VALUE, RULE_FIT, RULE_OURS, RULES };
extern const char *const rule_names[RULES];

/* Where a rule puts a job of so many GPUs; false if it does not fit. */
struct rule_room {
	const struct cluster *cluster;
	const struct fb_engine_mix *mix;
	void *scratch;
	double choices, seconds; /* of the engine */
};
struct fb_engine_job job_shape(uint32_t gpus);
bool rule_place(struct rule_room *room, enum rule rule, const fb_gpuset *idle, uint32_t gpus, struct placed *placed);
bool cluster_fits(const struct cluster *cluster, const fb_gpuset *idle, uint32_t gpus);
/* Whether a node has an idle set of so many GPUs that is one island. */
bool cluster_island_free(const struct cluster *cluster, const fb_gpuset *idle, uint32_t gpus);

/* Waits are kept by class of size: 1, 2 to 8, more. */
enum size_class { SIZE_ONE, SIZE_NODE, SIZE_MORE, SIZES };

struct result {
	size_t jobs, small, small_island, small_free, small_free_island, multi, multi_one_group;
	double bandwidth;		   /* over best possible, by GPU time */
	double intact;			   /* share of islands that are wholly idle, over time */
	double used;			   /* share of GPUs, over time */
	double wait[SIZES][2];		   /* seconds; median, 95th percentile */
	double choice_us;		   /* the engine's time */
};

int replay_run(const struct cluster *cluster, const struct trace *trace, enum rule rule, const struct fb_engine_mix *mix,
	       struct result *result);

#endif
