/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The placement engine: which nodes a job should get, and how many GPUs on each.
 *
 * Pure like engine.h: no Slurm, no I/O, no globals, no allocation. The caller lists the nodes that the job may
 * use, in the order of their indices; the same list and request give the same answer.
 *
 * Value of a placement: the modelled bus bandwidth of an allreduce over the whole job, in GB/s. A ring through
 * all GPUs is as fast as its slowest part: the best ring of the GPUs on each node (fb_engine_value()), and, on
 * several nodes, what a node's adapters carry, divided by the oversubscription of the levels that the job spans.
 * What is not known counts as little: the links of an untyped node as links between sockets, adapters as
 * FB_ENGINE_NET_GBPS, a node without a leaf group as one behind all levels.
 *
 * A choice is scored by the job's own loss (how far its value is below the best possible on an idle cluster, times
 * its GPUs) plus the harm that it does to later jobs of the site's size mix: what they lose in expectation because
 * these GPUs are taken, wires inside nodes and whole leaf groups both. NOTES.md has the rule and what others gave.
 *
 * Units: GB/s = 1e9 bytes/s, one direction.
 */
#ifndef FB_TOPOLOGY_ENGINE_CLUSTER_H
#define FB_TOPOLOGY_ENGINE_CLUSTER_H

#include <stddef.h>

#include "topology/engine/engine.h"

#define FB_ENGINE_NO_GROUP UINT32_MAX
#define FB_ENGINE_NET_GBPS 10.0 /* of a node whose adapters are not known: one of 100 Gb/s */
#define FB_ENGINE_SIZES 16	/* sizes of a mix: jobs of 1 to 16 GPUs on a node */

/* A leaf group, as the caller numbers them from 0. */
struct fb_engine_group_info {
	uint32_t pod;
	uint32_t rails; /* leaf switches that its nodes sit on; a node's adapters are that many */
};

struct fb_engine_fabric {
	size_t groups;
	const struct fb_engine_group_info *group;
	double leaf_oversubscription, pod_oversubscription; /* at least 1 */
};

struct fb_engine_node {
	const struct fb_engine_type *type; /* NULL: not wired; most GPUs are there, nothing is known of their links */
	fb_gpuset free;	      /* this job may take; not read of an untyped node */
	fb_gpuset idle;	      /* idle, whether this job may take them or not; free is a part */
	uint16_t least, most; /* GPUs that the job can take here: at least and at most; 1 <= least <= most */
	uint32_t group;	      /* leaf group, or FB_ENGINE_NO_GROUP */
	uint32_t weight;      /* Slurm's: nodes of less weight are used first */
	bool required;	      /* --nodelist */
	float net_gbps;	      /* of its compute adapters together; 0: not known */
};

/*
 * A job of per_node gets as many of its nodes as it can, up to nodes_max; one of gpus gets the number of nodes that
 * scores best.
 */
struct fb_engine_job {
	uint32_t nodes_min, nodes_max; /* 1 <= nodes_min <= nodes_max */
	uint32_t gpus;		       /* of the whole job; 0: every node gives per_node */
	uint32_t per_node;	       /* exactly so many on each node; 0: as it comes. Not both 0 */
	bool one_group;		       /* all nodes in one leaf group, or there is no placement (--rdma=require) */
	bool one_island;	       /* on each node fb_engine_p2p() GPUs, or none (--p2p=require) */
};

/*
 * How often jobs of a size come: share of GPU time of jobs that have s + 1 GPUs on a node, and of jobs of s + 2 whole
 * nodes; the last of each: so many and more. What is left to 1 in gpus are jobs that no placement harms.
 */
struct fb_engine_mix {
	double gpus[FB_ENGINE_SIZES];
	double nodes[FB_ENGINE_SIZES];
};
extern const struct fb_engine_mix fb_engine_mix_default; /* from a trace, see NOTES.md */

struct fb_engine_place {
	uint32_t node;	/* index in the caller's list */
	uint16_t count; /* GPUs taken there */
	fb_gpuset gpus; /* those that the score is of; 0 of an untyped node */
};

struct fb_engine_placement {
	size_t places;
	double gbps;	 /* modelled; 0 for one GPU */
	double score;	 /* less is better */
	uint32_t groups; /* leaf groups that it spans; all nodes without one count as one */
};

/*
 * Choose nodes. place has room for min(nodes_max, nodes) entries and is filled in the order of the list; scratch holds
 * fb_engine_scratch_size(nodes, groups) bytes, aligned as by malloc(), and may be used again. Without a mix no harm is
 * counted: on a list of idle nodes gbps is then the best possible of the cluster. Returns 0, or -1 if there is no placement;
 * outputs are then untouched.
 */
size_t fb_engine_scratch_size(size_t nodes, size_t groups);
int fb_engine_place(const struct fb_engine_fabric *fabric, const struct fb_engine_node *node, size_t nodes,
		    const struct fb_engine_job *job, const struct fb_engine_mix *mix, void *scratch,
		    struct fb_engine_place *place, struct fb_engine_placement *placement);

/* Modelled bandwidth of a placement that is known: GPUs of each node, its group and adapters. */
struct fb_engine_held {
	const struct fb_engine_type *type; /* NULL: not wired; gpus then says how many by its bits */
	fb_gpuset gpus;
	uint32_t group;
	float net_gbps;
};
double fb_engine_held_gbps(const struct fb_engine_fabric *fabric, const struct fb_engine_held *held, size_t nodes);

#endif
