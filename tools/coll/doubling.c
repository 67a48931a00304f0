/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Recursive doubling: every rank exchanges the whole vector with partners 1, 2, 4 ... places away. The fewest
 * steps, and more data than the ring: for small vectors. Ranks beyond a power of two fold into a neighbour first.
 */
#include <string.h>

#include "coll/internal.h"
#include "coll/reduce.h"

#define STEP_FOLD 0
#define STEP_DOUBLE 1 /* and on */
#define STEP_UNFOLD 64

/* recv = recv op the partner's. The lower rank's value comes first on both sides, so that both get the same bits. */
static fb_coll_status_t exchange(struct fb_coll *c, const struct fb_allreduce *a, size_t bytes, int partner, int step)
{
	struct fb_request in, out;
	fb_coll_status_t status;

	fb_call_receive(c, step, c->scratch, bytes, &in);
	fb_call_send(c, partner, step, a->recv, bytes, &out);
	if ((status = fb_call_wait(c, &in)) || (status = fb_call_wait(c, &out)))
		return status;
	if (partner < c->rank)
		fb_reduce(a->recv, c->scratch, a->recv, a->count, a->type, a->op);
	else
		fb_reduce(a->recv, a->recv, c->scratch, a->count, a->type, a->op);
	return FB_COLL_OK;
}

static fb_coll_status_t send_whole(struct fb_coll *c, const struct fb_allreduce *a, size_t bytes, int partner, int step)
{
	struct fb_request out;

	fb_call_send(c, partner, step, a->recv, bytes, &out);
	return fb_call_wait(c, &out);
}

static fb_coll_status_t receive_whole(struct fb_coll *c, size_t bytes, int step, void *into)
{
	struct fb_request in;

	fb_call_receive(c, step, into, bytes, &in);
	return fb_call_wait(c, &in);
}

fb_coll_status_t fb_allreduce_doubling(struct fb_coll *c, const struct fb_allreduce *a)
{
	struct fb_doubling plan = fb_doubling_plan(c->rank, c->size);
	size_t bytes = a->count * fb_coll_type_size(a->type);
	fb_coll_status_t status;

	if (a->send != a->recv && bytes)
		memcpy(a->recv, a->send, bytes);
	if (plan.index < 0) {
		if ((status = send_whole(c, a, bytes, plan.partner, STEP_FOLD)))
			return status;
		return receive_whole(c, bytes, STEP_UNFOLD, a->recv);
	}
	if (plan.partner >= 0) {
		if ((status = receive_whole(c, bytes, STEP_FOLD, c->scratch)))
			return status;
		fb_reduce(a->recv, c->scratch, a->recv, a->count, a->type, a->op);
	}
	for (int distance = 1, step = STEP_DOUBLE; distance < plan.power; distance *= 2, step++) {
		int partner = fb_doubling_rank(plan.index ^ distance, c->size);
		if ((status = exchange(c, a, bytes, partner, step)))
			return status;
	}
	fb_reduce_finish(a->recv, a->count, a->type, a->op, c->size);
	return plan.partner < 0 ? FB_COLL_OK : send_whole(c, a, bytes, plan.partner, STEP_UNFOLD);
}
