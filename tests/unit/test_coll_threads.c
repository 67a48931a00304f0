/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ranks of a node as threads of one process, so that ThreadSanitizer sees every access to the memory that they share, which
 * it does not between processes: whether what is read was ordered after its writing, and not only that it came out right.
 */
#include "check.h"
#include "coll_trial.h"

#include <pthread.h>
#include <sched.h>

#include "coll/mapped.h"
#include "coll/reduce.h"
#include "coll/region.h"

#define RANKS_MOST 5
#define CALLS 400
#define ROOM ((size_t)2 << 20) /* bytes of a rank's part of each region */

static void no_progress(struct fb_transport *transport)
{
	(void)transport;
}

static const struct fb_transport_ops no_transport = { .name = "none", .progress = no_progress };

struct crew {
	struct fb_transport transport;
	struct fb_coll ranks[RANKS_MOST];
	struct fb_mapped mapped[RANKS_MOST];
	struct fb_region regions[RANKS_MOST][2];
	struct fb_card cards[RANKS_MOST];
	char *memory, *base[2];
	int size;
};

/* A part of the region each, and what a handle in a node has otherwise from fb_coll_init. */
static void prepare(struct crew *crew, int size)
{
	memset(crew, 0, sizeof(*crew));
	crew->size = size;
	crew->transport = (struct fb_transport){ .ops = &no_transport, .failed_rank = -1 };
	const size_t bytes = fb_mapped_place(&crew->mapped[0], NULL, size);
	crew->memory = aligned_alloc(4096, (bytes + 4095) / 4096 * 4096);
	assert_non_null(crew->memory);
	memset(crew->memory, 0, bytes);
	for (int k = 0; k < 2; k++) {
		crew->base[k] = aligned_alloc(4096, (size_t)size * ROOM);
		assert_non_null(crew->base[k]);
	}
	for (int r = 0; r < size; r++) {
		struct fb_coll *c = &crew->ranks[r];
		fb_mapped_place(&crew->mapped[r], crew->memory, size);
		for (int k = 0; k < 2; k++)
			crew->regions[r][k] = (struct fb_region){ .id = (uint32_t)k + 1, .base = crew->base[k], .part = ROOM, .parts = size };
		*c = (struct fb_coll){ .job = c, .transport = &crew->transport, .cards = crew->cards, .rank = r, .size = size,
				       .local_rank = r, .local_size = size, .looks = 20, .looks_most = 20, .offered = -1, .lost_rank = -1,
				       .mapped = &crew->mapped[r], .regions = crew->regions[r], .region_count = 2 };
	}
}

static void release(struct crew *crew)
{
	free(crew->memory);
	free(crew->base[0]);
	free(crew->base[1]);
}

/* draw.h's numbers, of a thread's own. */
static unsigned int draw_of(uint64_t *stream, unsigned int below)
{
	*stream ^= *stream << 13;
	*stream ^= *stream >> 7;
	*stream ^= *stream << 17;
	return (unsigned int)(*stream >> 33) % below;
}

/* The same on every rank. Every way by its sizes, each kind of memory, in place or not. */
static struct trial make_trial(const struct crew *crew, int rank, int number, uint64_t *stream)
{
	struct trial t = { .call = draw_of(stream, 12) ? FB_CALL_ALLREDUCE : FB_CALL_BARRIER,
			   .count = trial_counts[draw_of(stream, TRIAL_COUNTS)],
			   .type = (fb_coll_type_t)draw_of(stream, FB_COLL_TYPES),
			   .op = (fb_coll_op_t)draw_of(stream, FB_COLL_OPS),
			   .salt = number,
			   .in_place = draw_of(stream, 2) };
	const unsigned int memory = draw_of(stream, 3), whose = draw_of(stream, (unsigned int)crew->size);

	if (t.call == FB_CALL_BARRIER)
		t.count = 0;
	/* The library's, one's own, or one's own on one rank. */
	for (int k = 0; k < 2 && memory < 2; k++)
		if (memory || rank != (int)whose)
			t.given[k] = crew->base[k] + (size_t)rank * ROOM;
	return t;
}

struct member {
	struct crew *crew;
	int rank;
};

static void *run_member(void *argument)
{
	const struct member *m = argument;
	struct fb_coll *c = &m->crew->ranks[m->rank];
	uint64_t stream = 4711;

	for (int i = 0; i < CALLS; i++) {
		struct trial t = make_trial(m->crew, m->rank, i, &stream);
		trial_prepare(&t, c);
		RANK_CHECK(!trial_call(&t, c));
		trial_check(&t, c);
		trial_free(&t);
	}
	return NULL;
}

static void run_crew(int size, size_t beyond_cache)
{
	static struct crew crew;
	struct member members[RANKS_MOST];
	pthread_t threads[RANKS_MOST];

	prepare(&crew, size);
	for (int r = 0; r < size; r++) {
		if (beyond_cache)
			crew.mapped[r].beyond_cache = beyond_cache;
		members[r] = (struct member){ &crew, r };
		assert_int_equal(pthread_create(&threads[r], NULL, run_member, &members[r]), 0);
	}
	for (int r = 0; r < size; r++)
		assert_int_equal(pthread_join(threads[r], NULL), 0);
	release(&crew);
}

static void test_sizes(void **state)
{
	(void)state;
	for (int size = 2; size <= RANKS_MOST; size++)
		run_crew(size, 0);
}

/* As beyond the cache. */
static void test_stream(void **state)
{
	(void)state;
	run_crew(3, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_sizes), cmocka_unit_test(test_stream) };
	struct fb_err err;

	if (fb_reduce_select(FB_SIMD_AUTO, &err))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
