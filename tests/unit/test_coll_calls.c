/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every call between 1 to 9 processes over UCX, blocking and with requests. */
#include "coll_ranks.h"
#include "coll_trial.h"
#include "draw.h"

#include "coll/internal.h"

/* The same inputs again, to the same memory: the same bits. */
static void repeat(struct trial *t, fb_coll_t *coll)
{
	const size_t bytes = t->length * fb_coll_type_size(t->type);
	char *first = malloc(bytes + 1);

	RANK_CHECK(first);
	memcpy(first, t->recv, bytes);
	memset(t->recv, 0x77, bytes);
	RANK_CHECK(!trial_call(t, coll));
	RANK_CHECK(!memcmp(first, t->recv, bytes));
	free(first);
}

static void try_one(fb_coll_t *coll, struct trial t)
{
	trial_prepare(&t, coll);
	RANK_CHECK(!trial_call(&t, coll));
	trial_check(&t, coll);
	if (!t.in_place)
		repeat(&t, coll);
	trial_free(&t);
}

/* All counts of a call, of a type, with an operation. */
static void try_counts(fb_coll_t *coll, enum fb_call call, fb_coll_type_t type, fb_coll_op_t op, int *salt)
{
	const int size = fb_coll_size(coll);

	for (size_t i = 0; i < TRIAL_COUNTS; i++)
		for (int in_place = 0; in_place < 2; in_place++) {
			++*salt;
			/* With many ranks each trial takes long, and so does a long one. */
			if ((size > 4 && *salt % 5) || (trial_counts[i] > 5000 && *salt % 7))
				continue;
			try_one(coll, (struct trial){ .call = call, .count = trial_counts[i], .type = type, .op = op,
						      .root = *salt % size, .salt = *salt, .in_place = in_place });
		}
}

static int run_blocking(int rank, int size, const void *argument)
{
	fb_coll_t *coll;
	int salt = size;

	(void)rank;
	(void)argument;
	/* By turns: allreduces through mapped memory, and through UCX as all other calls. */
	setenv("FLIGHTBASE_MAPPED", size % 2 ? "no" : "yes", 1);
	RANK_CHECK(!fb_coll_init(&coll));
	for (size_t k = 0; k < 4; k++) {
		const bool reduces = trial_kinds[k] == FB_CALL_ALLREDUCE || trial_kinds[k] == FB_CALL_REDUCE_SCATTER;
		for (int type = 0; type < FB_COLL_TYPES; type++)
			for (int op = 0; op < (reduces ? FB_COLL_OPS : 1); op++)
				try_counts(coll, trial_kinds[k], (fb_coll_type_t)type, (fb_coll_op_t)op, &salt);
	}
	RANK_CHECK(!fb_coll_finalize(coll));
	exit(0);
}

static void test_blocking(void **state)
{
	struct ranks r;

	(void)state;
	for (int size = 1; size <= RANKS_MAX; size++) {
		ranks_start(&r, size, -1, run_blocking, NULL);
		ranks_end(&r, 0, 120);
	}
}

#define TRIALS 12

/* The same on every rank but for what it does with the requests. */
static void make_trials(struct trial *t, fb_coll_t *coll, uint64_t *same)
{
	for (int i = 0; i < TRIALS; i++) {
		seed = *same;
		t[i] = (struct trial){ .call = trial_kinds[draw(5)], .count = trial_counts[draw(TRIAL_COUNTS)], .type = (fb_coll_type_t)draw(FB_COLL_TYPES),
				       .op = (fb_coll_op_t)draw(FB_COLL_OPS), .root = (int)draw((unsigned)fb_coll_size(coll)),
				       .salt = (int)draw(100), .in_place = draw(2) };
		*same = seed;
		if (t[i].call == FB_CALL_BARRIER)
			t[i].count = 0;
		trial_prepare(&t[i], coll);
	}
}

/* In an order of this rank's own, by test or wait. */
static void finish_trials(struct trial *t, fb_coll_t *coll, uint64_t *own)
{
	int left = TRIALS, done;

	seed = *own;
	while (left) {
		struct trial *one = &t[draw(TRIALS)];
		if (!one->request)
			continue;
		if (draw(3))
			RANK_CHECK(!fb_coll_test(&one->request, &done));
		else
			RANK_CHECK(!fb_coll_wait(&one->request) && !one->request);
		if (one->request)
			continue;
		left--;
		trial_check(one, coll);
		trial_free(one);
	}
	*own = seed;
}

static int run_requests(int rank, int size, const void *argument)
{
	uint64_t same = 99, own = 1000 + (uint64_t)rank;
	struct trial t[TRIALS];
	int64_t sum;
	fb_coll_t *coll;

	(void)argument;
	RANK_CHECK(!fb_coll_init(&coll));
	for (int round = 0; round < 8; round++) {
		make_trials(t, coll, &same);
		for (int i = 0; i < TRIALS; i++)
			RANK_CHECK(!trial_begin(&t[i], coll));
		/* A blocking call while they are under way. */
		sum = rank;
		RANK_CHECK(!fb_coll_allreduce(coll, &sum, &sum, 1, FB_COLL_INT64, FB_COLL_SUM));
		RANK_CHECK(sum == size * (size - 1) / 2);
		finish_trials(t, coll, &own);
	}
	RANK_CHECK(!fb_coll_finalize(coll));
	exit(0);
}

static void test_requests(void **state)
{
	struct ranks r;

	(void)state;
	for (int size = 1; size <= 5; size++) {
		ranks_start(&r, size, -1, run_requests, NULL);
		ranks_end(&r, 0, 120);
	}
}

#define MANY (2 * FB_REQUESTS_MAX + 50)

/* More than may be under way; NULL is done; what is not waited for ends with the handle. */
static int run_many_requests(int rank, int size, const void *argument)
{
	static fb_coll_request_t *requests[MANY + 1], *forgotten;
	static int64_t values[MANY], last;
	fb_coll_t *coll;
	int done = 0;

	(void)argument;
	RANK_CHECK(!fb_coll_init(&coll));
	for (int i = 0; i < MANY; i++) {
		values[i] = rank + i;
		RANK_CHECK(!fb_coll_iallreduce(coll, &values[i], &values[i], 1, FB_COLL_INT64, FB_COLL_SUM, &requests[i]));
		RANK_CHECK(coll->requests <= FB_REQUESTS_MAX);
	}
	RANK_CHECK(!fb_coll_waitall(requests, MANY + 1));
	for (int i = 0; i < MANY; i++)
		RANK_CHECK(!requests[i] && values[i] == size * (size - 1) / 2 + size * i);
	RANK_CHECK(!fb_coll_test(&requests[0], &done) && done == 1);
	last = 1;
	RANK_CHECK(!fb_coll_iallreduce(coll, &last, &last, 1, FB_COLL_INT64, FB_COLL_SUM, &forgotten));
	RANK_CHECK(!fb_coll_finalize(coll));
	RANK_CHECK(last == size);
	RANK_CHECK(!fb_coll_wait(&forgotten));
	exit(0);
}

static void test_many_requests(void **state)
{
	struct ranks r;

	(void)state;
	ranks_start(&r, 3, -1, run_many_requests, NULL);
	ranks_end(&r, 0, 120);
}

/* The root is done long before the others come. */
static int run_root_ahead(int rank, int size, const void *argument)
{
	static int64_t values[40];
	fb_coll_t *coll;

	(void)argument;
	RANK_CHECK(!fb_coll_init(&coll));
	if (rank)
		RANK_CHECK(rank_await("done", 1, -1));
	for (int i = 0; i < 40; i++) {
		values[i] = rank ? -1 : i;
		RANK_CHECK(!fb_coll_broadcast(coll, &values[i], &values[i], 1, FB_COLL_INT64, 0));
	}
	if (!rank)
		rank_mark("done", 0);
	for (int i = 0; i < 40; i++)
		RANK_CHECK(values[i] == i);
	/* And without end. */
	for (int i = 0; i < 1000; i++)
		RANK_CHECK(!fb_coll_broadcast(coll, values, values, 1, FB_COLL_INT64, i % size));
	RANK_CHECK(!fb_coll_finalize(coll));
	exit(0);
}

static void test_root_ahead(void **state)
{
	struct ranks r;

	(void)state;
	ranks_start(&r, 3, -1, run_root_ahead, NULL);
	ranks_end(&r, 0, 60);
}

static void test_arguments(void **state)
{
	double data[8] = { 0 };
	fb_coll_request_t *request = NULL;
	fb_coll_t *coll;

	(void)state;
	assert_int_equal(fb_coll_init(&coll), FB_COLL_OK);
#define REFUSED(call, text)                                                                                \
	assert_int_equal(call, FB_COLL_ERR_ARGUMENT);                                                      \
	check_contains(fb_coll_error_text(), text)
	REFUSED(fb_coll_reduce_scatter(coll, data, data + 4, 4, (fb_coll_type_t)99, FB_COLL_SUM), "reduce_scatter: type 99 is unknown");
	REFUSED(fb_coll_reduce_scatter(coll, data, data + 4, 4, FB_COLL_FLOAT64, (fb_coll_op_t)9), "reduce_scatter: operation 9 is unknown");
	REFUSED(fb_coll_allgather(coll, data, NULL, 4, FB_COLL_FLOAT64), "allgather: a buffer is NULL");
	REFUSED(fb_coll_allgather(coll, data, data + 1, 4, FB_COLL_FLOAT64),
		"allgather: the buffers overlap; in place is send == recv + rank * count");
	REFUSED(fb_coll_broadcast(coll, data, data, 4, FB_COLL_FLOAT64, 1), "broadcast: root 1 is outside 0 to 0");
	REFUSED(fb_coll_broadcast(coll, data, data, 4, FB_COLL_FLOAT64, -1), "broadcast: root -1 is outside 0 to 0");
	REFUSED(fb_coll_broadcast(coll, NULL, data, 4, FB_COLL_FLOAT64, 0), "broadcast: a buffer is NULL");
	REFUSED(fb_coll_ireduce_scatter(coll, (char *)data + 4, data, 1, FB_COLL_FLOAT64, FB_COLL_SUM, &request),
		"reduce_scatter: a buffer is not aligned to its 8-byte elements");
	REFUSED(fb_coll_iallgather(coll, data, data, SIZE_MAX / 8, FB_COLL_FLOAT64, &request),
		"allgather: 2305843009213693951 elements of 8 bytes per rank: more than memory can hold");
	assert_null(request);
	assert_int_equal(fb_coll_allgather(coll, data, data + 4, 4, FB_COLL_FLOAT64), FB_COLL_OK);
	assert_int_equal(fb_coll_broadcast(coll, NULL, NULL, 0, FB_COLL_FLOAT64, 0), FB_COLL_OK);
	assert_int_equal(fb_coll_wait(&request), FB_COLL_OK);
	assert_int_equal(fb_coll_finalize(coll), FB_COLL_OK);
}

int main(int argc, char **argv)
{
	(void)argc;
	const struct CMUnitTest tests[] = {
		ranks_test(test_blocking),	ranks_test(test_requests), ranks_test(test_many_requests),
		ranks_test(test_root_ahead),	cmocka_unit_test(test_arguments),
	};

	ranks_prepare(argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
