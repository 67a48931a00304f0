/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Allreduce over nodes of p ranks each: inside each node every rank reduces one block of the vector, the ranks with the same
 * block form a ring over the nodes, and inside the nodes the blocks are gathered. As few bytes as one ring of all
 * ranks, in 2 (p - 1) + 2 (nodes - 1) steps, and all ranks of a node use the network at the same time.
 */
#include "coll/plan.h"

/* Where a move is. */
struct at {
	enum { REDUCE, RING, GATHER } phase;
	int step;
	size_t segment;
};

/* Rank l of a node. */
static int rank_of(const struct fb_plan *plan, int node, int l)
{
	return plan->layout->order[node * plan->layout->per_node + l];
}

static size_t local_segments(const struct fb_plan *plan)
{
	return fb_plan_segments(plan, fb_block(plan->task.count, plan->layout->per_node, 0).count);
}

static size_t ring_segments(const struct fb_plan *plan)
{
	const size_t block = fb_block(plan->task.count, plan->layout->per_node, 0).count;

	return fb_plan_segments(plan, fb_block(block, plan->layout->nodes, 0).count);
}

static struct at find(const struct fb_plan *plan, size_t i)
{
	const size_t locals = local_segments(plan), local = locals * (size_t)(plan->layout->per_node - 1);
	const size_t rings = ring_segments(plan), ring = rings * 2 * (size_t)(plan->layout->nodes - 1);

	if (i < local)
		return (struct at){ REDUCE, (int)(i / locals), i % locals };
	i -= local;
	if (i < ring)
		return (struct at){ RING, (int)(i / rings), i % rings };
	i -= ring;
	return (struct at){ GATHER, (int)(i / locals), i % locals };
}

static void rails_begin(struct fb_plan *plan)
{
	plan->moves = 2 * local_segments(plan) * (size_t)(plan->layout->per_node - 1) +
		      2 * ring_segments(plan) * (size_t)(plan->layout->nodes - 1);
}

/* Both sides skip an empty segment: they agree on the cut. */
static void exchange(const struct fb_plan *plan, struct fb_move *move, int node, int to, int from)
{
	move->to = move->out.range.count ? rank_of(plan, node, to) : -1;
	move->from = move->in.range.count ? rank_of(plan, node, from) : -1;
}

/* Part k of the block of local rank l. */
static struct fb_range part_of(const struct fb_plan *plan, int l, int k)
{
	const struct fb_range block = fb_block(plan->task.count, plan->layout->per_node, l);
	const struct fb_range part = fb_block(block.count, plan->layout->nodes, k);

	return (struct fb_range){ block.first + part.first, part.count };
}

static void ring_move(const struct fb_plan *plan, const struct at *at, int node, int l, struct fb_move *move)
{
	const int m = plan->layout->nodes;

	move->out = fb_plan_piece(plan, FB_PLACE_RECV, part_of(plan, l, fb_ring_send(node, m, at->step)), at->segment);
	move->in = fb_plan_piece(plan, FB_PLACE_RECV, part_of(plan, l, fb_ring_receive(node, m, at->step)), at->segment);
	move->with = move->in;
	move->to = move->out.range.count ? rank_of(plan, (node + 1) % m, l) : -1;
	move->from = move->in.range.count ? rank_of(plan, (node + m - 1) % m, l) : -1;
	move->reduces = at->step < m - 1;
	move->finishes = at->step == m - 2;
}

static void rails_move(const struct fb_plan *plan, size_t i, struct fb_move *move)
{
	const int p = plan->layout->per_node, node = plan->layout->position / p, l = plan->layout->position % p;
	const struct at at = find(plan, i);
	const int next = (l + at.step + 1) % p, previous = (l + p - at.step - 1) % p;

	if (at.phase == REDUCE) {
		move->step = at.step;
		move->out = fb_plan_piece(plan, FB_PLACE_SEND, fb_block(plan->task.count, p, next), at.segment);
		move->in = fb_plan_piece(plan, FB_PLACE_RECV, fb_block(plan->task.count, p, l), at.segment);
		move->with = (struct fb_piece){ at.step ? FB_PLACE_RECV : FB_PLACE_SEND, move->in.range };
		move->reduces = true;
		exchange(plan, move, node, next, previous);
	} else if (at.phase == RING) {
		move->step = p - 1 + at.step;
		ring_move(plan, &at, node, l, move);
	} else {
		move->step = p - 1 + 2 * (plan->layout->nodes - 1) + at.step;
		move->out = fb_plan_piece(plan, FB_PLACE_RECV, fb_block(plan->task.count, p, l), at.segment);
		move->in = fb_plan_piece(plan, FB_PLACE_RECV, fb_block(plan->task.count, p, previous), at.segment);
		exchange(plan, move, node, next, previous);
	}
}

const struct fb_algorithm fb_rails = { "rails", rails_begin, rails_move, NULL };
