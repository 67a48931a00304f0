/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All buffers are in memory that everyone has mapped: each rank reduces its block of all send buffers and writes the result into
 * all receive buffers. Nothing is copied, and in place works because a block is read and written by one rank only.
 */
#include <string.h>

#include "coll/internal.h"
#include "coll/mapped.h"
#include "coll/reduce.h"
#include "coll/region.h"
#include "coll/schedule.h"

#define PIECE 8192

struct direct {
	const struct fb_task *a;
	int ranks, me;
	bool stream;
	const char *in[FB_MAPPED_RANKS];
	char *out[FB_MAPPED_RANKS];
};

static void find_buffers(struct direct *d, const struct fb_coll *c, size_t bytes, int turn)
{
	for (int r = 0; r < c->size; r++) {
		struct fb_spot place;
		memcpy(&place, fb_mapped_post_of(c->mapped, turn, r)->payload, sizeof(place));
		d->in[r] = fb_region_at(c, r, place.send_region, place.send_offset, bytes);
		d->out[r] = fb_region_at(c, r, place.recv_region, place.recv_offset, bytes);
	}
}

/* Blocks of whole cache lines, so that no two ranks write to one. */
static struct fb_range my_block(const struct direct *d, size_t element)
{
	const size_t line = FB_MAPPED_LINE / element, lines = (d->a->count + line - 1) / line;
	struct fb_range block = fb_block(lines, d->ranks, d->me);
	size_t first = block.first * line, end = (block.first + block.count) * line;

	return (struct fb_range){ first, (end < d->a->count ? end : d->a->count) - first };
}

/* The result is made in a place of its own: the first input may lie where it goes. */
static void reduce_piece(const struct direct *d, size_t offset, size_t count, size_t bytes)
{
	alignas(64) char result[PIECE];
	const char *in[FB_MAPPED_RANKS];

	for (int r = 0; r < d->ranks; r++)
		in[r] = d->in[r] + offset;
	fb_mapped_reduce(result, in, d->ranks, count, d->a);
	/* One's own last: it is what the caller reads next. */
	for (int i = 1; i <= d->ranks; i++) {
		char *to = d->out[(d->me + i) % d->ranks] + offset;
		if (d->stream)
			fb_stream_copy(to, result, bytes);
		else
			memcpy(to, result, bytes);
	}
}

fb_coll_status_t fb_mapped_direct(struct fb_coll *c, const struct fb_task *a, int turn)
{
	const size_t element = fb_coll_type_size(a->type), bytes = a->count * element, most = PIECE / element;
	struct direct d = { .a = a, .ranks = c->size, .me = c->rank };

	d.stream = 2 * bytes * (size_t)c->size > c->mapped->beyond_cache;
	find_buffers(&d, c, bytes, turn);
	struct fb_range block = my_block(&d, element);
	for (size_t i = 0; i < block.count; i += most) {
		size_t n = block.count - i < most ? block.count - i : most;
		reduce_piece(&d, (block.first + i) * element, n, n * element);
	}
	if (d.stream)
		fb_stream_fence();
	fb_mapped_step(c, 1);
	fb_coll_status_t status = fb_mapped_await_steps(c, 1);
	fb_mapped_steps_end(c, 1);
	return status;
}
