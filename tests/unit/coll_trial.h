/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A call of any kind with its memory and the double-precision reference of its result, in a rank of coll_ranks.h. */
#ifndef FB_TESTS_COLL_TRIAL_H
#define FB_TESTS_COLL_TRIAL_H

#include "coll_ranks.h"

#include "coll/internal.h"
#include "coll/type.h"

static const size_t trial_counts[] = { 0, 1, 2, 3, 17, 1009, 4099, 70001 };

/* Small whole numbers: sums and products of them are exact in every type of the first four. */
static inline double trial_value(int rank, size_t i, int salt)
{
	return (double)((i * 7 + (size_t)(rank * 3 + salt)) % 5 + 1);
}

static inline void trial_put(void *data, size_t i, fb_coll_type_t type, double value)
{
	switch (type) {
	case FB_COLL_FLOAT32:
		((float *)data)[i] = (float)value;
		return;
	case FB_COLL_FLOAT64:
		((double *)data)[i] = value;
		return;
	case FB_COLL_INT32:
		((int32_t *)data)[i] = (int32_t)value;
		return;
	default:
		((int64_t *)data)[i] = (int64_t)value;
	}
}

static inline double trial_get(const void *data, size_t i, fb_coll_type_t type)
{
	switch (type) {
	case FB_COLL_FLOAT32:
		return (double)((const float *)data)[i];
	case FB_COLL_FLOAT64:
		return ((const double *)data)[i];
	case FB_COLL_INT32:
		return (double)((const int32_t *)data)[i];
	default:
		return (double)((const int64_t *)data)[i];
	}
}

/* The double-precision reference: value i of all ranks. */
static inline double trial_reduced(int size, size_t i, int salt, fb_coll_type_t type, fb_coll_op_t op)
{
	const bool whole = type == FB_COLL_INT32 || type == FB_COLL_INT64;
	double result = trial_value(0, i, salt);

	for (int r = 1; r < size; r++) {
		double value = trial_value(r, i, salt);
		if (op == FB_COLL_PROD)
			result *= value;
		else if (op == FB_COLL_MIN)
			result = value < result ? value : result;
		else if (op == FB_COLL_MAX)
			result = value > result ? value : result;
		else
			result += value;
	}
	if (op != FB_COLL_AVG)
		return result;
	return whole ? (double)((int64_t)result / size) : type == FB_COLL_FLOAT32 ? (double)((float)result / (float)size) : result / size;
}

/* A call with its memory: element-aligned and no more, with a guard at the end. */
struct trial {
	enum fb_call call;
	size_t count, length; /* elements: of the call, of recv */
	fb_coll_type_t type;
	fb_coll_op_t op;
	int root, salt;
	bool in_place;
	char *memory[2], *send, *recv;
	fb_coll_request_t *request;
};

static inline char *trial_allocate(struct trial *t, int k, size_t elements)
{
	const size_t element = fb_coll_type_size(t->type);

	t->memory[k] = malloc((elements + 2) * element);
	RANK_CHECK(t->memory[k]);
	memset(t->memory[k], 0x5a, (elements + 2) * element);
	/* malloc aligns to more than the element. */
	return t->memory[k] + element;
}

static inline void trial_prepare(struct trial *t, fb_coll_t *coll)
{
	const size_t size = (size_t)fb_coll_size(coll), rank = (size_t)fb_coll_rank(coll), element = fb_coll_type_size(t->type);
	const size_t sent = t->call == FB_CALL_REDUCE_SCATTER ? size * t->count : t->count;

	t->length = t->call == FB_CALL_ALLGATHER ? size * t->count : t->count;
	if (t->in_place) {
		char *both = trial_allocate(t, 0, sent > t->length ? sent : t->length);
		t->send = both + (t->call == FB_CALL_ALLGATHER ? rank * t->count * element : 0);
		t->recv = both + (t->call == FB_CALL_REDUCE_SCATTER ? rank * t->count * element : 0);
	} else {
		t->send = trial_allocate(t, 0, sent);
		t->recv = trial_allocate(t, 1, t->length);
	}
	for (size_t i = 0; i < sent; i++)
		trial_put(t->send, i, t->type, trial_value((int)rank, i, t->salt));
}

static inline void trial_check(struct trial *t, fb_coll_t *coll)
{
	const int size = fb_coll_size(coll);
	const size_t offset = t->call == FB_CALL_REDUCE_SCATTER ? (size_t)fb_coll_rank(coll) * t->count : 0;
	const size_t element = fb_coll_type_size(t->type);

	for (size_t i = 0; i < t->length; i++) {
		double expected = t->call == FB_CALL_ALLGATHER ? trial_value((int)(i / t->count), i % t->count, t->salt) :
				  t->call == FB_CALL_BROADCAST ? trial_value(t->root, i, t->salt) :
								 trial_reduced(size, offset + i, t->salt, t->type, t->op);
		double got = trial_get(t->recv, i, t->type);
		if (got > expected || got < expected)
			fprintf(stderr, "call %d type %d op %d count %zu of %d: element %zu is %g, not %g\n", t->call, t->type, t->op,
				t->count, size, i, got, expected);
		RANK_CHECK(got <= expected && got >= expected);
	}
	for (size_t i = 0; i < element && !t->in_place; i++)
		RANK_CHECK(t->recv[t->length * element + i] == 0x5a && t->recv[(ptrdiff_t)i - (ptrdiff_t)element] == 0x5a);
	free(t->memory[0]);
	free(t->memory[1]);
	t->memory[0] = t->memory[1] = NULL;
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
