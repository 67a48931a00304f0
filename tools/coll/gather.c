/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Allgather. Large: blocks go round a ring, each received where it stays. Small: log2(n) steps, in each of which
 * all that a rank has goes to the one 1, 2, 4 ... places before it (Bruck et al., 1997); any number of ranks.
 */
#include <string.h>

#include "coll/plan.h"

static void ring_begin(struct fb_plan *plan)
{
	const struct fb_task *task = &plan->task;
	const size_t bytes = task->count * plan->element;
	char *mine = (char *)task->recv + (size_t)plan->rank * bytes;

	if (bytes && mine != task->send)
		memcpy(mine, task->send, bytes);
	plan->segments = fb_plan_segments(plan, task->count);
	plan->moves = plan->segments * (size_t)(plan->size - 1);
}

static struct fb_piece ring_piece(const struct fb_plan *plan, int place, size_t k)
{
	const size_t block = (size_t)fb_plan_rank(plan, place);

	return fb_plan_piece(plan, FB_PLACE_RECV, (struct fb_range){ block * plan->task.count, plan->task.count }, k);
}

static void ring_move(const struct fb_plan *plan, size_t i, struct fb_move *move)
{
	const int n = plan->size, place = plan->layout->position, step = (int)(i / plan->segments);

	move->step = step;
	move->to = fb_plan_rank(plan, place + 1);
	move->from = fb_plan_rank(plan, place + n - 1);
	move->out = ring_piece(plan, place + n - step, i % plan->segments);
	move->in = ring_piece(plan, place + n - step - 1, i % plan->segments);
}

const struct fb_algorithm fb_gather_ring = { "ring", ring_begin, ring_move, NULL };

/* The work memory holds the blocks of ranks rank, rank + 1, ... */
static void bruck_begin(struct fb_plan *plan)
{
	const struct fb_task *task = &plan->task;

	if (task->count)
		memcpy(plan->work, task->send, task->count * plan->element);
	plan->moves = 0;
	for (int have = 1; have < plan->size; have *= 2)
		plan->moves++;
}

static void bruck_move(const struct fb_plan *plan, size_t i, struct fb_move *move)
{
	const int n = plan->size, have = 1 << i, blocks = have < n - have ? have : n - have;
	const size_t count = plan->task.count;

	move->step = (int)i;
	move->to = (plan->rank + n - have) % n;
	move->from = (plan->rank + have) % n;
	move->out = (struct fb_piece){ FB_PLACE_WORK, { 0, (size_t)blocks * count } };
	move->in = (struct fb_piece){ FB_PLACE_WORK, { (size_t)have * count, (size_t)blocks * count } };
}

static void bruck_end(const struct fb_plan *plan)
{
	const size_t bytes = plan->task.count * plan->element;

	for (int i = 0; bytes && i < plan->size; i++)
		memcpy((char *)plan->task.recv + (size_t)((plan->rank + i) % plan->size) * bytes, plan->work + (size_t)i * bytes, bytes);
}

const struct fb_algorithm fb_gather_bruck = { "bruck", bruck_begin, bruck_move, bruck_end };
