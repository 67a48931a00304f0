/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The algorithm of a call, and what all of them need. */
#include "coll/plan.h"

#include <stdint.h>

#include "coll/reduce.h"
#include "coll/wire.h"

/* Bytes up to which few messages matter more than that each goes to a neighbour. */
#define TREE_BYTES ((size_t)32 << 10)

static const struct fb_algorithm *choose_allreduce(enum fb_algorithm_kind kind)
{
	switch (kind) {
	case FB_ALGORITHM_DOUBLING:
		return &fb_doubling;
	case FB_ALGORITHM_HALVING:
		return &fb_halving;
	case FB_ALGORITHM_RAILS:
		return &fb_rails;
	default:
		return &fb_ring;
	}
}

static const struct fb_algorithm *choose(struct fb_plan *plan, enum fb_algorithm_kind asked)
{
	const size_t bytes = plan->task.count * plan->element;
	const size_t all = plan->task.count <= FB_WORK_BYTES / (size_t)plan->size ? bytes * (size_t)plan->size : SIZE_MAX;

	switch (plan->task.call) {
	case FB_CALL_ALLREDUCE:
		plan->kind = fb_algorithm_choose(asked, bytes, plan->size, plan->layout);
		return choose_allreduce(plan->kind);
	case FB_CALL_REDUCE_SCATTER:
		return all <= FB_WORK_BYTES ? &fb_small_reduce_scatter : &fb_pairwise;
	case FB_CALL_ALLGATHER:
		return all <= FB_WORK_BYTES ? &fb_gather_bruck : &fb_gather_ring;
	case FB_CALL_BROADCAST:
		return bytes <= TREE_BYTES ? &fb_tree : &fb_chain;
	case FB_CALL_PAIR:
		return &fb_swap;
	default:
		return &fb_barrier;
	}
}

void fb_plan_make(struct fb_plan *plan, const struct fb_task *task, int rank, int size, const struct fb_layout *layout,
		  enum fb_algorithm_kind asked)
{
	*plan = (struct fb_plan){ .task = *task, .rank = rank, .size = size, .layout = layout };
	plan->place = FB_PLACE_RECV;
	plan->total = task->count;
	plan->element = fb_coll_type_size(task->type);
	plan->carried = task->call == FB_CALL_ALLREDUCE && task->type == FB_COLL_FLOAT32 ? fb_coll_type_size(task->wire) : plan->element;
	plan->most = FB_SLOT_BYTES / plan->element;
	plan->algorithm = choose(plan, asked);
	while (task->call == FB_CALL_BROADCAST && layout->order[plan->root_at] != task->root)
		plan->root_at++;
}

void fb_plan_begin(struct fb_plan *plan, char *work)
{
	plan->work = work;
	plan->algorithm->begin(plan);
}

void fb_plan_move(const struct fb_plan *plan, size_t i, struct fb_move *move)
{
	*move = (struct fb_move){ .to = -1, .from = -1 };
	plan->algorithm->move(plan, i, move);
}

void fb_plan_end(const struct fb_plan *plan)
{
	if (plan->algorithm->end)
		plan->algorithm->end(plan);
}

char *fb_plan_at(const struct fb_plan *plan, const struct fb_piece *piece)
{
	/* Nobody writes to what is only sent: fb_plan_apply and the receives take other pieces. */
	char *base = piece->place == FB_PLACE_SEND ? (char *)(uintptr_t)plan->task.send :
		     piece->place == FB_PLACE_RECV ? plan->task.recv :
						     plan->work;

	return piece->range.count ? base + piece->range.first * plan->element : base;
}

void fb_plan_pack(const struct fb_plan *plan, const struct fb_move *move, void *out)
{
	float *from = (float *)(void *)fb_plan_at(plan, &move->out);

	fb_wire_narrow(out, from, move->out.range.count, plan->task.wire);
	if (move->out.place != FB_PLACE_SEND)
		fb_wire_widen(from, out, move->out.range.count, plan->task.wire);
}

static void reduce(const struct fb_plan *plan, const struct fb_move *move, size_t first, size_t count, const void *came)
{
	const struct fb_task *task = &plan->task;
	const char *own = fb_plan_at(plan, &move->with) + first * plan->element;

	fb_reduce(fb_plan_at(plan, &move->in) + first * plan->element, move->own_first ? own : came, move->own_first ? came : own, count,
		  task->type, task->op);
}

/* A part at a time, which stays in the first cache. */
static void unpack(const struct fb_plan *plan, const struct fb_move *move, const uint16_t *came)
{
	const size_t all = move->in.range.count;
	float part[1024];

	if (!move->reduces) {
		fb_wire_widen((float *)(void *)fb_plan_at(plan, &move->in), came, all, plan->task.wire);
		return;
	}
	for (size_t first = 0; first < all; first += sizeof(part) / sizeof(*part)) {
		const size_t left = all - first, count = left < sizeof(part) / sizeof(*part) ? left : sizeof(part) / sizeof(*part);
		fb_wire_widen(part, came + first, count, plan->task.wire);
		reduce(plan, move, first, count, part);
	}
}

void fb_plan_apply(const struct fb_plan *plan, const struct fb_move *move, const void *came)
{
	const struct fb_task *task = &plan->task;
	const size_t count = move->in.range.count;

	if (!count)
		return;
	if (fb_plan_converts(plan))
		unpack(plan, move, came);
	else if (move->reduces)
		reduce(plan, move, 0, count, came);
	if (!move->finishes)
		return;
	fb_reduce_finish(fb_plan_at(plan, &move->in), count, task->type, task->op, plan->size);
	/* The result is the same on every rank, whether or not it travels on from there. */
	if (fb_plan_converts(plan))
		fb_wire_round((float *)(void *)fb_plan_at(plan, &move->in), count, task->wire);
}

size_t fb_plan_segments(const struct fb_plan *plan, size_t count)
{
	return count ? (count - 1) / plan->most + 1 : 1;
}

struct fb_piece fb_plan_piece(const struct fb_plan *plan, enum fb_place place, struct fb_range range, size_t k)
{
	return (struct fb_piece){ place, fb_segment(range, plan->most, k) };
}
