/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How many GPUs a job will get on a node, for each form of request. Pure: no Slurm.
 *
 * Slurm decides the count on a node late: --gpus=N over several nodes and --gpus-per-task only after the
 * nodes are chosen. Handing it fewer GPUs than it will take makes it give the job fewer without a word,
 * so the counts here are what cons_tres computes, by the same steps.
 */
#ifndef FB_TOPOLOGY_DEMAND_H
#define FB_TOPOLOGY_DEMAND_H

#include <stddef.h>
#include <stdint.h>

#define FB_TASKS_UNLIMITED UINT32_MAX

/* A request as gres_job_state_t has it; 0: not asked for. The first that is set, in this order, decides. */
struct fb_demand_request {
	uint64_t per_node;
	uint64_t per_socket;
	uint64_t per_task;
	uint64_t per_job;
	uint32_t min_nodes;
	uint32_t tasks;		 /* of the whole job, 0: not known */
	uint32_t tasks_per_node; /* limit, 0: none */
};

enum fb_demand_kind {
	FB_DEMAND_UNKNOWN, /* leave the node alone */
	FB_DEMAND_EXACT,   /* count on every node */
	FB_DEMAND_JOB,	   /* at most count; the rest of --gpus=N is on other nodes */
	FB_DEMAND_TASKS,   /* at most count; depends on the tasks that the node gets */
	FB_DEMAND_SOCKETS, /* count on every socket that the job uses */
};

struct fb_demand {
	enum fb_demand_kind kind;
	uint64_t count;
};

struct fb_demand fb_demand_of(const struct fb_demand_request *request);

/*
 * At most how many GPUs one request takes on all of the job's nodes together, which have so many sockets and
 * offer so many GPUs to it. Every part of the request limits it, also those that fb_demand_of() passes over.
 */
uint64_t fb_demand_most(const struct fb_demand_request *request, uint64_t nodes, uint64_t sockets, uint64_t offered);

/* One node of a job, in the order of Slurm's node table. */
struct fb_share {
	uint32_t cpus;	     /* the job may use here */
	uint32_t threads;    /* CPUs of one core */
	uint32_t task_limit; /* GPUs allow, or FB_TASKS_UNLIMITED */
	uint32_t gpus;	     /* it may use here */
	uint32_t tasks;	     /* out: fb_share_tasks() */
	uint32_t take;	     /* out: fb_share_gpus() */
};

/*
 * Spread the tasks of a job over its nodes as _dist_tasks_compute_c_b() of cons_tres does (the default
 * and the cyclic distribution). Returns 0, or -1 if they do not fit: then nothing is known.
 */
int fb_share_tasks(struct fb_share *share, size_t nodes, uint32_t tasks, uint32_t cpus_per_task,
		   uint32_t tasks_per_node);

/*
 * Spread --gpus=N as _set_job_bits1() and _set_job_bits2() do: each node as many as it has, as long as
 * one is left for every later node, and what is missing then from the first that have more. Returns 0,
 * or -1 if there are fewer than N.
 */
int fb_share_gpus(struct fb_share *share, size_t nodes, uint64_t gpus);

#endif
