/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Recursive doubling: every rank exchanges the whole vector with partners 1, 2, 4 ... places away. The fewest
 * steps, and more data than the ring: for small vectors. Ranks beyond a power of two fold into a neighbour first.
 * Without elements it is a barrier.
 */
#include <string.h>

#include "coll/plan.h"

#define STEP_FOLD 0
#define STEP_DOUBLE 1 /* and on */
#define STEP_UNFOLD 32

static int distances(const struct fb_doubling *fold)
{
	int steps = 0;

	for (int distance = 1; distance < fold->power; distance *= 2)
		steps++;
	return steps;
}

size_t fb_doubling_moves(const struct fb_plan *plan)
{
	const struct fb_doubling fold = fb_doubling_plan(plan->rank, plan->size);
	const int rounds = fold.index < 0 ? 2 : distances(&fold) + (fold.partner < 0 ? 0 : 2);

	return fb_plan_segments(plan, plan->total) * (size_t)rounds;
}

/* To be reduced with what is there. The lower rank's value comes first on both sides, so that both get the same bits. */
static void take_in(const struct fb_plan *plan, struct fb_move *move, int partner, struct fb_piece piece)
{
	move->from = partner;
	move->in = move->with = piece;
	move->reduces = true;
	move->own_first = partner > plan->rank;
}

void fb_doubling_move(const struct fb_plan *plan, size_t i, struct fb_move *move)
{
	const struct fb_doubling fold = fb_doubling_plan(plan->rank, plan->size);
	const size_t segments = fb_plan_segments(plan, plan->total);
	const struct fb_piece piece = fb_plan_piece(plan, plan->place, (struct fb_range){ 0, plan->total }, i % segments);
	int round = (int)(i / segments);

	if (fold.index < 0) {
		move->step = plan->step + (round ? STEP_UNFOLD : STEP_FOLD);
		move->out = move->in = piece;
		*(round ? &move->from : &move->to) = fold.partner;
		return;
	}
	round -= fold.partner >= 0;
	if (round < 0) {
		move->step = plan->step + STEP_FOLD;
		take_in(plan, move, fold.partner, piece);
		return;
	}
	move->out = piece;
	if (round == distances(&fold)) {
		move->step = plan->step + STEP_UNFOLD;
		move->to = fold.partner;
		return;
	}
	move->step = plan->step + STEP_DOUBLE + round;
	move->to = fb_doubling_rank(fold.index ^ 1 << round, plan->size);
	take_in(plan, move, move->to, piece);
	move->overwrites = true;
	move->finishes = round == distances(&fold) - 1;
}

static void doubling_begin(struct fb_plan *plan)
{
	const struct fb_task *task = &plan->task;

	if (task->send != task->recv && task->count)
		memcpy(task->recv, task->send, task->count * plan->element);
	plan->moves = fb_doubling_moves(plan);
}

const struct fb_algorithm fb_doubling = { "doubling", doubling_begin, fb_doubling_move, NULL };

static void barrier_begin(struct fb_plan *plan)
{
	plan->moves = fb_doubling_moves(plan);
}

const struct fb_algorithm fb_barrier = { "barrier", barrier_begin, fb_doubling_move, NULL };
