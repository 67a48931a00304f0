/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the hub concludes from where the ranks say they are. */
#include "check.h"

#include <stdlib.h>

#include "coll/ledger.h"
#include "coll/verdict.h"

#define RANKS 4
#define STALL 30
#define LATE 600
#define NOW 1000000 /* ms; any */

static void all_in(struct fb_member *m, uint64_t idle_s)
{
	for (int i = 0; i < RANKS; i++)
		m[i] = (struct fb_member){
			.state = FB_MEMBER_HERE,
			.answered = true,
			.at = { .sequence = 7, .count = 10, .call = FB_CALL_ALLREDUCE, .idle_ms = idle_s * 1000 },
		};
}

/* It did not answer a question of so many seconds ago. */
static void silence(struct fb_member *m, int64_t seconds)
{
	m->answered = false;
	m->asked_at = NOW - seconds * 1000;
}

static void finish_call(struct fb_member *m)
{
	m->at = (struct fb_call_state){ .sequence = 6, .call = FB_CALL_NONE };
}

/* The question of the first rank in the newest call; the answers say what each asked for under its number, as they do. */
static void reach(struct fb_member *m, int size, struct fb_verdict *verdict)
{
	struct fb_inquiry inquiry = { .now = NOW, .stall_s = STALL, .late_s = LATE };

	for (int i = 0; i < size; i++)
		if (m[i].answered && m[i].at.call != FB_CALL_NONE && m[i].at.sequence > inquiry.call.sequence) {
			inquiry.asker = i;
			inquiry.call = m[i].at;
		}
	for (int i = 0; i < size; i++)
		if (m[i].at.sequence == inquiry.call.sequence && m[i].at.call != FB_CALL_NONE)
			m[i].then = m[i].at;
	fb_verdict_reach(m, size, &inquiry, verdict);
}

static void expect(struct fb_member *m, fb_coll_status_t status, int rank, const char *why)
{
	struct fb_verdict verdict;

	reach(m, RANKS, &verdict);
	assert_int_equal(verdict.status, status);
	if (!status)
		return;
	assert_int_equal(verdict.rank, rank);
	check_contains(verdict.why.text, why);
}

static void test_nothing_wrong(void **state)
{
	struct fb_member m[RANKS];

	(void)state;
	all_in(m, 2);
	expect(m, FB_COLL_OK, -1, NULL);
	for (int i = 0; i < RANKS; i++)
		finish_call(&m[i]);
	expect(m, FB_COLL_OK, -1, NULL);
	/* One rank is a call ahead of the others. */
	all_in(m, 2);
	m[2].at.sequence = 8;
	m[2].at.count = 99;
	expect(m, FB_COLL_OK, -1, NULL);
}

static void test_mismatch(void **state)
{
	struct fb_member m[RANKS];

	(void)state;
	all_in(m, 0);
	m[2].at.count = 11;
	expect(m, FB_COLL_ERR_MISMATCH, 2,
	       "ranks disagree: rank 0 is in allreduce 7 (sum of 10 float), rank 2 in allreduce 7 (sum of 11 float)");
	all_in(m, 0);
	m[3].at.type = FB_COLL_INT64;
	expect(m, FB_COLL_ERR_MISMATCH, 3, "sum of 10 int64");
	all_in(m, 0);
	m[1].at.op = FB_COLL_MAX;
	expect(m, FB_COLL_ERR_MISMATCH, 1, "max of 10 float");
	all_in(m, 0);
	m[1].at.call = FB_CALL_BARRIER;
	expect(m, FB_COLL_ERR_MISMATCH, 1, "rank 1 in barrier 7");
	all_in(m, 0);
	m[1].at.call = FB_CALL_FINALIZE;
	expect(m, FB_COLL_ERR_MISMATCH, 1, "rank 1 in finalize");
	all_in(m, 0);
	m[1].at.algorithm = 2;
	expect(m, FB_COLL_ERR_MISMATCH, 1, "FLIGHTBASE_ALGORITHM");
	/* What a barrier's state holds besides does not matter. */
	for (int i = 0; i < RANKS; i++)
		m[i].at = (struct fb_call_state){ .sequence = 3, .call = FB_CALL_BARRIER, .count = (uint64_t)i };
	expect(m, FB_COLL_OK, -1, NULL);
}

static void test_late(void **state)
{
	struct fb_member m[RANKS];

	(void)state;
	/* A rank that lives and computes has time. */
	all_in(m, LATE - 1);
	finish_call(&m[1]);
	expect(m, FB_COLL_OK, -1, NULL);
	all_in(m, LATE);
	finish_call(&m[1]);
	finish_call(&m[3]);
	expect(m, FB_COLL_ERR_STALLED, 1, "allreduce 7 (sum of 10 float) waits for ranks 1, 3: not come for 600 s (FLIGHTBASE_LATE_TIMEOUT)");
}

static void test_silent(void **state)
{
	static const struct {
		int64_t silent_s;
		uint64_t idle_s;
		bool blamed;
	} cases[] = {
		/* A hiccup in a wait that is allowed to be long. */
		{ 2, STALL * 10, false },
		{ 0, STALL, false },
		{ STALL - 1, STALL * 10, false },
		{ STALL, STALL, true },
		{ STALL * 2, STALL * 10, true },
		/* Data moved meanwhile. */
		{ STALL, STALL - 1, false },
	};
	struct fb_member m[RANKS];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		all_in(m, cases[i].idle_s);
		silence(&m[1], cases[i].silent_s);
		expect(m, cases[i].blamed ? FB_COLL_ERR_STALLED : FB_COLL_OK, 1,
		       "allreduce 7 (sum of 10 float) waits for rank 1: alive but not answering for 30 s (FLIGHTBASE_STALL_TIMEOUT)");
	}
	/* Who has not said hello yet has a limit of its own. */
	all_in(m, STALL);
	m[3].state = FB_MEMBER_EXPECTED;
	m[3].answered = false;
	expect(m, FB_COLL_OK, -1, NULL);
}

/* One question is open at a time, for as long as it takes, and an answer ends it. */
static void test_questions(void **state)
{
	struct fb_call_state at = { .sequence = 7, .call = FB_CALL_ALLREDUCE, .count = 10 };
	struct fb_member m[RANKS];

	(void)state;
	all_in(m, STALL * 10);
	assert_true(fb_member_ask(&m[1], NOW - STALL * 1000));
	assert_false(m[1].answered);
	/* The next censuses find it open. */
	assert_false(fb_member_ask(&m[1], NOW - STALL * 1000 + 3000));
	assert_false(fb_member_ask(&m[1], NOW - 1000));
	expect(m, FB_COLL_ERR_STALLED, 1, "waits for rank 1: alive but not answering for 30 s");
	fb_member_answer(&m[1], &at, &at);
	assert_true(m[1].answered);
	expect(m, FB_COLL_OK, -1, NULL);
	/* From here on it is a new one. */
	assert_true(fb_member_ask(&m[1], NOW - 1000));
	expect(m, FB_COLL_OK, -1, NULL);
}

static void test_no_data(void **state)
{
	struct fb_member m[RANKS];

	(void)state;
	all_in(m, STALL);
	expect(m, FB_COLL_ERR_STALLED, -1,
	       "allreduce 7 (sum of 10 float): all ranks came, but no data moved for 30 s (FLIGHTBASE_STALL_TIMEOUT): is the network "
	       "between the nodes working?");
	/* As long as data moves somewhere in the ring, it goes on. */
	m[2].at.idle_ms = 0;
	expect(m, FB_COLL_OK, -1, NULL);
	/* Nor is there a verdict while one might say that it does. */
	all_in(m, STALL);
	silence(&m[2], 2);
	expect(m, FB_COLL_OK, -1, NULL);
}

/* A rank that cannot finish the call before has not come. */
static void test_behind(void **state)
{
	struct fb_member m[RANKS];

	(void)state;
	all_in(m, STALL);
	m[1].at.sequence = m[3].at.sequence = 6;
	m[1].at.count = m[3].at.count = 20;
	expect(m, FB_COLL_ERR_STALLED, 1,
	       "allreduce 7 (sum of 10 float) waits for ranks 1, 3, still in allreduce 6 (sum of 20 float): no data moved for 30 s");
	m[3].at.idle_ms = 0;
	expect(m, FB_COLL_OK, -1, NULL);
}

static void test_left(void **state)
{
	struct fb_member m[RANKS];

	(void)state;
	all_in(m, 1);
	m[2].state = FB_MEMBER_LEFT;
	expect(m, FB_COLL_ERR_MISMATCH, 2, "waits for rank 2, which left");
	/* In finalize leaving is what is waited for. */
	for (int i = 0; i < RANKS; i++)
		m[i].at.call = FB_CALL_FINALIZE;
	expect(m, FB_COLL_OK, -1, NULL);
}

static void test_long_lists(void **state)
{
	struct fb_member m[100];
	struct fb_verdict verdict;

	(void)state;
	for (int i = 0; i < 100; i++)
		m[i] = (struct fb_member){ .state = FB_MEMBER_HERE, .asked_at = 1 };
	m[0].answered = true;
	m[0].at = (struct fb_call_state){ .sequence = 1, .call = FB_CALL_BARRIER, .idle_ms = STALL * 1000 };
	reach(m, 100, &verdict);
	check_contains(verdict.why.text, "waits for ranks 1, 2, 3, 4, 5, 6, 7, 8 and 91 others:");
}

/* What a rank asked for counts, whether or not it still waits for it. */
static void test_finished_mismatch(void **state)
{
	struct fb_member m[RANKS];

	(void)state;
	all_in(m, 1);
	for (int i = 0; i < RANKS; i++)
		m[i].at.call = FB_CALL_BROADCAST;
	m[1].at = (struct fb_call_state){ .sequence = 7 };
	m[1].then = m[0].at;
	expect(m, FB_COLL_OK, -1, NULL);
	m[1].then.detail = 1;
	expect(m, FB_COLL_ERR_MISMATCH, 1,
	       "ranks disagree: rank 0 is in broadcast 7 (10 float from rank 0), rank 1 in broadcast 7 (10 float from rank 1)");
	/* It is many calls ahead. */
	m[1].at = (struct fb_call_state){ .sequence = 50 };
	expect(m, FB_COLL_ERR_MISMATCH, 1, "rank 1 in broadcast 7");
	/* So are the calls before. */
	all_in(m, 1);
	m[2].at.history = 5;
	expect(m, FB_COLL_ERR_MISMATCH, 2, "rank 2 in allreduce 7 (sum of 10 float) after other calls: the last broadcasts differ");
	all_in(m, 1);
	m[2].at.wire = FB_COLL_BFLOAT16;
	expect(m, FB_COLL_ERR_MISMATCH, 2, "rank 2 in allreduce 7 (sum of 10 float) with another type on the wire");
	/* Fused tensors that are cut differently look alike otherwise. */
	all_in(m, 1);
	m[3].at.detail = 5;
	expect(m, FB_COLL_ERR_MISMATCH, 3, "rank 3 in allreduce 7 (sum of 10 float) made of other parts");
}

/* Ranks 0 and 1 are a group, rank 0 waits there. */
static void ask_in_group(struct fb_member *m, uint64_t idle_s)
{
	all_in(m, idle_s);
	for (int i = 0; i < RANKS; i++)
		m[i].at.group = 3;
	m[2].outside = m[3].outside = true;
	m[2].at.call = m[3].at.call = FB_CALL_ELSEWHERE;
	m[2].at.sequence = m[3].at.sequence = 0;
}

static void test_group(void **state)
{
	struct fb_member m[RANKS];

	(void)state;
	/* Others are not held to it, stopped, gone or computing. */
	ask_in_group(m, STALL * 2);
	m[1].at.idle_ms = 0;
	silence(&m[2], STALL * 2);
	expect(m, FB_COLL_OK, -1, NULL);
	m[2].state = FB_MEMBER_LEFT;
	finish_call(&m[3]);
	expect(m, FB_COLL_OK, -1, NULL);
	m[1].at.idle_ms = m[0].at.idle_ms;
	expect(m, FB_COLL_ERR_STALLED, -1, "allreduce 7 of group 3 (sum of 10 float): all ranks came, but no data moved");
	silence(&m[1], STALL);
	expect(m, FB_COLL_ERR_STALLED, 1, "waits for rank 1: alive but not answering");
}

/* The member that is missing waits in another group, for a rank that may have all the time that a late one has. */
static void test_elsewhere(void **state)
{
	struct fb_member m[RANKS];

	(void)state;
	ask_in_group(m, STALL * 2);
	m[1].at = (struct fb_call_state){ .sequence = 6, .call = FB_CALL_ELSEWHERE, .idle_ms = STALL * 2000 };
	finish_call(&m[3]);
	expect(m, FB_COLL_OK, -1, NULL);
	/* It asks itself, and names whom it waits for, who is the one to blame. */
	m[0].at.idle_ms = LATE * 1000;
	expect(m, FB_COLL_OK, -1, NULL);
	m[0].at.idle_ms = 2 * LATE * 1000;
	expect(m, FB_COLL_ERR_STALLED, 1,
	       "allreduce 7 of group 3 (sum of 10 float) waits for rank 1: in a call of another group for 1200 s (FLIGHTBASE_LATE_TIMEOUT)");
	/* Unless data moves there. */
	m[0].at.idle_ms = LATE * 1000;
	m[1].at.idle_ms = 0;
	expect(m, FB_COLL_ERR_STALLED, 1,
	       "allreduce 7 of group 3 (sum of 10 float) waits for rank 1: in a call of another group for 600 s (FLIGHTBASE_LATE_TIMEOUT)");
	/* Nobody is left who could end it. */
	ask_in_group(m, STALL);
	m[1].at = (struct fb_call_state){ .sequence = 6, .call = FB_CALL_ELSEWHERE, .idle_ms = STALL * 1000 };
	expect(m, FB_COLL_ERR_STALLED, 1, "waits for rank 1, still in a call of another group: no data moved for 30 s");
	/* Or somebody could: it has just come to the call that rank 1 is in. */
	m[3].at.idle_ms = 0;
	expect(m, FB_COLL_OK, -1, NULL);
}

/* The asker has got what it waited for meanwhile. */
static void test_over(void **state)
{
	struct fb_member m[RANKS];
	struct fb_verdict verdict;

	(void)state;
	all_in(m, LATE);
	finish_call(&m[1]);
	const struct fb_inquiry inquiry = { .call = m[0].at, .now = NOW, .stall_s = STALL, .late_s = LATE };
	m[0].at.sequence = 8;
	fb_verdict_reach(m, RANKS, &inquiry, &verdict);
	assert_int_equal(verdict.status, FB_COLL_OK);
	m[0].at = (struct fb_call_state){ .sequence = 7 };
	fb_verdict_reach(m, RANKS, &inquiry, &verdict);
	assert_int_equal(verdict.status, FB_COLL_OK);
	m[0].at = inquiry.call;
	fb_verdict_reach(m, RANKS, &inquiry, &verdict);
	assert_int_equal(verdict.status, FB_COLL_ERR_STALLED);
}

static void look(struct fb_ledger *ledger, bool inside, uint64_t number, struct fb_call_state *at, struct fb_call_state *then)
{
	fb_ledger_look(ledger, 4, inside, number, at, then);
}

static void test_ledger(void **state)
{
	struct fb_ledger *ledger = calloc(1, sizeof(*ledger));
	struct fb_call_state at, then;

	(void)state;
	assert_non_null(ledger);
	fb_ledger_open(ledger, 4);
	look(ledger, false, 1, &at, &then);
	assert_true(at.call == FB_CALL_NONE && at.sequence == 0 && then.call == FB_CALL_NONE);
	for (uint64_t i = 1; i <= FB_LEDGER_CALLS + 10; i++)
		fb_ledger_post(ledger, &(struct fb_call_state){ .sequence = i, .count = i * 3, .call = FB_CALL_ALLREDUCE, .detail = i });
	fb_ledger_settle(ledger, FB_LEDGER_CALLS + 5);
	/* Five are under way: it waits for the oldest, or for none of them. */
	look(ledger, true, FB_LEDGER_CALLS + 7, &at, &then);
	assert_true(at.call == FB_CALL_ALLREDUCE && at.sequence == FB_LEDGER_CALLS + 5 && at.count == at.sequence * 3);
	assert_true(then.call == FB_CALL_ALLREDUCE && then.detail == FB_LEDGER_CALLS + 7);
	look(ledger, false, 11, &at, &then);
	assert_true(at.call == FB_CALL_NONE && at.sequence == FB_LEDGER_CALLS + 4);
	assert_true(then.call == FB_CALL_ALLREDUCE && then.count == 33);
	/* Too long ago, and not yet. */
	look(ledger, false, 10, &at, &then);
	assert_int_equal(then.call, FB_CALL_NONE);
	look(ledger, false, FB_LEDGER_CALLS + 11, &at, &then);
	assert_int_equal(then.call, FB_CALL_NONE);
	fb_ledger_settle(ledger, FB_LEDGER_CALLS + 11);
	look(ledger, true, 0, &at, &then);
	assert_true(at.call == FB_CALL_ELSEWHERE && at.sequence == FB_LEDGER_CALLS + 10);
	/* Another group of that number. */
	fb_ledger_look(ledger, 5, false, 11, &at, &then);
	assert_true(at.sequence == 0 && then.call == FB_CALL_NONE);
	fb_ledger_look(NULL, 4, true, 11, &at, &then);
	assert_true(at.call == FB_CALL_ELSEWHERE && at.sequence == 0 && then.call == FB_CALL_NONE);
	free(ledger);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_wrong), cmocka_unit_test(test_mismatch), cmocka_unit_test(test_late),
		cmocka_unit_test(test_silent),	      cmocka_unit_test(test_questions), cmocka_unit_test(test_no_data),
		cmocka_unit_test(test_behind),	      cmocka_unit_test(test_left),     cmocka_unit_test(test_long_lists),
		cmocka_unit_test(test_finished_mismatch), cmocka_unit_test(test_group), cmocka_unit_test(test_elsewhere),
		cmocka_unit_test(test_over),	      cmocka_unit_test(test_ledger),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
