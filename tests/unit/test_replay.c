/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The replay in small: part of the trace on the mixed cluster, and what has to hold for the engine's rule against the others.
 * Each run is a function of its seed alone, so the sums over seeds are the same every time. tests/bench/placement-replay runs
 * the whole month.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "replay.h"

#define SEEDS 6
#define JOBS 12000
#define SPREAD .035 /* of bandwidth over seeds, at the high load */

static struct trace month;
static struct cluster mixed;

/* Means over the seeds, runs of one rule at one load. */
static void rule_mean(enum rule rule, double load, struct result *mean)
{
	memset(mean, 0, sizeof(*mean));
	for (unsigned int seed = 1; seed <= SEEDS; seed++) {
		struct trace trace;
		struct result r;

		assert_int_equal(trace_draw(&month, seed, JOBS, cluster_gpus(&mixed), load, &trace), 0);
		assert_int_equal(replay_run(&mixed, &trace, rule, &fb_engine_mix_default, &r), 0);
		trace_free(&trace);
		assert_int_equal(r.jobs, JOBS);
		mean->bandwidth += r.bandwidth / SEEDS;
		mean->small += r.small;
		mean->small_island += r.small_island;
		mean->small_free += r.small_free;
		mean->small_free_island += r.small_free_island;
	}
	print_message("%-12s load %.2f: in one island %.3f, whenever one was free %.3f, bandwidth %.3f\n", rule_names[rule], load,
		      (double)mean->small_island / (double)mean->small,
		      (double)mean->small_free_island / (double)mean->small_free, mean->bandwidth);
}

static double islands(const struct result *r)
{
	return (double)r->small_island / (double)r->small;
}

static void test_bars_hold(void **state)
{
	static const double loads[] = { .7, .95 };

	(void)state;
	for (size_t l = 0; l < 2; l++) {
		struct result tuned, fit, ours;

		rule_mean(RULE_TUNED, loads[l], &tuned);
		rule_mean(RULE_FIT, loads[l], &fit);
		rule_mean(RULE_OURS, loads[l], &ours);
		assert_true(ours.small_free > 100);
		assert_true((double)ours.small_free_island >= .99 * (double)ours.small_free);
		assert_true(islands(&ours) >= islands(&tuned) + .10);
		assert_true(ours.bandwidth > tuned.bandwidth + .10);
		assert_true(ours.bandwidth > fit.bandwidth - (loads[l] < .9 ? 0 : SPREAD));
	}
}

/* A job waits for the GPUs that it needs, and no longer; one that ends in time may go before it. */
static void test_queue(void **state)
{
	struct trace_job jobs[] = { { 0, 100, 8 }, { 1, 50, 8 }, { 2, 500, 8 }, { 3, 10, 1 } };
	struct trace trace = { sizeof(jobs) / sizeof(jobs[0]), jobs };
	struct cluster one;
	struct result r;

	(void)state;
	assert_int_equal(cluster_make(&one, "nvswitch"), 0);
	one.nodes = 1;
	one.fabric.groups = 1;
	for (int rule = 0; rule < RULES; rule++) {
		assert_int_equal(replay_run(&one, &trace, (enum rule)rule, &fb_engine_mix_default, &r), 0);
		/* 0, 99 and 148 seconds; the job of one GPU ends after all of them */
		assert_double_equal(r.wait[SIZE_NODE][0], 99, 1e-9);
		assert_double_equal(r.wait[SIZE_NODE][1], 148, 1e-9);
		assert_double_equal(r.wait[SIZE_ONE][0], 647, 1e-9);
		assert_int_equal(r.small_island, 3);
		assert_double_equal(r.bandwidth, 1, 1e-9);
	}
	one.nodes = 2;
	jobs[1].gpus = 16;
	jobs[3].gpus = 8;
	jobs[3].duration = 90;
	assert_int_equal(replay_run(&one, &trace, RULE_OURS, &fb_engine_mix_default, &r), 0);
	/* before the 16 GPUs, because it ends before them; the third does not */
	assert_double_equal(r.wait[SIZE_MORE][0], 99, 1e-9);
	assert_double_equal(r.wait[SIZE_NODE][1], 148, 1e-9);
	cluster_free(&one);
}

static int setup(void **state)
{
	FILE *file = fopen(FB_TEST_DATA "/traces/philly-2017-10.csv", "r");
	int rc = !file || trace_read(&month, file) || cluster_make(&mixed, "mixed");

	(void)state;
	if (file)
		fclose(file);
	return rc;
}

static int teardown(void **state)
{
	(void)state;
	trace_free(&month);
	cluster_free(&mixed);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_queue), cmocka_unit_test(test_bars_hold) };

	return cmocka_run_group_tests(tests, setup, teardown);
}
