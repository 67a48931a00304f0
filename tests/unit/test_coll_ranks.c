/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Real allreduces between 1 to 5 processes over UCX. */
#include "coll_ranks.h"

#include "coll/flightbase/coll_gpu.h"
#include "coll/internal.h"
#include "coll/net.h"
#include "coll/private.h"
#include "coll/tool/pairs.h"
#include "coll/tool/values.h"
#include "coll/type.h"

#define MOST 700001 /* elements: more than one segment of the ring at 8 bytes and 2 ranks */
#define GUARD 0x5a

static const size_t counts[] = { 0, 1, 2, 3, 5, 17, 1000, 4099 };

/* One allreduce, its result, what lies behind it, and that all ranks have the same bits. */
static void try_one(fb_coll_t *coll, size_t count, fb_coll_type_t type, fb_coll_op_t op, bool in_place, uint64_t iteration)
{
	size_t bytes = count * fb_coll_type_size(type);
	unsigned char *send = malloc(bytes + 8), *recv = malloc(bytes + 8);
	uint64_t hash = 0;

	RANK_CHECK(send && recv);
	memset(recv, GUARD, bytes + 8);
	memset(send, GUARD, bytes + 8);
	fb_values_fill(in_place ? recv : send, count, type, op, fb_coll_rank(coll), iteration);
	RANK_CHECK(!fb_coll_allreduce(coll, in_place ? recv : send, recv, count, type, op));
	RANK_CHECK(!fb_values_check(recv, count, type, op, fb_coll_size(coll), iteration));
	for (int i = 0; i < 8; i++)
		RANK_CHECK(recv[bytes + (size_t)i] == GUARD && send[bytes + (size_t)i] == GUARD);
	for (size_t i = 0; i < bytes; i++)
		hash = hash * 31 + recv[i];
	int64_t sum[2] = { (int64_t)(hash >> 1), -(int64_t)(hash >> 1) };
	RANK_CHECK(!fb_coll_allreduce(coll, sum, sum, 2, FB_COLL_INT64, FB_COLL_MAX));
	RANK_CHECK(sum[0] == -sum[1]);
	if (!in_place && count) {
		/* The input is the caller's. */
		unsigned char *again = malloc(bytes);
		RANK_CHECK(again);
		fb_values_fill(again, count, type, op, fb_coll_rank(coll), iteration);
		RANK_CHECK(!memcmp(again, send, bytes));
		free(again);
	}
	free(send);
	free(recv);
}

static int run_all(int rank, int size, const void *algorithm)
{
	uint64_t iteration = 1;
	fb_coll_t *coll;

	setenv("FLIGHTBASE_ALGORITHM", algorithm, 1);
	RANK_CHECK(!fb_coll_init(&coll));
	RANK_CHECK(fb_coll_rank(coll) == rank && fb_coll_size(coll) == size);
	RANK_CHECK(fb_coll_local_rank(coll) == rank && fb_coll_local_size(coll) == size);
	RANK_CHECK(!strcmp(fb_coll_bootstrap(coll), "file"));
	for (int type = 0; type < FB_COLL_TYPES; type++)
		for (int op = 0; op < FB_COLL_OPS; op++)
			for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++)
				for (int in_place = 0; in_place < 2; in_place++)
					try_one(coll, counts[i], (fb_coll_type_t)type, (fb_coll_op_t)op, in_place, iteration++);
	RANK_CHECK(!fb_coll_barrier(coll));
	RANK_CHECK(!fb_coll_finalize(coll));
	exit(0); /* so that a leak is an error too */
}

static void test_all(void **state)
{
	static const char *const algorithms[] = { "auto", "ring", "doubling" };
	struct ranks r;

	(void)state;
	for (size_t a = 0; a < 3; a++)
		for (int size = 2; size <= 5; size++) {
			ranks_start(&r, size, -1, run_all, algorithms[a]);
			ranks_end(&r, 0, 120);
		}
}

static int run_large(int rank, int size, const void *argument)
{
	char transports[256];
	fb_coll_t *coll;

	(void)rank;
	(void)argument;
	RANK_CHECK(!fb_coll_init(&coll));
	for (int in_place = 0; in_place < 2; in_place++) {
		try_one(coll, MOST, FB_COLL_FLOAT32, FB_COLL_SUM, in_place, 77);
		try_one(coll, (size_t)MOST * (size_t)size / 2, FB_COLL_INT64, FB_COLL_AVG, in_place, 78);
	}
	size_t length = fb_coll_transports(coll, transports, sizeof(transports));
	RANK_CHECK(length > 0 && length == strlen(transports) && strchr(transports, '/'));
	RANK_CHECK(fb_coll_transports(coll, transports, 4) == length && strlen(transports) == 3);
	RANK_CHECK(!fb_coll_finalize(coll));
	exit(0);
}

static void test_large(void **state)
{
	struct ranks r;

	(void)state;
	for (int size = 2; size <= 3; size++) {
		ranks_start(&r, size, -1, run_large, NULL);
		ranks_end(&r, 0, 120);
	}
}

/* All pairs of a tournament, among them ranks that sit out, without a barrier between the rounds. */
static int run_pairs(int rank, int size, const void *argument)
{
	static int64_t send[40000], recv[40000];
	fb_coll_t *coll;

	(void)argument;
	RANK_CHECK(!fb_coll_init(&coll));
	for (size_t count = 1; count <= 40000; count = count < 40000 && count * 40 > 40000 ? 40000 : count * 40)
		for (int round = 0; round < fb_tournament_rounds(size); round++) {
			int peer = fb_tournament_peer(size, round, rank);
			for (size_t i = 0; i < count; i++) {
				send[i] = rank * 1000003 + round * 7 + (int64_t)i;
				recv[i] = -1;
			}
			RANK_CHECK(!fb_coll_pair(coll, peer, send, recv, count * sizeof(*send)));
			for (size_t i = 0; i < count; i++)
				RANK_CHECK(recv[i] == (peer == rank ? -1 : peer * 1000003 + round * 7 + (int64_t)i));
		}
	RANK_CHECK(fb_coll_pair(coll, size, send, recv, 8) == FB_COLL_ERR_ARGUMENT);
	RANK_CHECK(strstr(fb_coll_error_text(), "pair: rank "));
	RANK_CHECK(!fb_coll_barrier(coll));
	RANK_CHECK(!fb_coll_finalize(coll));
	exit(0);
}

static void test_pairs(void **state)
{
	struct ranks r;

	(void)state;
	for (int size = 1; size <= 5; size++) {
		ranks_start(&r, size, -1, run_pairs, NULL);
		ranks_end(&r, 0, 60);
	}
}

/* A handle can be made again after it is gone, in the same processes. */
static int run_twice(int rank, int size, const void *argument)
{
	const char *folder = getenv("FLIGHTBASE_RENDEZVOUS");
	char second[300];
	int64_t one = 1;
	fb_coll_t *coll;

	(void)rank;
	(void)argument;
	snprintf(second, sizeof(second), "%s/second", folder);
	RANK_CHECK(!mkdir(second, 0700) || errno == EEXIST);
	for (int i = 0; i < 2; i++) {
		RANK_CHECK(!fb_coll_init(&coll));
		RANK_CHECK(!fb_coll_allreduce(coll, &one, &one, 1, FB_COLL_INT64, FB_COLL_SUM));
		RANK_CHECK(!fb_coll_finalize(coll));
		setenv("FLIGHTBASE_RENDEZVOUS", second, 1);
	}
	RANK_CHECK(one == size * size);
	exit(0);
}

static void test_twice(void **state)
{
	struct ranks r;

	(void)state;
	ranks_start(&r, 3, -1, run_twice, NULL);
	ranks_end(&r, 0, 60);
}

/* Anyone may connect to rank 0's port; without the secret nothing comes of it. */
static int run_with_stranger(int rank, int size, const void *argument)
{
	struct fb_frame junk;
	struct fb_err err;
	int64_t one = 1;
	fb_coll_t *coll;

	(void)argument;
	RANK_CHECK(!fb_coll_init(&coll));
	if (rank == 1) {
		memset(&junk, 0x42, sizeof(junk));
		int fd = fb_net_connect(&coll->cards[0], &coll->cards[1], 0, 1000, &err);
		RANK_CHECK(fd >= 0);
		RANK_CHECK(!fb_net_transfer(fd, &junk, sizeof(junk), 0, 1000));
		RANK_CHECK(fb_net_transfer(fd, &junk, 1, 1, 5000)); /* closed without a word */
		close(fd);
		/* The right name with a wrong secret takes nobody's place. */
		junk = (struct fb_frame){ .kind = FB_FRAME_HELLO, .rank = 2 };
		fd = fb_net_connect(&coll->cards[0], &coll->cards[1], 0, 1000, &err);
		RANK_CHECK(fd >= 0 && !fb_net_transfer(fd, &junk, sizeof(junk), 0, 1000));
		RANK_CHECK(fb_net_transfer(fd, &junk, 1, 1, 5000));
		close(fd);
	}
	RANK_CHECK(!fb_coll_allreduce(coll, &one, &one, 1, FB_COLL_INT64, FB_COLL_SUM));
	RANK_CHECK(one == size);
	RANK_CHECK(!fb_coll_finalize(coll));
	exit(0);
}

static void test_stranger(void **state)
{
	struct ranks r;

	(void)state;
	ranks_start(&r, 3, -1, run_with_stranger, NULL);
	ranks_end(&r, 0, 60);
}

static void test_single(void **state)
{
	float in[3] = { 1, 2, 3 }, out[3] = { 0 };
	char transports[64];
	fb_coll_t *coll;

	(void)state;
	assert_int_equal(fb_coll_init(&coll), FB_COLL_OK);
	assert_int_equal(fb_coll_size(coll), 1);
	assert_string_equal(fb_coll_bootstrap(coll), "single");
	assert_int_equal(fb_coll_allreduce(coll, in, out, 3, FB_COLL_FLOAT32, FB_COLL_AVG), FB_COLL_OK);
	assert_memory_equal(in, out, sizeof(in));
	assert_int_equal(fb_coll_barrier(coll), FB_COLL_OK);
	assert_int_equal(fb_coll_transports(coll, transports, sizeof(transports)), 0);
	assert_null(fb_coll_host(coll, 1));
	assert_non_null(fb_coll_host(coll, 0));
	assert_int_equal(fb_coll_lost_rank(coll), -1);
	assert_int_equal(fb_coll_finalize(coll), FB_COLL_OK);
	assert_int_equal(fb_coll_finalize(NULL), FB_COLL_OK);
}

static void test_arguments(void **state)
{
	double data[4] = { 0 };
	fb_coll_t *coll;

	(void)state;
	assert_int_equal(fb_coll_init(&coll), FB_COLL_OK);
	const struct {
		const void *send;
		void *recv;
		size_t count;
		int type, op;
		const char *message;
	} cases[] = {
		{ data, data, 4, FB_COLL_TYPES, 0, "type 9 is unknown" },
		{ data, data, 4, 0, 5, "operation 5 is unknown" },
		{ data, data, SIZE_MAX / 4, FB_COLL_FLOAT64, 0, "more than memory can hold" },
		{ NULL, data, 1, 0, 0, "a buffer is NULL" },
		{ data, NULL, 1, 0, 0, "a buffer is NULL" },
		{ data, (char *)data + 2, 1, 0, 0, "not aligned to its 4-byte elements" },
		{ data, data + 1, 2, FB_COLL_FLOAT64, 0, "the buffers overlap" },
		{ data, data + 2, 2, FB_COLL_FLOAT64, 0, NULL },
		{ NULL, NULL, 0, 0, 0, NULL },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		fb_coll_status_t status = fb_coll_allreduce(coll, cases[i].send, cases[i].recv, cases[i].count,
							    (fb_coll_type_t)cases[i].type, (fb_coll_op_t)cases[i].op);
		assert_int_equal(status, cases[i].message ? FB_COLL_ERR_ARGUMENT : FB_COLL_OK);
		if (cases[i].message)
			check_contains(fb_coll_error_text(), cases[i].message);
	}
	assert_int_equal(fb_coll_finalize(coll), FB_COLL_OK);
}

/* Without the module every rank is told, and the handle stays usable. */
static int run_without_gpus(int rank, int size, const void *folder)
{
	fb_coll_gpu_t *gpu = NULL;
	int one = 1;
	fb_coll_t *coll;

	setenv("FLIGHTBASE_MODULES", folder, 1);
	RANK_CHECK(!fb_coll_init(&coll));
	RANK_CHECK(fb_coll_gpu_init(coll, 0, &gpu) == FB_COLL_ERR_ARGUMENT && !gpu);
	RANK_CHECK(strstr(fb_coll_error_text(), "rank 0: GPU memory: ") && strstr(fb_coll_error_text(), "coll-nccl.so"));
	RANK_CHECK(!fb_coll_allreduce(coll, &one, &one, 1, FB_COLL_INT32, FB_COLL_SUM) && one == size);
	RANK_CHECK(!fb_coll_gpu_finalize(gpu) && !fb_coll_finalize(coll) && rank < size);
	exit(0);
}

static void test_without_gpus(void **state)
{
	struct ranks r;

	(void)state;
	ranks_start(&r, 3, -1, run_without_gpus, "/nonexistent");
	ranks_end(&r, 0, 60);
}

int main(int argc, char **argv)
{
	(void)argc;
	const struct CMUnitTest tests[] = {
		ranks_test(test_all),	 ranks_test(test_large),	ranks_test(test_pairs), ranks_test(test_twice),
		ranks_test(test_stranger), ranks_test(test_without_gpus), cmocka_unit_test(test_single), cmocka_unit_test(test_arguments),
	};

	ranks_prepare(argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
