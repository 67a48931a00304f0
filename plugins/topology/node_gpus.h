/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One node's GPUs as cons_tres offers them to one job: the sock_gres_t in which eval_nodes may mask
 * devices. What it held is kept, so that a mask can be changed or taken back.
 *
 * Thousands of nodes are looked at for a job, of which it gets few: a look touches no more than the choice of nodes needs.
 */
#ifndef FB_TOPOLOGY_NODE_GPUS_H
#define FB_TOPOLOGY_NODE_GPUS_H

#include "topology/slurm_compat.h"
#include "topology/wired.h"

#define FB_NODE_SOCKETS_MAX FB_TOPOFILE_SOCKETS_MAX

/* What was offered, before anything was masked. */
struct fb_node_offer {
	fb_gpuset any;				/* near no socket in particular */
	fb_gpuset sock[FB_NODE_SOCKETS_MAX];	/* near a socket */
	uint16_t cnt_any;
	uint16_t cnt_sock[FB_NODE_SOCKETS_MAX]; /* as counted: 0 where the socket's cores are taken and the job binds */
	uint16_t cpus;				/* as available to the job, and the weight Slurm gave the node */
	fb_avail_res_t res;
};

struct fb_node_gpus {
	int node; /* index of the node table */
	avail_res_t *avail;
	sock_gres_t *sock_gres;
	const struct fb_wired_node *wired; /* its type is not NULL */
	fb_gpuset usable;		   /* offered to this job and idle */
	fb_gpuset idle;			   /* idle, whether offered or not */
	fb_gpuset keep;			   /* what is offered now: usable, or the mask */
	uint16_t total;			   /* as counted */
	struct fb_node_offer *offer;	   /* NULL: not read yet */
};

/*
 * Look at a node, which the first four say; fb_node_gpus_free() must follow. Returns 1 if its GPUs can be chosen; 0 if not:
 * not GPUs by file, shared ones, restricted cores; -1 if their number is not the type's.
 */
int fb_node_gpus_look(struct fb_node_gpus *gpus);
void fb_node_gpus_free(struct fb_node_gpus *gpus);

/* Keep what is offered, before a node is masked or shown to Slurm. */
void fb_node_gpus_read(struct fb_node_gpus *gpus);

/* The GPUs that were offered, idle or (in a test whether the job could ever run) not. */
fb_gpuset fb_node_gpus_offered(const struct fb_node_gpus *gpus);

/* Of a node that has been read: offer only these of the usable GPUs, with the counts that go with them. All: what was
 * offered before. */
void fb_node_gpus_mask(struct fb_node_gpus *gpus, fb_gpuset keep);

/* Take back the mask and what a failed attempt left in the node's record, if it has been read. */
void fb_node_gpus_restore(struct fb_node_gpus *gpus);

#endif
