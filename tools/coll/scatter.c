/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reduce-scatter. Large: each rank sends every other one the block that is to end there, (n-1)/n of the vector and no memory
 * besides. Small: the whole vector is reduced everywhere by doubling, in fewer messages, and one block kept.
 */
#include <string.h>

#include "coll/plan.h"

static struct fb_range block(const struct fb_plan *plan, int rank)
{
	return (struct fb_range){ (size_t)rank * plan->task.count, plan->task.count };
}

static void pairwise_begin(struct fb_plan *plan)
{
	plan->segments = fb_plan_segments(plan, plan->task.count);
	plan->moves = plan->segments * (size_t)(plan->size - 1);
}

static void pairwise_move(const struct fb_plan *plan, size_t i, struct fb_move *move)
{
	const int n = plan->size, step = (int)(i / plan->segments);
	const size_t k = i % plan->segments;

	move->step = step;
	move->to = (plan->rank + step + 1) % n;
	move->from = (plan->rank + n - step - 1) % n;
	move->out = fb_plan_piece(plan, FB_PLACE_SEND, block(plan, move->to), k);
	move->in = fb_plan_piece(plan, FB_PLACE_RECV, block(plan, 0), k);
	move->with = step ? move->in : fb_plan_piece(plan, FB_PLACE_SEND, block(plan, plan->rank), k);
	move->reduces = true;
	move->finishes = step == n - 2;
}

const struct fb_algorithm fb_pairwise = { "pairwise", pairwise_begin, pairwise_move, NULL };

static void small_begin(struct fb_plan *plan)
{
	plan->place = FB_PLACE_WORK;
	plan->total = plan->task.count * (size_t)plan->size;
	if (plan->total)
		memcpy(plan->work, plan->task.send, plan->total * plan->element);
	plan->moves = fb_doubling_moves(plan);
}

static void small_end(const struct fb_plan *plan)
{
	const size_t bytes = plan->task.count * plan->element;

	if (bytes)
		memcpy(plan->task.recv, plan->work + (size_t)plan->rank * bytes, bytes);
}

const struct fb_algorithm fb_small_reduce_scatter = { "doubling", small_begin, fb_doubling_move, small_end };
