/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "coll/private.h"

#include "coll/plan.h"
#include "coll/work.h"

/* One message each way. Who sits out waits for nobody and may be calls ahead, so now and then all meet (FB_AHEAD_CALLS). */
static void begin(struct fb_plan *plan)
{
	plan->segments = plan->task.root != plan->rank;
	plan->total = 0; /* of the barrier */
	plan->step = 1;
	plan->moves = plan->segments + (plan->meets ? fb_doubling_moves(plan) : 0);
}

static void swap(const struct fb_plan *plan, size_t i, struct fb_move *move)
{
	const struct fb_range whole = { 0, plan->task.count };

	if (i >= plan->segments) {
		fb_doubling_move(plan, i - plan->segments, move);
		return;
	}
	move->to = move->from = plan->task.root;
	move->out = (struct fb_piece){ FB_PLACE_SEND, whole };
	move->in = (struct fb_piece){ FB_PLACE_RECV, whole };
}

const struct fb_algorithm fb_swap = { "swap", begin, swap, NULL };

fb_coll_status_t fb_coll_pair(fb_coll_t *coll, int peer, const void *send, void *recv, size_t bytes)
{
	const struct fb_task task = {
		.call = FB_CALL_PAIR, .send = send, .recv = recv, .count = bytes, .type = FB_COLL_INT8, .root = peer
	};
	struct fb_err err;

	if (peer < 0 || peer >= coll->size) {
		fb_coll_fail(&err, FB_COLL_ERR_ARGUMENT, "pair: rank %d is outside 0 to %d", peer, coll->size - 1);
		return fb_coll_publish(FB_COLL_ERR_ARGUMENT, &err);
	}
	return coll->size > 1 ? fb_work_run(coll, &task) : FB_COLL_OK;
}
