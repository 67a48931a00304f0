/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Long vectors in the callers' own memory. The vector goes in chunks, each cut into one block per rank:
 *   copy in: each rank copies the blocks that others reduce into its slots;
 *   reduce: each rank reduces its block, from the others' slots and its own send buffer, into its result slot;
 *   copy out: each rank copies the others' results into its receive buffer.
 * In turn j a rank copies in chunk j, reduces chunk j - 1 and copies out chunk j - 2, and counts three steps. What it waits for in turn
 * j others do in an earlier turn, or in the same one before they wait for anything later: the rank that is furthest behind never
 * waits, so all come through.
 */
#include <string.h>

#include "coll/internal.h"
#include "coll/mapped.h"
#include "coll/reduce.h"
#include "coll/schedule.h"

#define DEPTH FB_MAPPED_DEPTH

struct slots {
	struct fb_coll *c;
	const struct fb_task *a;
	size_t element, most, chunks, stride; /* most: elements of a chunk */
	int ranks, me;
	bool stream;
};

/* Steps that a rank has made once it has copied in, reduced, copied out chunk k. */
static uint64_t copied_in(size_t k)
{
	return 3 * k + 1;
}

static uint64_t reduced(size_t k)
{
	return 3 * (k + 1) + 2;
}

static uint64_t copied_out(size_t k)
{
	return 3 * (k + 2) + 3;
}

/* In elements of the whole vector. */
static struct fb_range block_of(const struct slots *s, size_t k, int rank)
{
	struct fb_range chunk = fb_segment((struct fb_range){ 0, s->a->count }, s->most, k);
	struct fb_range block = fb_block(chunk.count, s->ranks, rank);

	return (struct fb_range){ chunk.first + block.first, block.count };
}

/* What `from` hands to `to` for chunk k. */
static char *in_slot(const struct slots *s, size_t k, int from, int to)
{
	size_t place = ((size_t)from * DEPTH + k % DEPTH) * (size_t)s->ranks + (size_t)to;

	return s->c->mapped->in + place * s->stride;
}

static char *result_slot(const struct slots *s, size_t k, int rank)
{
	return s->c->mapped->results + ((size_t)rank * DEPTH + k % DEPTH) * s->stride;
}

static void deliver(const struct slots *s, size_t offset, const char *from, size_t bytes)
{
	char *to = (char *)s->a->recv + offset;

	if (s->stream)
		fb_stream_copy(to, from, bytes);
	else
		memcpy(to, from, bytes);
}

/* The slots are free when all have reduced the chunk that was in them. */
static fb_coll_status_t copy_in(const struct slots *s, size_t k)
{
	fb_coll_status_t status = k >= DEPTH ? fb_mapped_await_steps(s->c, reduced(k - DEPTH)) : FB_COLL_OK;

	for (int i = 1; i < s->ranks && !status; i++) {
		int to = (s->me + i) % s->ranks;
		struct fb_range block = block_of(s, k, to);
		memcpy(in_slot(s, k, s->me, to), (const char *)s->a->send + block.first * s->element, block.count * s->element);
	}
	return status;
}

static fb_coll_status_t reduce(const struct slots *s, size_t k)
{
	struct fb_range block = block_of(s, k, s->me);
	const char *in[FB_MAPPED_RANKS];
	char *result = result_slot(s, k, s->me);
	fb_coll_status_t status = fb_mapped_await_steps(s->c, copied_in(k));

	if (!status && k >= DEPTH)
		status = fb_mapped_await_steps(s->c, copied_out(k - DEPTH));
	if (status)
		return status;
	for (int r = 0; r < s->ranks; r++)
		in[r] = r == s->me ? (const char *)s->a->send + block.first * s->element : in_slot(s, k, r, s->me);
	fb_mapped_reduce(result, in, s->ranks, block.count, s->a);
	return FB_COLL_OK;
}

/* My own result too, when the others have theirs already. */
static fb_coll_status_t copy_out(const struct slots *s, size_t k)
{
	fb_coll_status_t status = fb_mapped_await_steps(s->c, reduced(k));

	for (int i = 0; i < s->ranks && !status; i++) {
		int rank = (s->me + i) % s->ranks;
		struct fb_range block = block_of(s, k, rank);
		deliver(s, block.first * s->element, result_slot(s, k, rank), block.count * s->element);
	}
	return status;
}

static fb_coll_status_t take_turn(const struct slots *s, size_t j)
{
	fb_coll_status_t status;

	if (j < s->chunks && (status = copy_in(s, j)))
		return status;
	fb_mapped_step(s->c, 3 * j + 1);
	if (j >= 1 && j - 1 < s->chunks && (status = reduce(s, j - 1)))
		return status;
	fb_mapped_step(s->c, 3 * j + 2);
	if (j >= 2 && (status = copy_out(s, j - 2)))
		return status;
	fb_mapped_step(s->c, 3 * j + 3);
	return FB_COLL_OK;
}

fb_coll_status_t fb_mapped_slots(struct fb_coll *c, const struct fb_task *a)
{
	struct slots s = {
		.c = c, .a = a, .element = fb_coll_type_size(a->type), .stride = fb_mapped_stride(c->size), .ranks = c->size, .me = c->rank,
	};
	fb_coll_status_t status = FB_COLL_OK;

	s.most = FB_MAPPED_CHUNK / s.element;
	s.chunks = (a->count + s.most - 1) / s.most;
	s.stream = 2 * a->count * s.element * (size_t)c->size > c->mapped->beyond_cache;
	for (size_t j = 0; j < s.chunks + 2 && !status; j++)
		status = take_turn(&s, j);
	/* The caller may hand the result to another thread. */
	if (s.stream)
		fb_stream_fence();
	fb_mapped_steps_end(c, 3 * (s.chunks + 2));
	return status;
}
