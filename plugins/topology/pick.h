/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The engine's choice on one node, within what the job's cores and sockets allow there. */
#ifndef FB_TOPOLOGY_PICK_H
#define FB_TOPOLOGY_PICK_H

#include "topology/node_gpus.h"

/* The last answer: nodes of one type with the same GPUs free are many. Zeroed to begin with. */
struct fb_pick_memo {
	const struct fb_engine_type *type;
	struct fb_engine_request request;
	struct fb_engine_choice choice;
	int rc;
};

struct fb_pick {
	const struct fb_node_gpus *gpus; /* which have been read */
	const topology_eval_t *eval;
	fb_gpuset held;	    /* what the job has here already, by another of its requests */
	unsigned int count; /* GPUs wanted: on the node, or on each socket */
	struct fb_pick_memo *memo;
};

/*
 * Choose count GPUs of the node. Sockets without free cores are avoided, unless that costs bandwidth; with
 * --gres-flags=enforce-binding they are out, and so are choices that span sockets, because Slurm may then
 * take the cores of one only. Returns 0, or -1 if nothing is to be masked; keep is then untouched.
 */
int fb_pick_count(const struct fb_pick *pick, fb_gpuset *keep);

/* Choose count GPUs on each of as many sockets as the job uses, together; of sockets that cannot be known,
 * on each for itself. */
int fb_pick_sockets(const struct fb_pick *pick, fb_gpuset *keep);

/* Are the cores that were left to the job all on sockets whose GPUs are offered? */
bool fb_pick_sockets_hold(const topology_eval_t *eval, const struct fb_node_gpus *gpus);

#endif
