/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Broadcast. Small: a binomial tree. Large: a chain from the root on, in segments, every rank passing on one while the
 * next arrives. The root waits for nobody and may be calls ahead of the others; where the plan says so, all meet at the
 * end (FB_AHEAD_CALLS).
 */
#include <string.h>

#include "coll/plan.h"

#define CHAIN_BYTES ((size_t)128 << 10) /* of a segment: the last rank gets the first one after n - 1 of them */

/* My place when the root has place 0; the others follow node after node. */
static int place(const struct fb_plan *plan)
{
	return (plan->layout->position + plan->size - plan->root_at) % plan->size;
}

static int rank_at(const struct fb_plan *plan, int place)
{
	return fb_plan_rank(plan, place + plan->root_at);
}

static void begin(struct fb_plan *plan, size_t moves)
{
	const struct fb_task *task = &plan->task;

	if (!place(plan) && task->send != task->recv && task->count)
		memcpy(task->recv, task->send, task->count * plan->element);
	plan->total = 0; /* of the barrier */
	plan->step = 1;
	plan->segments = moves;
	plan->moves = moves + (plan->meets ? fb_doubling_moves(plan) : 0);
}

/* The distance to my parent; the root has one beyond all. My children are all powers of two below it away. */
static int reach(const struct fb_plan *plan)
{
	int distance = 1;

	while (distance < plan->size && !(place(plan) & distance))
		distance *= 2;
	return distance;
}

static int first_child(const struct fb_plan *plan)
{
	int distance = reach(plan) / 2;

	while (distance && place(plan) + distance >= plan->size)
		distance /= 2;
	return distance;
}

static void tree_begin(struct fb_plan *plan)
{
	size_t moves = place(plan) > 0;

	for (int distance = first_child(plan); distance; distance /= 2)
		moves++;
	begin(plan, moves);
}

/* From the parent, then to the children, the one with the most of its own first. */
static void tree_move(const struct fb_plan *plan, size_t i, struct fb_move *move)
{
	const struct fb_range whole = { 0, plan->task.count };

	if (i >= plan->segments) {
		fb_doubling_move(plan, i - plan->segments, move);
		return;
	}
	if (place(plan) && !i) {
		move->from = rank_at(plan, place(plan) - reach(plan));
		move->in = (struct fb_piece){ FB_PLACE_RECV, whole };
		return;
	}
	const int child = first_child(plan) >> (i - (place(plan) > 0));
	move->to = rank_at(plan, place(plan) + child);
	move->out = (struct fb_piece){ place(plan) ? FB_PLACE_RECV : FB_PLACE_SEND, whole };
}

const struct fb_algorithm fb_tree = { "tree", tree_begin, tree_move, NULL };

static void chain_begin(struct fb_plan *plan)
{
	plan->most = CHAIN_BYTES / plan->element;
	begin(plan, fb_plan_segments(plan, plan->task.count) + 1);
}

/* Segment i arrives while segment i - 1 is passed on. */
static void chain_move(const struct fb_plan *plan, size_t i, struct fb_move *move)
{
	const struct fb_range whole = { 0, plan->task.count };
	const int mine = place(plan);

	if (i >= plan->segments) {
		fb_doubling_move(plan, i - plan->segments, move);
		return;
	}
	if (mine && i + 1 < plan->segments) {
		move->from = rank_at(plan, mine - 1);
		move->in = fb_plan_piece(plan, FB_PLACE_RECV, whole, i);
	}
	if (mine + 1 < plan->size && i) {
		move->to = rank_at(plan, mine + 1);
		move->out = fb_plan_piece(plan, mine ? FB_PLACE_RECV : FB_PLACE_SEND, whole, i - 1);
	}
}

const struct fb_algorithm fb_chain = { "chain", chain_begin, chain_move, NULL };
