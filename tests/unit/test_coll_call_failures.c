/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every call, with ranks that ask for something else, die, stop or do not come; and with requests under way and in groups. */
#include "coll_ranks.h"

#include "coll/flightbase/coll.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#endif

#define COUNT 100000
#define PROMISED_S 10 /* from a fault to everyone's error */

static float data[8 * COUNT], data_out[8 * COUNT];

/* What a rank calls; each is blocking, or begun and waited for. */
enum what {
	ALLREDUCE,
	SCATTER,
	GATHER,
	BROADCAST,
	BROADCAST_LAST, /* with another root */
	BROADCAST_SMALL,
	BROADCAST_SMALL_LAST,
	GATHER_INTS,
	SCATTER_MAX,
	BARRIER,
	FUSED,
	FUSED_OTHERWISE,
	TWO,	    /* requests */
	TWO_SWAPPED, /* in the other order */
	TWO_TESTED,
	DIE,
	STOP,
	IN_HALF, /* a group of the even or odd ranks */
	IN_HALF_OTHER,
	SPLIT,
	ONE, /* a request */
	ONE_THEN_COMPUTE, /* a request that is not waited for, until the others are done */
};

static fb_coll_status_t fuse(fb_coll_t *coll, size_t first)
{
	const fb_coll_tensor_t tensors[2] = { { data, data, first, FB_COLL_FLOAT32, FB_COLL_SUM },
					      { data + 100, data + 100, 100 - first, FB_COLL_FLOAT32, FB_COLL_SUM } };

	return fb_coll_allreduce_many(coll, tensors, 2);
}

static fb_coll_status_t begin_two(fb_coll_t *coll, bool swapped, fb_coll_request_t **request)
{
	for (int i = 0; i < 2; i++) {
		const size_t count = (i == 0) == swapped ? 10 : 20;
		fb_coll_status_t status = fb_coll_iallreduce(coll, data + 100 * i, data + 100 * i, count, FB_COLL_FLOAT32, FB_COLL_SUM,
							     &request[i]);
		if (status)
			return status;
	}
	return FB_COLL_OK;
}

static fb_coll_status_t do_two(fb_coll_t *coll, bool swapped)
{
	fb_coll_request_t *request[2];
	fb_coll_status_t status = begin_two(coll, swapped, request);

	return status ? status : fb_coll_waitall(request, 2);
}

/* Never waits, and never hangs. */
static fb_coll_status_t test_two(fb_coll_t *coll)
{
	fb_coll_request_t *request[2];
	fb_coll_status_t status = begin_two(coll, false, request);
	int done[2] = { 0, 0 };

	while (!status && !(done[0] && done[1]))
		for (int i = 0; i < 2 && !status; i++)
			status = fb_coll_test(&request[i], &done[i]);
	return status;
}

static fb_coll_status_t in_half(fb_coll_t *coll, size_t count)
{
	fb_coll_t *half;
	fb_coll_status_t status = fb_coll_split(coll, fb_coll_rank(coll) % 2, 0, &half);

	return status ? status : fb_coll_allreduce(half, data, data, count, FB_COLL_FLOAT32, FB_COLL_SUM);
}

static fb_coll_status_t one(fb_coll_t *coll, bool computes)
{
	fb_coll_request_t *request;
	int done = 0;
	fb_coll_status_t status = fb_coll_iallreduce(coll, data, data, COUNT, FB_COLL_FLOAT32, FB_COLL_SUM, &request);

	if (status)
		return status;
	if (!computes)
		return fb_coll_wait(&request);
	RANK_CHECK(rank_await("end", fb_coll_size(coll), fb_coll_rank(coll)));
	while (!status && !done)
		status = fb_coll_test(&request, &done);
	return status;
}

static fb_coll_status_t call(fb_coll_t *coll, enum what what)
{
	const int last = fb_coll_size(coll) - 1;
	fb_coll_t *group;

	switch (what) {
	case ALLREDUCE:
		return fb_coll_allreduce(coll, data, data, COUNT, FB_COLL_FLOAT32, FB_COLL_SUM);
	case SCATTER:
		return fb_coll_reduce_scatter(coll, data, data_out, COUNT, FB_COLL_FLOAT32, FB_COLL_SUM);
	case SCATTER_MAX:
		return fb_coll_reduce_scatter(coll, data, data_out, COUNT, FB_COLL_FLOAT32, FB_COLL_MAX);
	case GATHER:
		return fb_coll_allgather(coll, data_out, data, COUNT, FB_COLL_FLOAT32);
	case GATHER_INTS:
		return fb_coll_allgather(coll, data_out, data, COUNT, FB_COLL_INT32);
	case BROADCAST:
	case BROADCAST_LAST:
		return fb_coll_broadcast(coll, data, data, COUNT, FB_COLL_FLOAT32, what == BROADCAST ? 0 : last);
	case BROADCAST_SMALL:
	case BROADCAST_SMALL_LAST:
		return fb_coll_broadcast(coll, data, data, 10, FB_COLL_FLOAT32, what == BROADCAST_SMALL ? 0 : last);
	case BARRIER:
		return fb_coll_barrier(coll);
	case FUSED:
	case FUSED_OTHERWISE:
		return fuse(coll, what == FUSED ? 40 : 60);
	case TWO:
	case TWO_SWAPPED:
		return do_two(coll, what == TWO_SWAPPED);
	case TWO_TESTED:
		return test_two(coll);
	case IN_HALF:
	case IN_HALF_OTHER:
		return in_half(coll, what == IN_HALF ? 10 : 20);
	case SPLIT:
		return fb_coll_split(coll, 0, 0, &group);
	case ONE:
	case ONE_THEN_COMPUTE:
		return one(coll, what == ONE_THEN_COMPUTE);
	case STOP:
		raise(SIGSTOP);
		return fb_coll_barrier(coll);
	default: /* DIE */
		raise(SIGKILL);
		return FB_COLL_OK;
	}
}

struct plan {
	enum what all, culprit_calls;
	int culprit;
	fb_coll_status_t status;
	const char *message; /* NULL: any */
};

/*
 * A call may be over for a rank that does not need the culprit's part in it, as a broadcast's root: the next one, in which
 * all meet, fails then.
 */
static fb_coll_status_t call_and_meet(fb_coll_t *coll, enum what what)
{
	fb_coll_status_t status = call(coll, what);

	return status ? status : fb_coll_barrier(coll);
}

static int run(int rank, int size, const void *argument)
{
	const struct plan *plan = argument;
	fb_coll_t *coll;

#ifdef __SANITIZE_ADDRESS__
	/* After a failure the transport is left as it is on purpose. */
	__lsan_disable();
#endif
	if (plan->culprit_calls == STOP)
		setenv("FLIGHTBASE_STALL_TIMEOUT", "3", 1);
	if (plan->culprit_calls == ONE_THEN_COMPUTE)
		setenv("FLIGHTBASE_LATE_TIMEOUT", "3", 1);
	RANK_CHECK(!fb_coll_init(&coll));
	RANK_CHECK(!fb_coll_barrier(coll));
	rank_mark("ready", rank);
	RANK_CHECK(rank_await("ready", size, -1));
	int64_t begin = fb_clock_ms();
	fb_coll_status_t status = call_and_meet(coll, rank == plan->culprit ? plan->culprit_calls : plan->all);
	if (status != plan->status || (rank != plan->culprit && plan->message && !strstr(fb_coll_error_text(), plan->message)))
		fprintf(stderr, "rank %d: %d, not '%s'\n", rank, status, plan->message);
	RANK_CHECK(status == plan->status);
	if (rank != plan->culprit) {
		RANK_CHECK(!plan->message || strstr(fb_coll_error_text(), plan->message));
		RANK_CHECK(fb_clock_ms() - begin < PROMISED_S * 1000);
	}
	fb_coll_request_t *request = NULL;
	RANK_CHECK(fb_coll_ibarrier(coll, &request) == plan->status && !request);
	RANK_CHECK(strstr(fb_coll_error_text(), "an earlier call failed: "));
	fb_coll_finalize(coll);
	rank_mark("end", rank);
	return 0;
}

static void expect(int size, struct plan plan)
{
	struct ranks r;

	ranks_start(&r, size, -1, run, &plan);
	ranks_end_around(&r, plan.culprit, plan.culprit_calls == STOP, plan.culprit_calls == DIE ? 128 + SIGKILL : 0);
}

static void test_different(void **state)
{
	static const struct plan plans[] = {
		{ SCATTER, SCATTER_MAX, 1, FB_COLL_ERR_MISMATCH, "rank 1 in reduce_scatter 2 (max of 100000 float per rank)" },
		{ GATHER, GATHER_INTS, 2, FB_COLL_ERR_MISMATCH, "rank 2 in allgather 2 (100000 int32 per rank)" },
		{ GATHER, SCATTER, 0, FB_COLL_ERR_MISMATCH, "in reduce_scatter 2 (sum of 100000 float per rank)" },
		{ BROADCAST, BROADCAST_LAST, 1, FB_COLL_ERR_MISMATCH, "broadcast 2 (100000 float from rank 2)" },
		/* Each got what it waited for, some from rank 0, and rank 2 from itself: the next call finds it. */
		{ BROADCAST_SMALL, BROADCAST_SMALL_LAST, 2, FB_COLL_ERR_MISMATCH, "in barrier 3 after other calls: the last broadcasts differ" },
		{ BROADCAST_SMALL, BROADCAST, 0, FB_COLL_ERR_MISMATCH, "broadcast 2 (100000 float from rank 0)" },
		{ BARRIER, SPLIT, 1, FB_COLL_ERR_MISMATCH, "rank 1 in allgather 2 (6 int64 per rank)" },
		{ FUSED, FUSED_OTHERWISE, 1, FB_COLL_ERR_MISMATCH, " made of other parts" },
		{ TWO, TWO_SWAPPED, 2, FB_COLL_ERR_MISMATCH, "ranks disagree: " },
		{ TWO_TESTED, TWO_SWAPPED, 2, FB_COLL_ERR_MISMATCH, "ranks disagree: " },
		{ TWO_TESTED, BARRIER, 0, FB_COLL_ERR_MISMATCH, "barrier 2" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(plans) / sizeof(*plans); i++)
		expect(3, plans[i]);
}

/* In a group; ranks are named as the job numbers them. */
static void test_different_in_group(void **state)
{
	(void)state;
	expect(4, (struct plan){ IN_HALF, IN_HALF_OTHER, 3, FB_COLL_ERR_MISMATCH, "rank 3 in allreduce 1 of group 1 (sum of 20 float)" });
}

static void test_killed(void **state)
{
	static const enum what calls[] = { SCATTER, GATHER, BROADCAST, BARRIER, FUSED, TWO, TWO_TESTED, IN_HALF, SPLIT };

	(void)state;
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		expect(3, (struct plan){ calls[i], DIE, (int)i % 3, FB_COLL_ERR_PEER_LOST, NULL });
}

static void test_stopped(void **state)
{
	static const enum what calls[] = { SCATTER, GATHER, BROADCAST, TWO_TESTED };

	(void)state;
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		expect(3, (struct plan){ calls[i], STOP, 1 + (int)i % 2, FB_COLL_ERR_STALLED, "alive but not answering for 3 s" });
}

/* It has called, but does not come back to move its data. */
static void test_computes(void **state)
{
	(void)state;
	expect(3, (struct plan){ ONE, ONE_THEN_COMPUTE, 1, FB_COLL_ERR_STALLED,
				 "waits for rank 1: not come for 3 s (FLIGHTBASE_LATE_TIMEOUT)" });
}

/* A rank is lost while requests of two groups are under way; each of them fails, and with the same rank. */
static int run_lost_in_groups(int rank, int size, const void *argument)
{
	fb_coll_request_t *request[4] = { NULL };
	fb_coll_t *coll, *half;
	int failed = 0;

#ifdef __SANITIZE_ADDRESS__
	__lsan_disable();
#endif
	(void)size;
	(void)argument;
	RANK_CHECK(!fb_coll_init(&coll));
	RANK_CHECK(!fb_coll_split(coll, rank < 2 ? 0 : 1, 0, &half));
	RANK_CHECK(!fb_coll_barrier(coll));
	if (rank == 3)
		raise(SIGKILL);
	for (int i = 0; i < 4; i++)
		RANK_CHECK(!fb_coll_iallreduce(i % 2 ? half : coll, data + i * COUNT, data + i * COUNT, COUNT, FB_COLL_FLOAT32,
					       FB_COLL_SUM, &request[i]) ||
			   fb_coll_lost_rank(coll) == 3);
	for (int i = 0; i < 4; i++) {
		fb_coll_status_t status = fb_coll_wait(&request[3 - i]);
		RANK_CHECK(!request[3 - i]);
		RANK_CHECK(!status || status == FB_COLL_ERR_PEER_LOST);
		failed += status != 0;
	}
	/* Ranks 0 and 1 may have done theirs before. */
	RANK_CHECK(failed >= 1 && (rank < 2 || failed == 4));
	RANK_CHECK(fb_coll_lost_rank(half) == 3 && fb_coll_lost_rank(coll) == 3);
	RANK_CHECK(fb_coll_barrier(half) == FB_COLL_ERR_PEER_LOST);
	fb_coll_finalize(half);
	fb_coll_finalize(coll);
	return 0;
}

static void test_lost_in_groups(void **state)
{
	struct ranks r;

	(void)state;
	ranks_start(&r, 4, -1, run_lost_in_groups, NULL);
	for (int i = 0; i < 3; i++)
		assert_int_equal(ranks_wait(&r, i, 90), 0);
	assert_int_equal(ranks_wait(&r, 3, 90), 128 + SIGKILL);
	ranks_end(&r, 0, 60);
}

/* Rank 0 waits in the job for rank 1, rank 1 in a group for rank 0: nobody can end that. */
static int run_crossed(int rank, int size, const void *argument)
{
	fb_coll_t *coll, *pair;

#ifdef __SANITIZE_ADDRESS__
	__lsan_disable();
#endif
	(void)argument;
	setenv("FLIGHTBASE_STALL_TIMEOUT", "3", 1);
	RANK_CHECK(!fb_coll_init(&coll));
	RANK_CHECK(!fb_coll_split(coll, rank < 2 ? 0 : FB_COLL_NO_COLOR, 0, &pair));
	RANK_CHECK(fb_coll_barrier(rank == 1 ? pair : coll) == FB_COLL_ERR_STALLED);
	RANK_CHECK(strstr(fb_coll_error_text(), "still in a call of another group: no data moved for 3 s"));
	fb_coll_finalize(coll);
	(void)size;
	return 0;
}

static void test_crossed(void **state)
{
	struct ranks r;

	(void)state;
	ranks_start(&r, 3, -1, run_crossed, NULL);
	ranks_end(&r, 0, 60);
}

/* While a group waits for a rank that computes, longer than data may stand still, another group waits for the first. */
static int run_chained(int rank, int size, const void *argument)
{
	fb_coll_t *coll, *low, *high;

	(void)size;
	(void)argument;
	setenv("FLIGHTBASE_STALL_TIMEOUT", "2", 1);
	RANK_CHECK(!fb_coll_init(&coll));
	RANK_CHECK(!fb_coll_split(coll, rank < 2 ? 0 : FB_COLL_NO_COLOR, 0, &low));
	RANK_CHECK(!fb_coll_split(coll, rank ? 0 : FB_COLL_NO_COLOR, 0, &high));
	if (rank == 2)
		fb_clock_sleep_ms(6000);
	RANK_CHECK(rank == 0 || !fb_coll_barrier(high));
	RANK_CHECK(rank == 2 || !fb_coll_barrier(low));
	RANK_CHECK(!fb_coll_finalize(coll));
	exit(0);
}

static void test_chained(void **state)
{
	struct ranks r;

	(void)state;
	ranks_start(&r, 3, -1, run_chained, NULL);
	ranks_end(&r, 0, 60);
}

/* What befalls one of four ranks. */
struct hit {
	int signal;
	fb_coll_status_t expected; /* on the others */
	int culprit, after_ms;
};

/* Everything at the same time, without end. */
static fb_coll_status_t move_much(fb_coll_t *coll, fb_coll_t *half)
{
	static float parts[6][4 * COUNT];
	fb_coll_request_t *request[5];
	fb_coll_status_t status;

	if ((status = fb_coll_iallreduce(coll, parts[0], parts[0], COUNT, FB_COLL_FLOAT32, FB_COLL_SUM, &request[0])) ||
	    (status = fb_coll_ireduce_scatter(coll, parts[1], parts[2], COUNT, FB_COLL_FLOAT32, FB_COLL_MAX, &request[1])) ||
	    (status = fb_coll_iallgather(coll, parts[0] + COUNT, parts[3], COUNT, FB_COLL_FLOAT32, &request[2])) ||
	    (status = fb_coll_ibroadcast(half, parts[4], parts[4], COUNT, FB_COLL_FLOAT32, 1, &request[3])) ||
	    (status = fb_coll_iallreduce(half, parts[5], parts[5], 10, FB_COLL_FLOAT32, FB_COLL_SUM, &request[4])))
		return status;
	status = fb_coll_waitall(request, 5);
	return status ? status : fb_coll_barrier(half);
}

static int run_endless(int rank, int size, const void *argument)
{
	const struct hit *hit = argument;
	fb_coll_status_t status = FB_COLL_OK;
	fb_coll_t *coll, *half;

#ifdef __SANITIZE_ADDRESS__
	__lsan_disable();
#endif
	(void)size;
	setenv("FLIGHTBASE_STALL_TIMEOUT", "3", 1);
	RANK_CHECK(!fb_coll_init(&coll));
	RANK_CHECK(!fb_coll_split(coll, rank % 2, 0, &half));
	rank_mark("ready", rank);
	while (!status)
		status = move_much(coll, half);
	/* Who was stopped may find the others gone. */
	RANK_CHECK(status == hit->expected || rank == hit->culprit);
	fb_coll_finalize(half);
	fb_coll_finalize(coll);
	return 0;
}

/* Killed or stopped at any moment. */
static void strike(struct hit hit)
{
	struct ranks r;

	ranks_start(&r, 4, -1, run_endless, &hit);
	assert_true(ranks_await(r.folder, "ready", 4, -1));
	fb_clock_sleep_ms(hit.after_ms);
	kill(r.pid[hit.culprit], hit.signal);
	for (int i = 0; i < 4; i++)
		if (i != hit.culprit)
			assert_int_equal(ranks_wait(&r, i, 90), 0);
	kill(r.pid[hit.culprit], SIGCONT);
	assert_int_equal(ranks_wait(&r, hit.culprit, 120), hit.signal == SIGKILL ? 128 + SIGKILL : 0);
	ranks_end(&r, 0, 60);
}

static void test_any_moment(void **state)
{
	(void)state;
	for (int i = 0; i < 8; i++)
		strike((struct hit){ SIGKILL, FB_COLL_ERR_PEER_LOST, i % 4, i * i * 7 });
	strike((struct hit){ SIGSTOP, FB_COLL_ERR_STALLED, 2, 50 });
	strike((struct hit){ SIGSTOP, FB_COLL_ERR_STALLED, 0, 150 });
}

int main(int argc, char **argv)
{
	(void)argc;
	const struct CMUnitTest tests[] = {
		ranks_test(test_different),	 ranks_test(test_different_in_group), ranks_test(test_killed),
		ranks_test(test_stopped),	 ranks_test(test_computes),	      ranks_test(test_lost_in_groups),
		ranks_test(test_crossed),	 ranks_test(test_chained),	      ranks_test(test_any_moment),
	};

	ranks_prepare(argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
