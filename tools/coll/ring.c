/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ring: the vector is cut into as many blocks as ranks; n-1 steps reduce (after them each rank owns one finished block),
 * n-1 steps pass the finished blocks round. Every link carries 2(n-1)/n of the vector: the least possible
 * (Patarasuk and Yuan, "Bandwidth optimal all-reduce algorithms for clusters of workstations", 2009).
 * It goes from node to node, once round, whatever the ranks' numbers. Blocks go in segments, so that reducing one overlaps
 * with receiving the next.
 *
 * No deadlock with FB_DEPTH sends and receives in flight: the rank that is furthest behind in the stream always
 * finds its receive posted at the right and its data sent from the left.
 */
#include "coll/plan.h"

static void ring_begin(struct fb_plan *plan)
{
	plan->segments = fb_plan_segments(plan, fb_block(plan->task.count, plan->size, 0).count);
	plan->moves = plan->segments * 2 * (size_t)(plan->size - 1);
}

/* Move i is segment i % segments of step i / segments. Both neighbours skip an empty segment: they agree on the cut. */
static void ring_move(const struct fb_plan *plan, size_t i, struct fb_move *move)
{
	const int n = plan->size, step = (int)(i / plan->segments);
	const bool reduces = step < n - 1;
	const size_t k = i % plan->segments;
	const int place = plan->layout->position;
	const struct fb_range sent = fb_block(plan->task.count, n, fb_ring_send(place, n, step));
	const struct fb_range received = fb_block(plan->task.count, n, fb_ring_receive(place, n, step));

	move->step = step;
	move->out = fb_plan_piece(plan, step ? FB_PLACE_RECV : FB_PLACE_SEND, sent, k);
	move->in = fb_plan_piece(plan, FB_PLACE_RECV, received, k);
	move->with = (struct fb_piece){ FB_PLACE_SEND, move->in.range };
	move->to = move->out.range.count ? fb_plan_rank(plan, place + 1) : -1;
	move->from = move->in.range.count ? fb_plan_rank(plan, place + n - 1) : -1;
	move->reduces = reduces;
	move->finishes = step == n - 2;
}

const struct fb_algorithm fb_ring = { "ring", ring_begin, ring_move, NULL };
