/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What one rank does in one collective call, as a list of moves: send a piece, receive a piece, reduce it. An algorithm
 * computes its moves one by one and never communicates; work.c carries them out. So any number of calls can be under way,
 * and what an algorithm sends can be counted without a network.
 */
#ifndef FB_COLL_PLAN_H
#define FB_COLL_PLAN_H

#include <stdbool.h>

#include "coll/layout.h"
#include "coll/schedule.h"
#include "coll/settings.h"
#include "coll/verdict.h"

/* Memory of a call under way, besides the caller's: a slot for each receive that is posted ahead, and room to work in. */
#define FB_DEPTH 4 /* receives posted ahead, and sends left running */
#define FB_SLOT_BYTES ((size_t)512 << 10)
#define FB_WORK_BYTES ((size_t)64 << 10)
#define FB_SLICE_BYTES (FB_DEPTH * FB_SLOT_BYTES + FB_WORK_BYTES)

/* A tag numbers the steps with 14 bits. A step of a call has at most one sender and one receiver per rank. */
#define FB_STEPS_MAX (1 << 14)

/* One call as one rank made it. */
struct fb_task {
	enum fb_call call;
	const void *send;
	void *recv;
	size_t count; /* of the vector; reduce_scatter and allgather: of each rank's block */
	fb_coll_type_t type;
	fb_coll_op_t op;
	int root;	 /* broadcast; pair: the other one */
	uint64_t detail; /* struct fb_call_state */
	fb_coll_type_t wire; /* allreduce of FLOAT32: how its elements travel; otherwise the type */
};

enum fb_place { FB_PLACE_SEND, FB_PLACE_RECV, FB_PLACE_WORK };

/* Elements of a buffer. */
struct fb_piece {
	enum fb_place place;
	struct fb_range range;
};

/*
 * Send `out` to a rank, have `in` come from one; -1: from or to nobody. Then, where it reduces, in = what came op with, or
 * with op what came (own_first); both have in's length. A piece without elements is a message all the same.
 */
struct fb_move {
	int to, from, step;
	struct fb_piece out, in, with;
	bool reduces;
	bool own_first;
	bool finishes;	 /* all ranks' values are in */
	bool overwrites; /* in lies over out: it must have left */
};

struct fb_plan;

struct fb_algorithm {
	const char *name;
	/* Set what counts the moves; lay out the data. */
	void (*begin)(struct fb_plan *plan);
	/* Move i of plan->moves; all fields but to, from (-1) and step are zero before. */
	void (*move)(const struct fb_plan *plan, size_t i, struct fb_move *move);
	/* After the last one; NULL: nothing is left to do. */
	void (*end)(const struct fb_plan *plan);
};

struct fb_plan {
	const struct fb_algorithm *algorithm;
	enum fb_algorithm_kind kind; /* of an allreduce */
	struct fb_task task;
	const struct fb_layout *layout;
	int rank, size; /* of the group */
	int root_at;	/* the root's position in the layout's order */
	bool meets;	/* broadcast: no rank is done before all have come */
	size_t element; /* bytes */
	size_t carried; /* the same in a message */
	size_t most;	/* elements of a slot */
	size_t moves;
	size_t segments; /* of a step; what else an algorithm counts with: */
	enum fb_place place;
	size_t total;
	int step; /* the first one's number in fb_doubling_move */
	char *work;
};

extern const struct fb_algorithm fb_ring, fb_doubling, fb_halving, fb_rails, fb_pairwise, fb_small_reduce_scatter;
extern const struct fb_algorithm fb_gather_ring, fb_gather_bruck, fb_tree, fb_chain, fb_barrier, fb_swap;

/* The same choice on every rank: by the setting, the bytes, the number of ranks and how they lie. */
enum fb_algorithm_kind fb_algorithm_choose(enum fb_algorithm_kind asked, size_t bytes, int size, const struct fb_layout *layout);

/*
 * The plan of a call among at least two ranks; asked is the setting for allreduce. work: FB_WORK_BYTES, element-aligned,
 * for this plan alone. No data is touched before fb_plan_begin. layout stays until the end.
 */
void fb_plan_make(struct fb_plan *plan, const struct fb_task *task, int rank, int size, const struct fb_layout *layout,
		  enum fb_algorithm_kind asked);
void fb_plan_begin(struct fb_plan *plan, char *work);
void fb_plan_move(const struct fb_plan *plan, size_t i, struct fb_move *move);
void fb_plan_end(const struct fb_plan *plan);

/* Where a piece lies. */
char *fb_plan_at(const struct fb_plan *plan, const struct fb_piece *piece);

/* What travels is not what is there: pieces are converted on the way out and in. */
static inline bool fb_plan_converts(const struct fb_plan *plan)
{
	return plan->carried != plan->element;
}

/*
 * Convert what is to be sent to `out`; what stays becomes the same as what others get. In a slot its half is enough for
 * that, the other half is for what comes.
 */
void fb_plan_pack(const struct fb_plan *plan, const struct fb_move *move, void *out);

/* Take in what came, reduce and finish, as the move says. */
void fb_plan_apply(const struct fb_plan *plan, const struct fb_move *move, const void *came);

/* For the algorithms: the rank at a position of the layout's order, which goes round. */
static inline int fb_plan_rank(const struct fb_plan *plan, int position)
{
	return plan->layout->order[position % plan->size];
}

/* How many pieces of plan->most elements; at least one, so that a message without data flows. */
size_t fb_plan_segments(const struct fb_plan *plan, size_t count);

/* Segment k of a range in a place. */
struct fb_piece fb_plan_piece(const struct fb_plan *plan, enum fb_place place, struct fb_range range, size_t k);

/* Recursive doubling over plan->total elements in plan->place, steps from plan->step on; other plans contain it. */
size_t fb_doubling_moves(const struct fb_plan *plan);
void fb_doubling_move(const struct fb_plan *plan, size_t i, struct fb_move *move);

#endif
