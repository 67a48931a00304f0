/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The allreduce of ranks in one node: which way by size, and the two ways of short vectors. */
#include <string.h>

#include "coll/internal.h"
#include "coll/mapped.h"
#include "coll/reduce.h"
#include "coll/region.h"

#define DIRECT_BYTES ((size_t)4096) /* from here on a second meeting costs less than a copy; NOTES.md */
#define PIECE ((size_t)8192)	    /* bytes that are reduced at a time: what is read again stays in the first cache */

static void reduce_piece(void *out, const char *const *in, int ranks, size_t offset, size_t count, const struct fb_task *a)
{
	fb_reduce(out, in[0] + offset, in[1] + offset, count, a->type, a->op);
	for (int r = 2; r < ranks; r++)
		fb_reduce(out, out, in[r] + offset, count, a->type, a->op);
	fb_reduce_finish(out, count, a->type, a->op, ranks);
}

void fb_mapped_reduce(void *out, const char *const *in, int ranks, size_t count, const struct fb_task *a)
{
	const size_t element = fb_coll_type_size(a->type), bytes = count * element;

	if (bytes <= PIECE) {
		reduce_piece(out, in, ranks, 0, count, a);
		return;
	}
	for (size_t offset = 0; offset < bytes; offset += PIECE) {
		size_t n = bytes - offset < PIECE ? bytes - offset : PIECE;
		reduce_piece((char *)out + offset, in, ranks, offset, n / element, a);
	}
}

/* The vector is in the post itself. */
static fb_coll_status_t run_tiny(struct fb_coll *c, const struct fb_task *a, size_t bytes)
{
	const char *in[FB_MAPPED_RANKS];
	int turn;
	fb_coll_status_t status = fb_mapped_meet(c, a->send, bytes, &turn);

	if (status || !bytes)
		return status;
	for (int r = 0; r < c->size; r++)
		in[r] = (const char *)fb_mapped_post_of(c->mapped, turn, r)->payload;
	reduce_piece(a->recv, in, c->size, 0, a->count, a);
	return FB_COLL_OK;
}

static struct fb_spot find_place(const struct fb_coll *c, const struct fb_task *a, size_t bytes)
{
	struct fb_spot place;

	fb_region_find(c, a->send, bytes, &place.send_region, &place.send_offset);
	fb_region_find(c, a->recv, bytes, &place.recv_region, &place.recv_offset);
	return place;
}

/* Ranks whose buffers everyone has mapped. */
static int count_in_place(const struct fb_coll *c, size_t bytes, int turn)
{
	int found = 0;

	for (int r = 0; r < c->size; r++) {
		struct fb_spot place;
		memcpy(&place, fb_mapped_post_of(c->mapped, turn, r)->payload, sizeof(place));
		found += fb_region_at(c, r, place.send_region, place.send_offset, bytes) &&
			 fb_region_at(c, r, place.recv_region, place.recv_offset, bytes);
	}
	return found;
}

static char *small_slot(const struct fb_coll *c, uint64_t call, int rank)
{
	return c->mapped->small + ((call & 1) * (size_t)c->size + (size_t)rank) * FB_MAPPED_SMALL;
}

static void reduce_slots(const struct fb_coll *c, const struct fb_task *a)
{
	const char *in[FB_MAPPED_RANKS];

	for (int r = 0; r < c->size; r++)
		in[r] = small_slot(c, c->mapped->calls, r);
	fb_mapped_reduce(a->recv, in, c->size, a->count, a);
}

/* Everyone copies its vector into a slot and reduces all slots. As with posts there are two in turn. */
static fb_coll_status_t run_small(struct fb_coll *c, const struct fb_task *a, size_t bytes)
{
	int turn;

	memcpy(small_slot(c, c->mapped->calls + 1, c->rank), a->send, bytes);
	fb_coll_status_t status = fb_mapped_meet(c, NULL, 0, &turn);
	if (!status)
		reduce_slots(c, a);
	return status;
}

/*
 * The same where it would be worth it to leave the data in its place. Who can does not copy yet; but where not all can, all
 * know that from the posts, and the others wait for the copies.
 */
static fb_coll_status_t run_medium(struct fb_coll *c, const struct fb_task *a, size_t bytes)
{
	const struct fb_spot place = find_place(c, a, bytes);
	const bool ready = place.send_region && place.recv_region;
	int turn;

	if (!ready)
		memcpy(small_slot(c, c->mapped->calls + 1, c->rank), a->send, bytes);
	fb_coll_status_t status = fb_mapped_meet(c, &place, sizeof(place), &turn);
	int in_place = status ? 0 : count_in_place(c, bytes, turn);
	if (!status && in_place == c->size)
		return fb_mapped_direct(c, a, turn);
	if (!status && in_place) {
		if (ready)
			memcpy(small_slot(c, c->mapped->calls, c->rank), a->send, bytes);
		fb_mapped_step(c, 1);
		status = fb_mapped_await_steps(c, 1);
		fb_mapped_steps_end(c, 1);
	}
	if (!status)
		reduce_slots(c, a);
	return status;
}

/* Where the buffers are is known when all have posted, and the choice follows from that alone. */
static fb_coll_status_t run_large(struct fb_coll *c, const struct fb_task *a, size_t bytes)
{
	const struct fb_spot place = find_place(c, a, bytes);
	int turn;
	fb_coll_status_t status = fb_mapped_meet(c, &place, sizeof(place), &turn);
	if (status)
		return status;
	return count_in_place(c, bytes, turn) == c->size ? fb_mapped_direct(c, a, turn) : fb_mapped_slots(c, a);
}

bool fb_mapped_takes(const struct fb_coll *c, const struct fb_task *task)
{
	if (!c->mapped || c->job->settings.algorithm != FB_ALGORITHM_AUTO)
		return false;
	return task->call == FB_CALL_BARRIER || (task->call == FB_CALL_ALLREDUCE && task->wire == task->type);
}

static fb_coll_status_t run(struct fb_coll *c, const struct fb_task *a)
{
	const size_t bytes = a->count * fb_coll_type_size(a->type);

	if (bytes <= FB_POST_PAYLOAD)
		return run_tiny(c, a, bytes);
	if (bytes < DIRECT_BYTES && bytes <= c->mapped->small_bytes)
		return run_small(c, a, bytes);
	if (bytes <= c->mapped->small_bytes)
		return run_medium(c, a, bytes);
	return run_large(c, a, bytes);
}

fb_coll_status_t fb_mapped_run(struct fb_coll *c, const struct fb_task *a)
{
	const struct fb_call_state call = {
		.call = a->call, .count = a->count, .type = a->type, .op = a->op, .detail = a->detail, .wire = a->wire,
		.algorithm = FB_ALGORITHM_MAPPED,
	};
	fb_coll_status_t status = fb_call_begin(c, &call);

	return status ? status : fb_call_end(c, run(c, a));
}
