/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Nothing hangs: each way to fail ends every rank with the right error, in seconds. */
#include "coll_ranks.h"

#include "coll/flightbase/coll.h"
#include "coll/private.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#endif

#define COUNT 100000
#define PROMISED_S 10 /* from a rank's death to everyone's error */

enum way { KILLED, STOPPED, LATE, LEAVES, DIFFERENT_COUNT, DIFFERENT_OP, DIFFERENT_CALL };

struct plan {
	enum way way;
	int culprit;
	fb_coll_status_t status;
	const char *message;
};

static float data[COUNT];

/* What the culprit does in place of the common call. Returns what it is to end with. */
static int misbehave(fb_coll_t *coll, int size, const struct plan *plan)
{
	switch (plan->way) {
	case KILLED:
		raise(SIGKILL);
		return 98;
	case STOPPED:
		raise(SIGSTOP);
		return fb_coll_allreduce(coll, data, data, COUNT, FB_COLL_FLOAT32, FB_COLL_SUM) ? 0 : 98;
	case LATE:
		RANK_CHECK(rank_await("end", size, plan->culprit));
		return fb_coll_allreduce(coll, data, data, COUNT, FB_COLL_FLOAT32, FB_COLL_SUM) ? 0 : 98;
	case LEAVES:
		return fb_coll_finalize(coll) == plan->status ? 0 : 98;
	case DIFFERENT_COUNT:
		return fb_coll_allreduce(coll, data, data, COUNT - 1, FB_COLL_FLOAT32, FB_COLL_SUM) == plan->status ? 0 : 98;
	case DIFFERENT_OP:
		return fb_coll_allreduce(coll, data, data, COUNT, FB_COLL_FLOAT32, FB_COLL_MAX) == plan->status ? 0 : 98;
	default: /* DIFFERENT_CALL */
		return fb_coll_barrier(coll) == plan->status ? 0 : 98;
	}
}

/* The call that fails, and what is left of the handle after it. */
static void suffer(fb_coll_t *coll, const struct plan *plan)
{
	int64_t begin = fb_clock_ms();

	RANK_CHECK(fb_coll_allreduce(coll, data, data, COUNT, FB_COLL_FLOAT32, FB_COLL_SUM) == plan->status);
	RANK_CHECK(fb_clock_ms() - begin < PROMISED_S * 1000);
	if (!strstr(fb_coll_error_text(), plan->message))
		fprintf(stderr, "not '%s'\n", plan->message);
	RANK_CHECK(strstr(fb_coll_error_text(), plan->message));
	if (plan->way == KILLED)
		RANK_CHECK(fb_coll_lost_rank(coll) == plan->culprit);
	/* From now on everything fails at once, and finalize ends. */
	RANK_CHECK(fb_coll_barrier(coll) == plan->status);
	RANK_CHECK(strstr(fb_coll_error_text(), "an earlier call failed: "));
	begin = fb_clock_ms();
	fb_coll_finalize(coll);
	RANK_CHECK(fb_clock_ms() - begin < 5000);
}

static int run(int rank, int size, const void *argument)
{
	const struct plan *plan = argument;
	fb_coll_t *coll;

#ifdef __SANITIZE_ADDRESS__
	/* After a failure the transport is left as it is on purpose. */
	__lsan_disable();
#endif
	if (plan->way == STOPPED)
		setenv("FLIGHTBASE_STALL_TIMEOUT", "3", 1);
	if (plan->way == LATE)
		setenv("FLIGHTBASE_LATE_TIMEOUT", "3", 1);
	RANK_CHECK(!fb_coll_init(&coll));
	for (int i = 0; i < 3; i++)
		RANK_CHECK(!fb_coll_allreduce(coll, data, data, COUNT, FB_COLL_FLOAT32, FB_COLL_SUM));
	rank_mark("ready", rank);
	/* The others must be out of the last call. */
	RANK_CHECK(rank_await("ready", size, -1));
	if (rank == plan->culprit)
		return misbehave(coll, size, plan);
	suffer(coll, plan);
	rank_mark("end", rank);
	return 0;
}

static void expect(int size, struct plan plan)
{
	struct ranks r;

	ranks_start(&r, size, -1, run, &plan);
	ranks_end_around(&r, plan.culprit, plan.way == STOPPED, plan.way == KILLED ? 128 + SIGKILL : 0);
}

/* A rank of a pair dies before it comes. */
static int run_pair(int rank, int size, const void *argument)
{
	int64_t send = 1, recv;
	fb_coll_t *coll;

	(void)argument;
#ifdef __SANITIZE_ADDRESS__
	__lsan_disable();
#endif
	RANK_CHECK(!fb_coll_init(&coll) && !fb_coll_barrier(coll));
	rank_mark("ready", rank);
	RANK_CHECK(rank_await("ready", size, -1));
	if (rank == 2)
		raise(SIGKILL);
	RANK_CHECK(fb_coll_pair(coll, rank ? 2 : 0, &send, &recv, sizeof(send)) == (rank ? FB_COLL_ERR_PEER_LOST : FB_COLL_OK));
	if (rank)
		RANK_CHECK(strstr(fb_coll_error_text(), "pair 2 (8 bytes) failed: lost rank 2 (on "));
	else
		RANK_CHECK(fb_coll_barrier(coll) == FB_COLL_ERR_PEER_LOST);
	fb_coll_finalize(coll);
	return 0;
}

static void test_killed_in_pair(void **state)
{
	struct ranks r;

	(void)state;
	ranks_start(&r, 3, -1, run_pair, NULL);
	assert_int_equal(ranks_wait(&r, 0, 60), 0);
	assert_int_equal(ranks_wait(&r, 1, 60), 0);
	assert_int_equal(ranks_wait(&r, 2, 60), 128 + SIGKILL);
	ranks_end(&r, 0, 60);
}

static void test_killed(void **state)
{
	(void)state;
	expect(2, (struct plan){ KILLED, 1, FB_COLL_ERR_PEER_LOST, "allreduce 4 (sum of 100000 float) failed: lost rank 1 (on " });
	expect(4, (struct plan){ KILLED, 2, FB_COLL_ERR_PEER_LOST, "allreduce 4 (sum of 100000 float) failed: lost rank 2 (on " });
}

static void test_first_killed(void **state)
{
	(void)state;
	expect(4, (struct plan){ KILLED, 0, FB_COLL_ERR_PEER_LOST, "lost rank 0 (on " });
}

static void test_stopped(void **state)
{
	(void)state;
	expect(3, (struct plan){ STOPPED, 1, FB_COLL_ERR_STALLED, "waits for rank 1: alive but not answering for 3 s" });
	expect(3, (struct plan){ STOPPED, 0, FB_COLL_ERR_STALLED, "rank 0 (on " });
}

static void test_late(void **state)
{
	(void)state;
	expect(3, (struct plan){ LATE, 2, FB_COLL_ERR_STALLED, "waits for rank 2: not come for 3 s (FLIGHTBASE_LATE_TIMEOUT)" });
}

static void test_leaves(void **state)
{
	(void)state;
	expect(3, (struct plan){ LEAVES, 1, FB_COLL_ERR_MISMATCH, "rank 1 in finalize" });
}

static void test_different(void **state)
{
	(void)state;
	expect(3, (struct plan){ DIFFERENT_COUNT, 2, FB_COLL_ERR_MISMATCH, "rank 2 in allreduce 4 (sum of 99999 float)" });
	expect(2, (struct plan){ DIFFERENT_OP, 1, FB_COLL_ERR_MISMATCH, "rank 1 in allreduce 4 (max of 100000 float)" });
	expect(4, (struct plan){ DIFFERENT_CALL, 3, FB_COLL_ERR_MISMATCH, "rank 3 in barrier 4" });
}

/* The job is suspended and resumed, for longer than any limit, with questions open and ranks stopped one after the other. */
#define SUSPENDED_STALL "5"
#define SUSPENDED_LATE "10"
#define SUSPENDED_MS 12000

static int run_suspended(int rank, int size, const void *argument)
{
	fb_coll_t *coll;

	(void)argument;
	setenv("FLIGHTBASE_STALL_TIMEOUT", SUSPENDED_STALL, 1);
	setenv("FLIGHTBASE_LATE_TIMEOUT", SUSPENDED_LATE, 1);
	RANK_CHECK(!fb_coll_init(&coll));
	RANK_CHECK(!fb_coll_allreduce(coll, data, data, COUNT, FB_COLL_FLOAT32, FB_COLL_SUM));
	rank_mark("ready", rank);
	if (rank == size - 1)
		RANK_CHECK(rank_await("go", 1, -1));
	RANK_CHECK(!fb_coll_allreduce(coll, data, data, COUNT, FB_COLL_FLOAT32, FB_COLL_SUM));
	RANK_CHECK(!fb_coll_finalize(coll));
	exit(0);
}

static void test_suspended(void **state)
{
	struct ranks r;

	(void)state;
	ranks_start(&r, 3, -1, run_suspended, NULL);
	assert_true(ranks_await(r.folder, "ready", 3, -1));
	/* Ranks 0 and 1 wait, and ask. */
	fb_clock_sleep_ms(1200);
	kill(r.pid[2], SIGSTOP);
	fb_clock_sleep_ms(1200);
	kill(r.pid[0], SIGSTOP);
	kill(r.pid[1], SIGSTOP);
	fb_clock_sleep_ms(SUSPENDED_MS);
	kill(r.pid[1], SIGCONT);
	kill(r.pid[0], SIGCONT);
	fb_clock_sleep_ms(200);
	kill(r.pid[2], SIGCONT);
	/* Time for a few verdicts. */
	fb_clock_sleep_ms(2500);
	write_file(r.folder, "go.0", "");
	ranks_end(&r, 0, 120);
}

static int run_start(int rank, int size, const void *message)
{
	fb_coll_t *coll;

	(void)rank;
	(void)size;
	setenv("FLIGHTBASE_START_TIMEOUT", "6", 1);
	RANK_CHECK(fb_coll_init(&coll) == FB_COLL_ERR_BOOTSTRAP);
	RANK_CHECK(strstr(fb_coll_error_text(), message));
	exit(0);
}

#define MISSING 1

static int run_incomplete(int rank, int size, const void *message)
{
	rank_mark("born", rank);
	RANK_CHECK(rank_await("born", size, MISSING));
	return run_start(rank, size, message);
}

static void test_never_starts(void **state)
{
	struct ranks r;

	(void)state;
	ranks_start(&r, 4, MISSING, run_incomplete, "1 of 4 ranks did not come to '");
	ranks_end(&r, 0, 120);
	ranks_start(&r, 3, MISSING, run_incomplete, "within 6 s (FLIGHTBASE_START_TIMEOUT): ranks 1");
	ranks_end(&r, 0, 120);
}

static int run_used_folder(int rank, int size, const void *message)
{
	write_file(getenv("FLIGHTBASE_RENDEZVOUS"), "flightbase.0", "left over");
	return run_start(rank, size, message);
}

/* One rank cannot start: all end with its reason, long before the limit. */
static int run_broken(int rank, int size, const void *argument)
{
	const int *broken = argument;
	fb_coll_t *coll;
	char text[64];

	(void)size;
	if (rank == *broken)
		setenv("UCX_TLS", "nonsense", 1);
	setenv("FLIGHTBASE_START_TIMEOUT", "600", 1);
	RANK_CHECK(fb_coll_init(&coll) == FB_COLL_ERR_TRANSPORT);
	snprintf(text, sizeof(text), "rank %d: UCX: ", *broken);
	RANK_CHECK(strstr(fb_coll_error_text(), rank == *broken ? "UCX: " : text));
	exit(0);
}

static void test_cannot_start(void **state)
{
	struct ranks r;

	(void)state;
	for (int broken = 0; broken < 3; broken++) {
		ranks_start(&r, 3, -1, run_broken, &broken);
		ranks_end(&r, 0, 60);
	}
}

static void test_folders(void **state)
{
	struct ranks r;

	(void)state;
	ranks_start(&r, 1, -1, run_used_folder, "each start needs a folder of its own");
	assert_int_equal(ranks_wait(&r, 0, 60), 0);
	/* What was there stays. */
	char path[512];
	snprintf(path, sizeof(path), "%s/flightbase.0", r.folder);
	assert_int_equal(access(path, F_OK), 0);
	ranks_end(&r, 0, 60);
	setenv("FLIGHTBASE_RENDEZVOUS", "/nonexistent", 1);
	fb_coll_t *coll;
	setenv("FLIGHTBASE_SIZE", "2", 1);
	setenv("FLIGHTBASE_RANK", "2", 1);
	assert_int_equal(fb_coll_init(&coll), FB_COLL_ERR_ARGUMENT);
	check_contains(fb_coll_error_text(), "FLIGHTBASE_RANK: 2 is outside 0 to 1");
	setenv("FLIGHTBASE_RANK", "1", 1);
	assert_int_equal(fb_coll_init(&coll), FB_COLL_ERR_BOOTSTRAP);
	check_contains(fb_coll_error_text(), "folder '/nonexistent': No such file");
	unsetenv("FLIGHTBASE_RANK");
	unsetenv("SLURM_PROCID");
	assert_int_equal(fb_coll_init(&coll), FB_COLL_ERR_BOOTSTRAP);
	check_contains(fb_coll_error_text(), "FLIGHTBASE_RANK is not");
	unsetenv("FLIGHTBASE_RENDEZVOUS");
	unsetenv("FLIGHTBASE_SIZE");
}

static void test_wrong_bootstrap(void **state)
{
	fb_coll_t *coll;

	(void)state;
	unsetenv("PMI_FD");
	setenv("FLIGHTBASE_BOOTSTRAP", "pmi2", 1);
	fb_coll_status_t status = fb_coll_init(&coll);
	if (status == FB_COLL_OK) {
		/* libpmi2 makes a process without a launcher a rank of one. */
		assert_int_equal(fb_coll_size(coll), 1);
		fb_coll_finalize(coll);
	} else {
		assert_int_equal(status, FB_COLL_ERR_BOOTSTRAP);
		check_contains(fb_coll_error_text(), "pmi2: ");
	}
	unsetenv("FLIGHTBASE_BOOTSTRAP");
}

int main(int argc, char **argv)
{
	(void)argc;
	const struct CMUnitTest tests[] = {
		ranks_test(test_killed), ranks_test(test_killed_in_pair),       ranks_test(test_first_killed), ranks_test(test_stopped),
		ranks_test(test_late),	       ranks_test(test_leaves),	      ranks_test(test_different),
		ranks_test(test_suspended),    ranks_test(test_never_starts), ranks_test(test_cannot_start),
		ranks_test(test_folders),      cmocka_unit_test(test_wrong_bootstrap),
	};

	ranks_prepare(argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
