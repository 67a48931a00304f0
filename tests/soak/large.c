/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Vectors of zeros with values in windows: at the ends, around 2^31 and 2^32, and where blocks of ranks meet. To fill and check
 * all of it takes minutes; a zero where a value belongs, or the other way round, is what a cut number leads to.
 */
#include "large.h"

#include <stdio.h>

#include "../unit/coll_trial.h"

#define WINDOW ((size_t)4096)
#define WINDOWS_MAX 16

struct large {
	fb_coll_t *coll;
	int rank, size, blocks; /* blocks: of memory */
	size_t count;		/* of one */
	size_t windows[WINDOWS_MAX];
	int window_count;
	char *memory;
};

/* Windows do not overlap. */
static void add_window(struct large *l, size_t middle)
{
	const size_t first = middle < WINDOW / 2 ? 0 : middle - WINDOW / 2;
	size_t at = first + WINDOW > l->count ? l->count - WINDOW : first;

	for (int i = 0; i < l->window_count; i++)
		if (at < l->windows[i] + WINDOW && l->windows[i] < at + WINDOW)
			return;
	if (l->window_count < WINDOWS_MAX)
		l->windows[l->window_count++] = at;
}

static void choose_windows(struct large *l)
{
	add_window(l, 0);
	add_window(l, l->count);
	for (int shift = 28; shift < 34; shift++)
		if ((size_t)1 << shift < l->count)
			add_window(l, (size_t)1 << shift);
	for (int r = 1; r < l->size; r++)
		add_window(l, l->count / (size_t)l->size * (size_t)r);
}

static char *window_at(const struct large *l, int block, int w)
{
	return l->memory + (size_t)block * l->count + l->windows[w];
}

static uint64_t series(int block, int w)
{
	return (uint64_t)(block * WINDOWS_MAX + w + 1);
}

static void fill(const struct large *l, int block, int rank)
{
	for (int w = 0; w < l->window_count; w++)
		fb_values_fill(window_at(l, block, w), WINDOW, FB_COLL_INT8, FB_COLL_SUM, rank, series(block, w));
}

/* What `rank` put there, or the sum of all ranks (-1). The windows are zeros after that, as is the rest. */
static void check(const struct large *l, int block, int rank)
{
	char expected[WINDOW];

	for (int w = 0; w < l->window_count; w++) {
		char *at = window_at(l, block, w);
		if (rank < 0)
			RANK_CHECK(!fb_values_check(at, WINDOW, FB_COLL_INT8, FB_COLL_SUM, l->size, series(block, w)));
		fb_values_fill(expected, WINDOW, FB_COLL_INT8, FB_COLL_SUM, rank, series(block, w));
		RANK_CHECK(rank < 0 || !memcmp(at, expected, WINDOW));
		memset(at, 0, WINDOW);
	}
	const char *from = l->memory + (size_t)block * l->count;
	RANK_CHECK(from[0] == 0 && !memcmp(from, from + 1, l->count - 1));
}

static void try_reduced(struct large *l, bool scatter)
{
	for (int b = 0; b < l->blocks; b++)
		fill(l, b, l->rank);
	if (scatter) {
		RANK_CHECK(!fb_coll_reduce_scatter(l->coll, l->memory, l->memory + (size_t)l->rank * l->count, l->count, FB_COLL_INT8,
						   FB_COLL_SUM));
		check(l, l->rank, -1);
	} else {
		RANK_CHECK(!fb_coll_allreduce(l->coll, l->memory, l->memory, l->count, FB_COLL_INT8, FB_COLL_SUM));
		check(l, 0, -1);
	}
}

static void try_gathered(struct large *l)
{
	fill(l, l->rank, l->rank);
	RANK_CHECK(!fb_coll_allgather(l->coll, l->memory + (size_t)l->rank * l->count, l->memory, l->count, FB_COLL_INT8));
	for (int b = 0; b < l->blocks; b++)
		check(l, b, b);
}

static void try_cast(struct large *l)
{
	const int root = l->size - 1;

	if (l->rank == root)
		fill(l, 0, root);
	RANK_CHECK(!fb_coll_broadcast(l->coll, l->memory, l->memory, l->count, FB_COLL_INT8, root));
	check(l, 0, root);
}

int large_run(const char *call, size_t bytes)
{
	const bool scatter = !strcmp(call, "reduce_scatter"), gather = !strcmp(call, "allgather"), cast = !strcmp(call, "broadcast");
	struct large l = { .count = bytes };

	if ((!scatter && !gather && !cast && strcmp(call, "allreduce") != 0) || bytes < 2 * WINDOW)
		return 2;
	RANK_CHECK(!fb_coll_init(&l.coll));
	l.rank = fb_coll_rank(l.coll);
	l.size = fb_coll_size(l.coll);
	l.blocks = scatter || gather ? l.size : 1;
	choose_windows(&l);
	l.memory = calloc((size_t)l.blocks, bytes);
	RANK_CHECK(l.memory);
	if (gather)
		try_gathered(&l);
	else if (cast)
		try_cast(&l);
	else
		try_reduced(&l, scatter);
	if (!l.rank)
		printf("%s of %zu bytes on %d ranks: right\n", call, bytes, l.size);
	free(l.memory);
	return fb_coll_finalize(l.coll) != FB_COLL_OK;
}
