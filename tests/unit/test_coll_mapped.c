/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ranks in one node on mapped memory: each way of an allreduce gives the bits of a sum in the order of ranks, and none hangs. */
#include "coll_ranks.h"

#include <sys/mman.h>
#include <sys/resource.h>

#include "coll/internal.h"
#include "coll/mapped.h"
#include "coll/reduce.h"
#include "coll/tool/values.h"
#include "coll/type.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#endif

#define GUARD 0x5a
#define SHIFT_MAX 3	    /* elements from an aligned address */
#define MOST ((size_t)5 << 18) /* bytes: more chunks than slots */
#define PROMISED_S 10

enum memory { PRIVATE, LIBRARY, MIXED };

struct buffers {
	unsigned char *send, *recv, *expected, *other;
};

/* One rank after the other. */
static void compute(const struct buffers *b, size_t count, fb_coll_type_t type, fb_coll_op_t op, int ranks, uint64_t iteration)
{
	fb_values_fill(b->expected, count, type, op, 0, iteration);
	for (int r = 1; r < ranks; r++) {
		fb_values_fill(b->other, count, type, op, r, iteration);
		fb_reduce(b->expected, b->expected, b->other, count, type, op);
	}
	fb_reduce_finish(b->expected, count, type, op, ranks);
}

struct trial {
	size_t count;
	fb_coll_type_t type;
	fb_coll_op_t op;
	bool in_place;
	size_t shift; /* elements */
};

static void try_one(fb_coll_t *coll, const struct buffers *b, const struct trial *t)
{
	static uint64_t iteration;
	size_t element = fb_coll_type_size(t->type), bytes = t->count * element;
	unsigned char *recv = b->recv + t->shift * element, *send = t->in_place ? recv : b->send + t->shift * element;

	iteration++;
	compute(b, t->count, t->type, t->op, coll->size, iteration);
	memset(recv, GUARD, bytes + 8);
	memset(send, GUARD, bytes + 8);
	fb_values_fill(send, t->count, t->type, t->op, coll->rank, iteration);
	RANK_CHECK(!fb_coll_allreduce(coll, send, recv, t->count, t->type, t->op));
	if (memcmp(recv, b->expected, bytes) != 0)
		fprintf(stderr, "%zu %s %s, in place %d, shift %zu\n", t->count, fb_type_name(t->type), fb_op_name(t->op), t->in_place,
			t->shift);
	RANK_CHECK(!memcmp(recv, b->expected, bytes));
	for (size_t i = 0; i < 8; i++)
		RANK_CHECK(recv[bytes + i] == GUARD && send[bytes + i] == GUARD);
	if (t->in_place)
		return;
	fb_values_fill(b->other, t->count, t->type, t->op, coll->rank, iteration);
	RANK_CHECK(!memcmp(b->other, send, bytes));
}

static void make_buffers(fb_coll_t *coll, enum memory memory, struct buffers *b)
{
	const size_t room = MOST + SHIFT_MAX * 8 + 8;
	void *send = NULL, *recv = NULL;

	if (memory != PRIVATE) {
		RANK_CHECK(!fb_coll_alloc(coll, room, &send));
		RANK_CHECK(!fb_coll_alloc(coll, room, &recv));
		RANK_CHECK((uintptr_t)send % 4096 == 0 && (uintptr_t)recv % 4096 == 0);
	}
	b->send = memory == PRIVATE || (memory == MIXED && coll->rank % 2) ? malloc(room) : send;
	b->recv = memory == PRIVATE ? malloc(room) : recv;
	b->expected = malloc(room);
	b->other = malloc(room);
	RANK_CHECK(b->send && b->recv && b->expected && b->other);
}

/* The ends of the ways by size, and what is odd or prime. */
static const size_t sizes[] = { 0, 1, 2, 3, 13, 24, 25, 101, 255, 256, 257, 1000, 1021, 2047, 4095, 4096, 4097, 8191, 16384, 16385, 32771 };

static void try_types(fb_coll_t *coll, const struct buffers *b)
{
	for (int type = 0; type < FB_COLL_TYPES; type++)
		for (int op = 0; op < FB_COLL_OPS; op++)
			for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
				/* All of them with one type, a few with each. */
				if ((type != FB_COLL_FLOAT32 || op != FB_COLL_SUM) && (i + (size_t)op) % 4)
					continue;
				struct trial t = { sizes[i], (fb_coll_type_t)type, (fb_coll_op_t)op, i & 1, (i + (size_t)type) % (SHIFT_MAX + 1) };
				try_one(coll, b, &t);
				t.in_place = !t.in_place;
				try_one(coll, b, &t);
			}
}

static void try_long(fb_coll_t *coll, const struct buffers *b)
{
	/* The reference takes long for many ranks. */
	for (size_t shift = 0; shift < 3; shift += coll->size > 4 ? 3 : 2)
		for (int in_place = 0; in_place < 2; in_place++) {
			try_one(coll, b, &(struct trial){ MOST / 4 - 1, FB_COLL_FLOAT32, FB_COLL_SUM, in_place, shift });
			try_one(coll, b, &(struct trial){ MOST / 8 - 7, FB_COLL_FLOAT64, FB_COLL_AVG, in_place, shift });
			try_one(coll, b, &(struct trial){ MOST - 3, FB_COLL_INT8, FB_COLL_MAX, in_place, shift });
			try_one(coll, b, &(struct trial){ MOST / 2 - 1, FB_COLL_FLOAT16, FB_COLL_SUM, in_place, shift });
		}
}

struct run {
	enum memory memory;
	bool stream; /* as beyond the cache */
	bool types;
};

static int run_all(int rank, int size, const void *argument)
{
	const struct run *run = argument;
	struct buffers b;
	fb_coll_t *coll;

	RANK_CHECK(!fb_coll_init(&coll));
	RANK_CHECK((coll->mapped != NULL) == (size > 1));
	if (coll->mapped && run->stream)
		coll->mapped->beyond_cache = 1;
	make_buffers(coll, run->memory, &b);
	if (run->types)
		try_types(coll, &b);
	try_long(coll, &b);
	RANK_CHECK(!fb_coll_barrier(coll));
	if (run->memory != PRIVATE)
		RANK_CHECK(!fb_coll_free(coll, b.recv));
	if (run->memory == PRIVATE)
		free(b.recv);
	/* The rest of the library's goes with the handle. */
	if (run->memory == PRIVATE || (run->memory == MIXED && rank % 2))
		free(b.send);
	RANK_CHECK(!fb_coll_finalize(coll));
	free(b.expected);
	free(b.other);
	exit(0); /* so that a leak is an error too */
}

static void run_sizes(const struct run *run, int first, int last)
{
	struct ranks r;

	for (int size = first; size <= last; size++) {
		ranks_start(&r, size, -1, run_all, run);
		ranks_end(&r, 0, 120);
	}
}

static void test_private(void **state)
{
	(void)state;
	run_sizes(&(struct run){ PRIVATE, false, true }, 1, 4);
	run_sizes(&(struct run){ PRIVATE, true, false }, 2, 3);
}

static void test_library(void **state)
{
	(void)state;
	run_sizes(&(struct run){ LIBRARY, false, true }, 1, 4);
	run_sizes(&(struct run){ LIBRARY, true, false }, 2, 3);
}

/* Rank 1 and 3 send from their own memory: then nobody may take it for mapped. */
static void test_mixed(void **state)
{
	(void)state;
	run_sizes(&(struct run){ MIXED, false, true }, 3, 4);
}

static void test_many(void **state)
{
	(void)state;
	run_sizes(&(struct run){ LIBRARY, false, false }, 5, 5);
	run_sizes(&(struct run){ PRIVATE, false, false }, 7, 7);
	run_sizes(&(struct run){ PRIVATE, false, true }, RANKS_MAX, RANKS_MAX);
}

/* One rank cannot map it, or is told not to: none does, and everything still works. */
static int run_without(int rank, int size, const void *argument)
{
	const int *who = argument;
	struct buffers b;
	fb_coll_t *coll;

	(void)size;
	if (rank == *who)
		setenv("FLIGHTBASE_MAPPED", "no", 1);
	RANK_CHECK(!fb_coll_init(&coll));
	RANK_CHECK(!coll->mapped);
	make_buffers(coll, LIBRARY, &b);
	try_one(coll, &b, &(struct trial){ 1000, FB_COLL_INT32, FB_COLL_SUM, false, 0 });
	try_one(coll, &b, &(struct trial){ MOST / 4 - 1, FB_COLL_INT32, FB_COLL_PROD, true, 1 });
	RANK_CHECK(!fb_coll_free(coll, b.send) && !fb_coll_free(coll, b.recv));
	RANK_CHECK(!fb_coll_finalize(coll));
	free(b.expected);
	free(b.other);
	exit(0);
}

static void test_without(void **state)
{
	struct ranks r;

	(void)state;
	for (int who = 0; who < 3; who++) {
		ranks_start(&r, 3, -1, run_without, &who);
		ranks_end(&r, 0, 60);
	}
}

/* A file under the number that is not the one on the card is not mapped, nor one that is gone. */
static void test_offer(void **state)
{
	struct fb_offer offer, other;

	(void)state;
	fb_offer_make(&offer);
	assert_true(offer.fd >= 0);
	char *memory = fb_offer_map(&offer, 8192);
	assert_non_null(memory);
	assert_memory_equal(memory, &offer.token, sizeof(offer.token));
	char *again = fb_offer_map(&offer, 8192);
	assert_non_null(again);
	memory[8191] = 7;
	assert_int_equal(again[8191], 7);
	munmap(memory, 8192);
	munmap(again, 8192);
	other = offer;
	other.token++;
	assert_null(fb_offer_map(&other, 8192));
	other = offer;
	other.pid = UINT32_MAX;
	assert_null(fb_offer_map(&other, 8192));
	close(offer.fd);
	assert_null(fb_offer_map(&offer, 8192));
	offer.fd = -1;
	assert_null(fb_offer_map(&offer, 8192));
}

static int run_alloc(int rank, int size, const void *argument)
{
	void *memory, *none = &memory;
	fb_coll_t *coll;
	int64_t one = 1;

	(void)argument;
	RANK_CHECK(!fb_coll_init(&coll));
	RANK_CHECK(fb_coll_alloc(coll, 0, &none) == FB_COLL_ERR_ARGUMENT);
	RANK_CHECK(strstr(fb_coll_error_text(), "alloc: 0 bytes: from 1 to "));
	RANK_CHECK(fb_coll_alloc(coll, SIZE_MAX, &none) == FB_COLL_ERR_ARGUMENT && none == &memory);
	RANK_CHECK(!fb_coll_free(coll, NULL));
	RANK_CHECK(fb_coll_free(coll, &one) == FB_COLL_ERR_ARGUMENT);
	RANK_CHECK(strstr(fb_coll_error_text(), "no memory of fb_coll_alloc"));
	/* Many, freed in another order. */
	void *many[20];
	for (int i = 0; i < 20; i++)
		RANK_CHECK(!fb_coll_alloc(coll, (size_t)(1 + i * 5000), &many[i]));
	for (int i = 0; i < 20; i += 2)
		RANK_CHECK(!fb_coll_free(coll, many[i]));
	for (int i = 19; i > 0; i -= 2) {
		memset(many[i], rank, (size_t)(1 + i * 5000));
		RANK_CHECK(!fb_coll_allreduce(coll, many[i], many[i], (size_t)(1 + i * 5000), FB_COLL_INT8, FB_COLL_MAX));
		RANK_CHECK(*(char *)many[i] == size - 1 && ((char *)many[i])[i * 5000] == size - 1);
	}
	RANK_CHECK(!fb_coll_allreduce(coll, &one, &one, 1, FB_COLL_INT64, FB_COLL_SUM) && one == size);
	RANK_CHECK(!fb_coll_finalize(coll));
	exit(0);
}

static void test_alloc(void **state)
{
	struct ranks r;

	(void)state;
	for (int size = 1; size <= 3; size += 2) {
		ranks_start(&r, size, -1, run_alloc, NULL);
		ranks_end(&r, 0, 60);
	}
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
/* One rank has no room for it: nobody gets it, and all go on. */
static int run_no_room(int rank, int size, const void *argument)
{
	void *none = &none;
	fb_coll_t *coll;

	(void)argument;
	RANK_CHECK(!fb_coll_init(&coll));
	struct rlimit before, narrow;
	RANK_CHECK(!getrlimit(RLIMIT_AS, &before));
	narrow = before;
	narrow.rlim_cur = (rlim_t)1 << 20;
	if (rank == size - 1)
		RANK_CHECK(!setrlimit(RLIMIT_AS, &narrow));
	RANK_CHECK(fb_coll_alloc(coll, 64 << 20, &none) == FB_COLL_ERR_MEMORY && none == &none);
	RANK_CHECK(strstr(fb_coll_error_text(), "alloc: 67108864 bytes for each of "));
	RANK_CHECK(!setrlimit(RLIMIT_AS, &before));
	RANK_CHECK(!fb_coll_alloc(coll, 5000, &none) && none != &none);
	RANK_CHECK(!fb_coll_finalize(coll));
	exit(0);
}

static void test_no_room(void **state)
{
	struct ranks r;

	(void)state;
	for (int size = 1; size <= 3; size += 2) {
		ranks_start(&r, size, -1, run_no_room, NULL);
		ranks_end(&r, 0, 60);
	}
}
#endif

enum way { KILLED, KILLED_LATER, STOPPED, OTHER_COUNT, OTHER_TYPE, OTHER_OP, BARRIER, ALLOC };

struct plan {
	enum way way;
	int culprit;
	size_t count;
	enum memory memory;
	fb_coll_status_t status;
	const char *message;
};

static int misbehave(fb_coll_t *coll, const struct buffers *b, const struct plan *p)
{
	void *memory;

	switch (p->way) {
	case KILLED:
		raise(SIGKILL);
		return 98;
	case STOPPED:
		raise(SIGSTOP);
		/* What the others left there may be all that this call needs; not the next one. */
		return fb_coll_allreduce(coll, b->send, b->recv, p->count, FB_COLL_FLOAT32, FB_COLL_SUM) ||
				       fb_coll_allreduce(coll, b->send, b->recv, p->count, FB_COLL_FLOAT32, FB_COLL_SUM) ?
			       0 :
			       98;
	case OTHER_COUNT:
		return fb_coll_allreduce(coll, b->send, b->recv, p->count - 1, FB_COLL_FLOAT32, FB_COLL_SUM) == p->status ? 0 : 98;
	case OTHER_TYPE:
		return fb_coll_allreduce(coll, b->send, b->recv, p->count, FB_COLL_INT32, FB_COLL_SUM) == p->status ? 0 : 98;
	case OTHER_OP:
		return fb_coll_allreduce(coll, b->send, b->recv, p->count, FB_COLL_FLOAT32, FB_COLL_MIN) == p->status ? 0 : 98;
	case ALLOC:
		return fb_coll_alloc(coll, 5000, &memory) == p->status ? 0 : 98;
	default: /* BARRIER */
		return fb_coll_barrier(coll) == p->status ? 0 : 98;
	}
}

static void suffer(fb_coll_t *coll, const struct buffers *b, const struct plan *p)
{
	int64_t begin = fb_clock_ms();
	fb_coll_status_t status;

	/* A rank that dies while data moves leaves some calls that still work. */
	do
		status = fb_coll_allreduce(coll, b->send, b->recv, p->count, FB_COLL_FLOAT32, FB_COLL_SUM);
	while (!status && p->way == KILLED_LATER && fb_clock_ms() - begin < 30000);
	RANK_CHECK(status == p->status);
	RANK_CHECK(p->way == KILLED_LATER || fb_clock_ms() - begin < PROMISED_S * 1000);
	if (!strstr(fb_coll_error_text(), p->message))
		fprintf(stderr, "not '%s'\n", p->message);
	RANK_CHECK(strstr(fb_coll_error_text(), p->message));
	if (p->way == KILLED || p->way == KILLED_LATER)
		RANK_CHECK(fb_coll_lost_rank(coll) == p->culprit);
	/* From now on everything fails at once, and finalize ends. */
	RANK_CHECK(fb_coll_barrier(coll) == p->status);
	if (p->memory == LIBRARY)
		RANK_CHECK(fb_coll_free(coll, b->recv) == p->status);
	begin = fb_clock_ms();
	fb_coll_finalize(coll);
	RANK_CHECK(fb_clock_ms() - begin < 5000);
	memset(b->recv, 1, p->count * 4);
}

static int run_failure(int rank, int size, const void *argument)
{
	const struct plan *p = argument;
	struct buffers b;
	fb_coll_t *coll;

#ifdef __SANITIZE_ADDRESS__
	/* After a failure the transport is left as it is on purpose. */
	__lsan_disable();
#endif
	if (p->way == STOPPED)
		setenv("FLIGHTBASE_STALL_TIMEOUT", "2", 1);
	RANK_CHECK(!fb_coll_init(&coll));
	RANK_CHECK(coll->mapped);
	make_buffers(coll, p->memory, &b);
	memset(b.send, 0, MOST);
	for (int i = 0; i < 3; i++)
		RANK_CHECK(!fb_coll_allreduce(coll, b.send, b.recv, p->count, FB_COLL_FLOAT32, FB_COLL_SUM));
	rank_mark("ready", rank);
	RANK_CHECK(rank_await("ready", size, -1));
	if (rank == p->culprit && p->way != KILLED_LATER)
		return misbehave(coll, &b, p);
	suffer(coll, &b, p);
	return 0;
}

static void expect(int size, struct plan plan)
{
	struct ranks r;

	ranks_start(&r, size, -1, run_failure, &plan);
	if (plan.way == KILLED_LATER) {
		assert_true(ranks_await(r.folder, "ready", size, -1));
		fb_clock_sleep_ms(30 + (int64_t)(plan.count % 50));
		kill(r.pid[plan.culprit], SIGKILL);
	}
	for (int i = 0; i < size; i++)
		if (i != plan.culprit)
			assert_int_equal(ranks_wait(&r, i, 60), 0);
	if (plan.way == STOPPED)
		kill(r.pid[plan.culprit], SIGCONT);
	assert_int_equal(ranks_wait(&r, plan.culprit, 60), plan.way <= KILLED_LATER ? 128 + SIGKILL : 0);
	ranks_end(&r, 0, 120);
}

/* A count for each way that an allreduce goes. */
static const struct {
	size_t count;
	enum memory memory;
} ways[] = { { 5, PRIVATE }, { 1000, PRIVATE }, { MOST / 4, PRIVATE }, { MOST / 4, LIBRARY } };
#define WAYS (sizeof(ways) / sizeof(*ways))

static void test_killed(void **state)
{
	(void)state;
	for (size_t i = 0; i < WAYS; i++) {
		int culprit = (int)i % 3;
		char message[64];
		snprintf(message, sizeof(message), "lost rank %d (on ", culprit);
		expect(3, (struct plan){ KILLED, culprit, ways[i].count, ways[i].memory, FB_COLL_ERR_PEER_LOST, message });
		expect(3, (struct plan){ KILLED_LATER, culprit, ways[i].count, ways[i].memory, FB_COLL_ERR_PEER_LOST, message });
	}
}

static void test_stopped(void **state)
{
	(void)state;
	for (size_t i = 0; i < WAYS; i++)
		expect(2, (struct plan){ STOPPED, 1, ways[i].count, ways[i].memory, FB_COLL_ERR_STALLED,
					 "waits for rank 1: alive but not answering for 2 s" });
}

static void test_different(void **state)
{
	static const struct {
		enum way way;
		const char *message;
	} cases[] = {
		{ OTHER_COUNT, "rank 1 in allreduce " }, { OTHER_TYPE, " int32)" },  { OTHER_OP, "(min of " },
		{ BARRIER, "rank 1 in barrier " },	 { ALLOC, "rank 1 in alloc " },
	};

	(void)state;
	for (size_t i = 0; i < WAYS; i++)
		for (size_t k = 0; k < sizeof(cases) / sizeof(*cases); k++)
			if (i == k || k == 0 || (i == 0 && k == 4))
				expect(2, (struct plan){ cases[k].way, 1, ways[i].count, ways[i].memory, FB_COLL_ERR_MISMATCH,
							 cases[k].message });
}

int main(int argc, char **argv)
{
	(void)argc;
	const struct CMUnitTest tests[] = {
		ranks_test(test_private), ranks_test(test_library), ranks_test(test_mixed),  ranks_test(test_many),
		cmocka_unit_test(test_offer), ranks_test(test_without), ranks_test(test_alloc),   ranks_test(test_killed), ranks_test(test_stopped),
		ranks_test(test_different),
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
		ranks_test(test_no_room),
#endif
	};

	ranks_prepare(argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
