/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is made of a preflight's measurement, which the job's user may have written, and of a node's comment. */
#include "check.h"

#include <math.h>
#include <time.h>

#include "common/decision.h"
#include "common/preflight_judge.h"
#include "common/preflight_mark.h"

#define ROW(size, out, in) "{\"size\":" size ",\"out_of_place\":{\"bus_bw\":" out ",\"nwrong\":0},\"in_place\":{\"bus_bw\":" in ",\"nwrong\":null}}"
#define MODEL "\"model\":{\"bus_bw\":46.3,\"source\":\"FLIGHTBASE_MODEL\"}"

static void test_run(void **state)
{
	static const struct {
		const char *json;
		double gbps, model;
		bool wrong;
		const char *message; /* NULL: it is read */
	} cases[] = {
		{ "{\"results\":[" ROW("1024", "9.0", "8") "," ROW("8192", "41.2", "40") "]," MODEL "}", 41.2, 46.3, false, NULL },
		/* The largest size, wherever it stands; the better of its places. */
		{ "{\"results\":[" ROW("8192", "1", "2.5") "," ROW("1024", "9", "8") "]," MODEL "}", 2.5, 46.3, false, NULL },
		{ "{\"results\":[" ROW("8", "1", "2") "],\"model\":{\"bus_bw\":null,\"why\":\"no\\u0007model\"}}", 2, 0, false, NULL },
		{ "{\"results\":[{\"size\":8,\"out_of_place\":{\"bus_bw\":1,\"nwrong\":3},\"in_place\":{\"bus_bw\":1,\"nwrong\":0}}]," MODEL "}",
		  1, 46.3, true, NULL },
		{ "", 0, 0, false, "ends in the middle" },
		{ "[]", 0, 0, false, "an object expected" },
		{ "{" MODEL "}", 0, 0, false, "'results' is missing" },
		{ "{\"results\":[]," MODEL "}", 0, 0, false, "results" },
		{ "{\"results\":[" ROW("8", "-1", "2") "]," MODEL "}", 0, 0, false, "bus_bw: -1 is outside 0 to" },
		{ "{\"results\":[" ROW("8", "1e300", "2") "]," MODEL "}", 0, 0, false, "bus_bw: 1e+300 is outside 0 to" },
		{ "{\"results\":[" ROW("8", "\"9\"", "2") "]," MODEL "}", 0, 0, false, "bus_bw" },
		{ "{\"results\":[" ROW("-8", "1", "2") "]," MODEL "}", 0, 0, false, "size: -8 is outside" },
		{ "{\"results\":[" ROW("8", "1", "2") "],\"model\":{\"bus_bw\":0}}", 0, 0, false, "model.bus_bw" },
		{ "{\"results\":[" ROW("8", "1", "2") "]}", 0, 0, false, "'model' is missing" },
		{ "{\"results\":[" ROW("8", "1", "2") "]," MODEL ",\"error\":\"rank 1 is gone\"}", 0, 0, false, "rank 1 is gone" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct fb_preflight_measured m;
		struct fb_err err;
		int rc = fb_preflight_read(cases[i].json, strlen(cases[i].json), &m, &err);

		if (cases[i].message) {
			assert_int_equal(rc, -1);
			check_contains(err.text, cases[i].message);
			continue;
		}
		if (rc)
			fail_msg("case %zu: %s", i, err.text);
		assert_true(m.gbps == cases[i].gbps && m.model == cases[i].model && m.wrong == cases[i].wrong);
		assert_null(strchr(m.why, '\a'));
		assert_true((m.model > 0) == !*m.why);
	}
}

static const char *const names[] = { "n1", "n2", "n10", "n3" };
static const unsigned int one_each[] = { 1, 1, 1, 1 }, uneven[] = { 2, 2, 1, 3 };
static const struct fb_preflight_layout layout = { 4, names, one_each }, by_gpu = { 4, names, uneven };

#define MEMBERS(a, b, c, d) "{\"pairs\":{\"members\":[{\"rank\":" #a "},{\"rank\":" #b "},{\"rank\":" #c "},{\"rank\":" #d "}],\"bandwidth\":"
#define NODES MEMBERS(0, 1, 2, 3)

static void test_pairs(void **state)
{
	static const struct {
		const char *json;
		const struct fb_preflight_layout *layout;
		int node;
		const char *message;
	} cases[] = {
		{ NODES "[[null,9,9,1],[9,null,9,1],[9,9,null,1],[1,1,1,null]]}}", &layout, 3, NULL },
		{ NODES "[[null,9,9,9],[9,null,9,9],[9,9,null,9],[9,9,9,null]]}}", &layout, -1, NULL },
		{ NODES "[[null,1,1,1],[1,null,1,1],[1,1,null,1],[1,1,1,null]]}}", &layout, -1, NULL },
		/* One slow pair has no slow node; of two slow nodes the slower is named. */
		{ NODES "[[null,1,9,9],[1,null,9,9],[9,9,null,9],[9,9,9,null]]}}", &layout, -1, NULL },
		{ NODES "[[null,2,2,1],[2,null,9,1],[2,9,null,1],[1,1,1,null]]}}", &layout, 3, NULL },
		{ NODES "[[null,0,9,9],[0,null,0,0],[9,0,null,9],[9,0,9,null]]}}", &layout, 1, NULL },
		{ MEMBERS(0, 2, 4, 5) "[[null,9,1,9],[9,null,1,9],[1,1,null,1],[9,9,1,null]]}}", &by_gpu, 2, NULL },
		{ MEMBERS(0, 1, 4, 5) "[]}}", &by_gpu, 0, "not the first rank of a node of its own" },
		{ MEMBERS(0, 1, 2, 4) "[]}}", &layout, 0, "not the first rank of a node of its own" },
		{ MEMBERS(0, 1, 2, -1) "[]}}", &layout, 0, "rank: -1 is outside" },
		{ NODES "[]}}", &layout, 0, "bandwidth" },
		{ NODES "[[null,9,9],[9,null,9],[9,9,null],[1,1,1]]}}", &layout, 0, "bandwidth[0]" },
		{ NODES "[[null,9,9,\"1\"],[9,null,9,1],[9,9,null,1],[1,1,1,null]]}}", &layout, 0, "bandwidth[0][3]" },
		{ "{\"pairs\":{\"members\":[{\"rank\":0}],\"bandwidth\":[[null]]}}", &layout, 0, "members" },
		{ "{}", &layout, 0, "'pairs' is missing" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct fb_preflight_slow slow;
		struct fb_err err;
		int rc = fb_preflight_find_slow(cases[i].json, strlen(cases[i].json), cases[i].layout, &slow, &err);

		if (!cases[i].message && rc)
			fail_msg("case %zu: %s", i, err.text);
		if (cases[i].message)
			check_contains(err.text, cases[i].message);
		else if (slow.node != cases[i].node)
			fail_msg("case %zu: node %d, not %d", i, slow.node, cases[i].node);
	}
}

static void test_words(void **state)
{
	static const struct {
		const char *words;
		const struct fb_preflight_layout *layout;
		int node;
		const char *reason;
	} cases[] = {
		{ "", &layout, -1, "" },
		{ "flightbase-allreduce: allreduce 3: lost rank 1 (on n2, process 147)\nsrun: error: n3: task 3: Exited with exit code 1\n", &layout, 1,
		  "allreduce 3: lost rank 1 (on n2, process 147)" },
		/* A rank is told by where it is; n1 is not n10. */
		{ "flightbase-allreduce: allreduce 3 waits for rank 4: it has not come\n", &by_gpu, 2, "allreduce 3 waits for rank 4: it has not come" },
		{ "flightbase-allreduce: allreduce 3 waits for ranks 2, 3\n", &layout, -1, "allreduce 3 waits for ranks 2, 3" },
		{ "flightbase-allreduce: rank 1 on n2 cannot reach rank 0 on n1: no route\n", &layout, -1,
		  "rank 1 on n2 cannot reach rank 0 on n1: no route" },
		{ "flightbase-allreduce: rank 9999999999999999999999 is gone\n", &layout, -1, "rank 9999999999999999999999 is gone" },
		{ "srun: lines\nslurmstepd-n10: error: execve(): /usr/bin/flightbase-allreduce: Permission denied\n"
		  "srun: error: n10: task 2: Exited with exit code 13\nsrun: error: n1: task 0: Killed\nsrun: error: n2: task 1: Killed",
		  &layout, 2, "slurmstepd-n10: error: execve(): /usr/bin/flightbase-allreduce: Permission denied" },
		{ "srun: error: Task launch for StepId=2.0 failed on node n3: Communication connection failure\n", &layout, 3,
		  "srun: error: Task launch for StepId=2.0 failed on node n3: Communication connection failure" },
		{ "srun: error: n2: task 1: Segmentation fault\n", &layout, 1, "srun: error: n2: task 1: Segmentation fault" },
		/* Everywhere, or said of several at once: nobody is to blame. */
		{ "slurmstepd-n1: error: execve(): x\nslurmstepd-n2: error: execve(): x\n", &layout, -1, "slurmstepd-n1: error: execve(): x" },
		{ "srun: error: n[1-3]: tasks 0-2: Exited with exit code 2\n", &layout, -1, "srun: error: n[1-3]: tasks 0-2: Exited with exit code 2" },
		{ "srun: error: n[1,3]: tasks 0,3: Exited with exit code 1\nsrun: error: n2: task 1: Exited with exit code 1\n", &layout, -1,
		  "srun: error: n[1,3]: tasks 0,3: Exited with exit code 1" },
		/* Of one no end was told. */
		{ "flightbase-allreduce: all ranks came, but no data moved for 10 s\nsrun: error: n1: task 0: Exited with exit code 1\n"
		  "srun: error: n3: task 3: Exited with exit code 1\nsrun: error: n10: task 2: Exited with exit code 1\n"
		  "srun: error: Timed out waiting for job step to complete\n", &layout, 1, "all ranks came, but no data moved for 10 s" },
		{ "srun: error: n1: task 0: Exited with exit code 1\n", &layout, -1, "srun: error: n1: task 0: Exited with exit code 1" },
		{ "srun: error: xn1: no, n1x: no, n1.cluster: no\n", &layout, -1, "srun: error: xn1: no, n1x: no, n1.cluster: no" },
		{ "flightbase-allreduce: \033[2J\n", &layout, -1, "?[2J" },
	};
	char reason[320];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		int node = fb_preflight_find_broken(cases[i].words, cases[i].layout);

		if (node != cases[i].node)
			fail_msg("case %zu: node %d, not %d: %s", i, node, cases[i].node, cases[i].words);
		fb_preflight_reason(cases[i].words, reason, sizeof(reason));
		assert_string_equal(reason, cases[i].reason);
	}
}

static void test_message(void **state)
{
	static const struct {
		struct fb_preflight_message message;
		const char *error; /* NULL: it may be */
	} cases[] = {
		{ { FB_PREFLIGHT_SLOW_NODE, 2, 3.1, 46.3 }, NULL },
		{ { FB_PREFLIGHT_BROKEN_NODE, 0, 0, 0 }, NULL },
		{ { FB_PREFLIGHT_UNBLAMED, -1, 3.1, 46.3 }, NULL },
		{ { FB_PREFLIGHT_UNBLAMED, -1, 0, 0 }, NULL },
		{ { FB_PREFLIGHT_SLOW_NODE, 3, 3.1, 46.3 }, "node 3 is none of the job's 3" },
		{ { FB_PREFLIGHT_SLOW_NODE, -1, 3.1, 46.3 }, "node -1 is none of the job's 3" },
		{ { FB_PREFLIGHT_BROKEN_NODE, 1 << 30, 0, 0 }, "is none of the job's 3" },
		{ { FB_PREFLIGHT_UNBLAMED, 1, 0, 0 }, "node 1 is none" },
		{ { 0, 1, 3.1, 46.3 }, "outcome 0 is unknown" },
		{ { 4, 1, 3.1, 46.3 }, "outcome 4 is unknown" },
		{ { FB_PREFLIGHT_SLOW_NODE, 1, -1, 46.3 }, "a bandwidth is outside" },
		{ { FB_PREFLIGHT_SLOW_NODE, 1, NAN, 46.3 }, "a bandwidth is outside" },
		{ { FB_PREFLIGHT_SLOW_NODE, 1, 1, INFINITY }, "a bandwidth is outside" },
		{ { FB_PREFLIGHT_SLOW_NODE, 1, 50, 46.3 }, "50 GB/s are not less than 46.3 modelled" },
		{ { FB_PREFLIGHT_BROKEN_NODE, 1, 0, 46.3 }, "a bandwidth of what did not work" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct fb_err err;
		int rc = fb_preflight_message_check(&cases[i].message, 3, &err);

		assert_int_equal(rc, cases[i].error ? -1 : 0);
		if (cases[i].error)
			check_contains(err.text, cases[i].error);
	}
}

static void test_mark(void **state)
{
	static const struct {
		const char *before, *after;
	} cases[] = {
		{ NULL, "[flightbase preflight: failed 1 time, last 1970-01-02T00:00 by job 12: 3.1 of 46.3 GB/s]" },
		{ "", "[flightbase preflight: failed 1 time, last 1970-01-02T00:00 by job 12: 3.1 of 46.3 GB/s]" },
		{ "fan [2] noisy", "fan [2] noisy [flightbase preflight: failed 1 time, last 1970-01-02T00:00 by job 12: 3.1 of 46.3 GB/s]" },
		{ "a [flightbase preflight: failed 2 times, last 2026-11-25T17:40 by job 9: did not work] b",
		  "a [flightbase preflight: failed 3 times, last 1970-01-02T00:00 by job 12: 3.1 of 46.3 GB/s] b" },
		/* What somebody has changed counts anew, and a cut one ends with the comment. */
		{ "[flightbase preflight: seen to] x", "[flightbase preflight: failed 1 time, last 1970-01-02T00:00 by job 12: 3.1 of 46.3 GB/s] x" },
		{ "y [flightbase preflight: failed 7", "y [flightbase preflight: failed 8 times, last 1970-01-02T00:00 by job 12: 3.1 of 46.3 GB/s]" },
		{ "z [flightbase preflight:", "z [flightbase preflight: failed 1 time, last 1970-01-02T00:00 by job 12: 3.1 of 46.3 GB/s]" },
		{ "[flightbase preflight: failed 99999999999999999999999 times]",
		  "[flightbase preflight: failed 1000000 times, last 1970-01-02T00:00 by job 12: 3.1 of 46.3 GB/s]" },
	};
	struct fb_preflight_event event = { .when = 86400, .job = 12, .gbps = 3.1, .model = 46.3 };
	struct fb_preflight_mark mark;
	char *text;

	(void)state;
	setenv("TZ", "UTC", 1);
	tzset();
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		text = fb_preflight_mark_add(cases[i].before, &event);
		assert_string_equal(text, cases[i].after);
		assert_true(fb_preflight_mark_find(text, &mark));
		assert_memory_equal(mark.text, "failed ", 7);
		assert_int_equal(mark.text[strlen(mark.text) - 1], 's');
		free(text);
	}
	event = (struct fb_preflight_event){ .when = 86400, .job = 12 };
	text = fb_preflight_mark_add("", &event);
	assert_true(fb_preflight_mark_find(text, &mark));
	assert_int_equal(mark.count, 1);
	assert_string_equal(mark.text, "failed 1 time, last 1970-01-02T00:00 by job 12: did not work");
	free(text);
	assert_false(fb_preflight_mark_find("flightbase preflight", &mark));
	assert_false(fb_preflight_mark_find(NULL, &mark));
}

static void test_report(void **state)
{
	static const struct fb_preflight_failure failure = { .node = "n3", .gbps = 3.1, .model = 46.3, .restart = 4 };
	static const char *const bad[] = {
		"", "{}", FB_PREFLIGHT_REPORT "}", FB_PREFLIGHT_REPORT ",\"node\":\"n3\",\"gbps\":1,\"model\":2}",
		FB_PREFLIGHT_REPORT ",\"node\":\"n3,n4\",\"gbps\":1,\"model\":2,\"restart\":0}",
		FB_PREFLIGHT_REPORT ",\"node\":\"\",\"gbps\":1,\"model\":2,\"restart\":0}",
		FB_PREFLIGHT_REPORT ",\"node\":\"n3\",\"gbps\":-1,\"model\":2,\"restart\":0}",
		FB_PREFLIGHT_REPORT ",\"node\":\"n3\",\"gbps\":1,\"model\":2,\"restart\":-1}",
		FB_PREFLIGHT_REPORT ",\"node\":\"n3\",\"gbps\":1,\"model\":2,\"restart\":0,\"more\":1}",
	};
	struct fb_preflight_failure read;
	char line[FB_DECISION_LINE_MAX];
	struct fb_err err;

	(void)state;
	assert_true(fb_preflight_report_format(&failure, line, sizeof(line)) > 0);
	assert_string_equal(line, FB_PREFLIGHT_REPORT ",\"node\":\"n3\",\"gbps\":3.1,\"model\":46.3,\"restart\":4}");
	assert_int_equal(fb_preflight_report_parse(&read, line, &err), 0);
	assert_memory_equal(&read, &failure, sizeof(read));
	assert_int_equal(fb_preflight_report_format(&failure, line, 20), -1);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(fb_preflight_report_parse(&read, bad[i], &err), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_run),	cmocka_unit_test(test_pairs), cmocka_unit_test(test_words),
		cmocka_unit_test(test_message), cmocka_unit_test(test_mark),  cmocka_unit_test(test_report),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
