/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A call of any kind with its memory, in a rank. What must come out is values.h's: computed from the generator in wider
 * arithmetic.
 */
#ifndef FB_TESTS_COLL_TRIAL_H
#define FB_TESTS_COLL_TRIAL_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "rank_check.h"

#include "coll/tool/values.h"
#include "coll/type.h"
#include "coll/verdict.h"

/* None, one, odd, prime, powers of two and their neighbours, more than a slot of any way. */
static const size_t trial_counts[] = { 0, 1, 2, 3, 17, 255, 256, 257, 1009, 4095, 4096, 4099, 70001 };
#define TRIAL_COUNTS (sizeof(trial_counts) / sizeof(*trial_counts))
#define TRIAL_GUARD 0x5a

/* Element-aligned and no more, with a guard of an element at both ends. */
struct trial {
	enum fb_call call;
	size_t count, length; /* elements: of the call, of recv */
	fb_coll_type_t type;
	fb_coll_op_t op;
	int root, salt; /* trials of different salt have different values */
	bool in_place;
	char *given[2]; /* memory that is not to be allocated and freed, for send and recv; NULL */
	char *memory[2], *send, *recv;
	size_t elements[2]; /* of memory */
	fb_coll_request_t *request;
};

/* Of reduce_scatter, each block has values of its own. */
static inline uint64_t trial_series(const struct trial *t, int block)
{
	return (uint64_t)t->salt << 16 | (uint64_t)block;
}

static inline size_t trial_sent(const struct trial *t, int size)
{
	return t->call == FB_CALL_REDUCE_SCATTER ? (size_t)size * t->count : t->count;
}

/* What this rank of the handle sends. */
static inline void trial_fill(const struct trial *t, int size, int rank, char *data)
{
	const int blocks = t->call == FB_CALL_REDUCE_SCATTER ? size : 1;

	for (int b = 0; b < blocks; b++)
		fb_values_fill(data + (size_t)b * t->count * fb_coll_type_size(t->type), t->count, t->type, t->op, rank, trial_series(t, b));
}

static inline char *trial_allocate(struct trial *t, int k, size_t elements)
{
	const size_t element = fb_coll_type_size(t->type), bytes = (elements + 2) * element;

	t->elements[k] = elements;
	t->memory[k] = t->given[k] ? t->given[k] : malloc(bytes);
	RANK_CHECK(t->memory[k]);
	memset(t->memory[k], TRIAL_GUARD, bytes);
	/* malloc aligns to more than the element. */
	return t->memory[k] + element;
}

static inline void trial_prepare(struct trial *t, fb_coll_t *coll)
{
	const int size = fb_coll_size(coll), rank = fb_coll_rank(coll);
	const size_t block = t->count * fb_coll_type_size(t->type), sent = trial_sent(t, size);

	t->length = t->call == FB_CALL_ALLGATHER ? (size_t)size * t->count : t->count;
	if (t->in_place) {
		char *both = trial_allocate(t, 0, sent > t->length ? sent : t->length);
		t->send = both + (t->call == FB_CALL_ALLGATHER ? (size_t)rank * block : 0);
		t->recv = both + (t->call == FB_CALL_REDUCE_SCATTER ? (size_t)rank * block : 0);
	} else {
		t->send = trial_allocate(t, 0, sent);
		t->recv = trial_allocate(t, 1, t->length);
	}
	trial_fill(t, size, rank, t->send);
}

/* Elements that differ from what a rank sends. */
static inline size_t trial_differs(const struct trial *t, int size, int rank, const char *data)
{
	const size_t element = fb_coll_type_size(t->type), count = trial_sent(t, size);
	char *expected = malloc(count * element + 1);
	size_t wrong = 0;

	RANK_CHECK(expected);
	trial_fill(t, size, rank, expected);
	if (memcmp(data, expected, count * element) != 0)
		for (size_t i = 0; i < count; i++)
			wrong += memcmp(data + i * element, expected + i * element, element) != 0;
	free(expected);
	return wrong;
}

static inline size_t trial_wrong(const struct trial *t, fb_coll_t *coll)
{
	const int size = fb_coll_size(coll), rank = fb_coll_rank(coll);
	size_t wrong = 0;

	switch (t->call) {
	case FB_CALL_ALLREDUCE:
		return fb_values_check(t->recv, t->count, t->type, t->op, size, trial_series(t, 0));
	case FB_CALL_REDUCE_SCATTER:
		return fb_values_check(t->recv, t->count, t->type, t->op, size, trial_series(t, rank));
	case FB_CALL_ALLGATHER:
		for (int r = 0; r < size; r++)
			wrong += trial_differs(t, size, r, t->recv + (size_t)r * t->count * fb_coll_type_size(t->type));
		return wrong;
	case FB_CALL_BROADCAST:
		return trial_differs(t, size, t->root, t->recv);
	default:
		return 0;
	}
}

static inline void trial_free(struct trial *t)
{
	for (int k = 0; k < 2; k++) {
		if (!t->given[k])
			free(t->memory[k]);
		t->memory[k] = NULL;
	}
}

/* The result, what lies around it, and that what was sent is as it was. */
static inline void trial_check(struct trial *t, fb_coll_t *coll)
{
	const size_t element = fb_coll_type_size(t->type), wrong = trial_wrong(t, coll);

	if (wrong)
		fprintf(stderr, "call %d of %zu %s, operation %s, in place %d, %d ranks: %zu elements are wrong\n", (int)t->call, t->count,
			fb_type_name(t->type), fb_op_name(t->op), t->in_place, fb_coll_size(coll), wrong);
	RANK_CHECK(!wrong);
	for (int k = 0; k < 2 && t->memory[k]; k++)
		for (size_t i = 0; i < element; i++)
			RANK_CHECK(t->memory[k][i] == TRIAL_GUARD && t->memory[k][(t->elements[k] + 1) * element + i] == TRIAL_GUARD);
	RANK_CHECK(t->in_place || !trial_differs(t, fb_coll_size(coll), fb_coll_rank(coll), t->send));
}

static inline fb_coll_status_t trial_call(const struct trial *t, fb_coll_t *coll)
{
	switch (t->call) {
	case FB_CALL_ALLREDUCE:
		return fb_coll_allreduce(coll, t->send, t->recv, t->count, t->type, t->op);
	case FB_CALL_REDUCE_SCATTER:
		return fb_coll_reduce_scatter(coll, t->send, t->recv, t->count, t->type, t->op);
	case FB_CALL_ALLGATHER:
		return fb_coll_allgather(coll, t->send, t->recv, t->count, t->type);
	case FB_CALL_BROADCAST:
		return fb_coll_broadcast(coll, fb_coll_rank(coll) == t->root ? t->send : t->in_place ? t->recv : NULL, t->recv, t->count,
					 t->type, t->root);
	default:
		return fb_coll_barrier(coll);
	}
}

static inline fb_coll_status_t trial_begin(struct trial *t, fb_coll_t *coll)
{
	switch (t->call) {
	case FB_CALL_ALLREDUCE:
		return fb_coll_iallreduce(coll, t->send, t->recv, t->count, t->type, t->op, &t->request);
	case FB_CALL_REDUCE_SCATTER:
		return fb_coll_ireduce_scatter(coll, t->send, t->recv, t->count, t->type, t->op, &t->request);
	case FB_CALL_ALLGATHER:
		return fb_coll_iallgather(coll, t->send, t->recv, t->count, t->type, &t->request);
	case FB_CALL_BROADCAST:
		return fb_coll_ibroadcast(coll, t->send, t->recv, t->count, t->type, t->root, &t->request);
	default:
		return fb_coll_ibarrier(coll, &t->request);
	}
}

static const enum fb_call trial_kinds[] = { FB_CALL_ALLREDUCE, FB_CALL_REDUCE_SCATTER, FB_CALL_ALLGATHER, FB_CALL_BROADCAST,
				      FB_CALL_BARRIER };

#endif
