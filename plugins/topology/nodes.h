/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which nodes a job gets: the engine's choice (engine/cluster.h) among those that Slurm offers.
 *
 * The choice is handed to Slurm by taking all other nodes away; what cannot be told to the engine (cores and memory of
 * several nodes together) Slurm's own helper then judges. If it refuses, the choice is made again without the
 * node that has the fewest processors.
 */
#ifndef FB_TOPOLOGY_NODES_H
#define FB_TOPOLOGY_NODES_H

#include "topology/attempt.h"
#include "topology/engine/cluster.h"

struct fb_nodes;

/* What the job wants of the wires between its GPUs. */
struct fb_nodes_wish {
	bool island;  /* on each node GPUs that are P2P to each other, or none (--p2p=require) */
	bool group;   /* one leaf group (--rdma=require, --switches=1) */
	bool no_fabric; /* the network does not matter (--rdma=off) */
	uint32_t segment; /* so many nodes at a time of one leaf group (--segment); 0: not asked */
};

/*
 * Look at the nodes of attempt's eval. Returns NULL if they are left to Slurm: for requests that the engine has no words for
 * (several kinds of GPUs at once, GPUs per socket without a number of sockets, tasks without a number), and for those
 * who asked for another order of nodes (--contiguous, --spread-job, arbitrary distribution, LLN). whole: Slurm asks
 * whether the job could ever run, with all GPUs idle.
 */
struct fb_nodes *fb_nodes_create(struct fb_attempt *attempt, const struct fb_nodes_wish *wish, bool whole);
void fb_nodes_destroy(struct fb_nodes *nodes); /* takes NULL */

/*
 * Choose, among those not dropped. 0: the eval's node_map holds the chosen nodes and no other, and their GPUs
 * are masked. -1: there is no such choice; nothing has changed.
 */
int fb_nodes_choose(struct fb_nodes *nodes);

/* After Slurm refused a choice and everything was put back: choose without its poorest node from now on. 0, or -1
 * if it has only nodes that the user named. */
int fb_nodes_drop(struct fb_nodes *nodes);

#endif
