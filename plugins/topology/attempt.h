/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One look at a job: the GPUs that Slurm offers to it, node by node, and which of them are offered on. */
#ifndef FB_TOPOLOGY_ATTEMPT_H
#define FB_TOPOLOGY_ATTEMPT_H

#include "topology/demand.h"
#include "topology/nodemap.h"
#include "topology/pick.h"

struct fb_attempt {
	topology_eval_t *eval;
	const struct fb_nodemap *map;
	struct fb_node_gpus *gpus; /* one entry per wired node and GPU request ("gpu:a:2,gpu:b:1" are two) */
	size_t count;
	bool masked;
	struct fb_pick_memo memo;
};

/* Read the GPUs of the eval's nodes; fb_attempt_free() must follow. */
void fb_attempt_read(struct fb_attempt *attempt, topology_eval_t *eval, const struct fb_nodemap *map);
void fb_attempt_free(struct fb_attempt *attempt);

/* What one request takes on a node. */
struct fb_demand fb_attempt_demand(const topology_eval_t *eval, const sock_gres_t *sock_gres);

/* Offer only count GPUs of an entry's node, or so many of each socket; all, where no choice can be made. */
void fb_attempt_mask(struct fb_attempt *attempt, size_t entry, uint64_t count, bool sockets);

/* Offer at most as many GPUs as the job can get on an entry's node; on all nodes of the eval. */
void fb_attempt_mask_most(struct fb_attempt *attempt, size_t entry);
void fb_attempt_mask_all(struct fb_attempt *attempt);

/* Take all masks back, and what a failed choice of nodes left in the entries' nodes. */
void fb_attempt_unmask(struct fb_attempt *attempt);

#endif
