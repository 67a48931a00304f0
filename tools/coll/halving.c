/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Recursive halving and doubling, for powers of two: exchange halves with a partner n/2 places away, quarters with one
 * n/4 away ... until each rank has finished one block, then the same way back to gather them. As few bytes as the
 * ring in 2 log2(n) messages (Rabenseifner, "Optimization of collective reduction operations", 2004).
 */
#include "coll/plan.h"

/* The round of a move, and the segment. */
struct round {
	int distance; /* to the partner, in places; also how many blocks are sent */
	bool gathers;
	int step;
	size_t segment;
};

/* What the longest piece of so many blocks takes: the same number on both sides. */
static size_t segments(const struct fb_plan *plan, int blocks)
{
	const size_t longest = fb_block(plan->task.count, plan->size, 0).count;

	return fb_plan_segments(plan, longest * (size_t)blocks);
}

static struct round find_round(const struct fb_plan *plan, size_t i)
{
	struct round r = { .distance = plan->size / 2 };

	for (; r.distance; r.distance /= 2, r.step++) {
		r.segment = i;
		if (i < segments(plan, r.distance))
			return r;
		i -= segments(plan, r.distance);
	}
	r.gathers = true;
	for (r.distance = 1;; r.distance *= 2, r.step++) {
		r.segment = i;
		if (i < segments(plan, r.distance))
			return r;
		i -= segments(plan, r.distance);
	}
}

/* Blocks [first, first + blocks) of the vector. */
static struct fb_range blocks_of(const struct fb_plan *plan, int first, int blocks)
{
	const struct fb_range from = fb_block(plan->task.count, plan->size, first);
	const struct fb_range last = fb_block(plan->task.count, plan->size, first + blocks - 1);

	return (struct fb_range){ from.first, last.first + last.count - from.first };
}

static void halving_begin(struct fb_plan *plan)
{
	plan->moves = 0;
	for (int distance = plan->size / 2; distance; distance /= 2)
		plan->moves += 2 * segments(plan, distance);
}

static void halving_move(const struct fb_plan *plan, size_t i, struct fb_move *move)
{
	const struct round r = find_round(plan, i);
	const int partner = plan->rank ^ r.distance;
	/* The blocks that stay mine in this round, and those that stay my partner's. */
	const int mine = plan->rank & ~(r.distance - 1), other = partner & ~(r.distance - 1);
	const bool first = !r.gathers && r.distance == plan->size / 2;
	const enum fb_place source = first ? FB_PLACE_SEND : FB_PLACE_RECV;

	move->step = r.step;
	move->out = fb_plan_piece(plan, source, blocks_of(plan, r.gathers ? mine : other, r.distance), r.segment);
	move->in = fb_plan_piece(plan, FB_PLACE_RECV, blocks_of(plan, r.gathers ? other : mine, r.distance), r.segment);
	move->with = (struct fb_piece){ source, move->in.range };
	move->to = move->out.range.count ? partner : -1;
	move->from = move->in.range.count ? partner : -1;
	move->reduces = !r.gathers;
	move->own_first = partner > plan->rank;
	move->finishes = !r.gathers && r.distance == 1;
}

const struct fb_algorithm fb_halving = { "halving", halving_begin, halving_move, NULL };
