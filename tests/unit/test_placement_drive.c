/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The bench of placement: the load of a slice, and what its figures say of placements made by hand. */
#include "check.h"

#include <math.h>
#include <unistd.h>

#include "drive/score.h"

/* Two nodes of two pairs, one of four behind a switch, one of each in a leaf of their own; 2:1 above the leaves. */
#define PAIRS "\"gpus\": 4, \"links\": [[\"X\",\"NV4\",\"SYS\",\"SYS\"],[\"NV4\",\"X\",\"SYS\",\"SYS\"],[\"SYS\",\"SYS\",\"X\",\"NV4\"]," \
	      "[\"SYS\",\"SYS\",\"NV4\",\"X\"]], \"nics\": [{\"name\": \"m\", \"near\": [0], \"gbps\": 24}]"
#define SWITCH "\"gpus\": 4, \"links\": [[\"X\",\"PIX\",\"PIX\",\"PIX\"],[\"PIX\",\"X\",\"PIX\",\"PIX\"],[\"PIX\",\"PIX\",\"X\",\"PIX\"]," \
	       "[\"PIX\",\"PIX\",\"PIX\",\"X\"]], \"nics\": [{\"name\": \"m\", \"near\": [0], \"gbps\": 6}]"
static const char topology[] = "{\"types\": {\"pairs\": {" PAIRS "}, \"switch\": {" SWITCH "}},"
	"\"nodes\": [{\"nodes\": \"n[1-2]\", \"type\": \"pairs\"}, {\"nodes\": \"n[3-4]\", \"type\": \"switch\"}],"
	"\"fabric\": {\"oversubscription\": {\"leaf\": 2}, \"groups\": [{\"name\": \"a\", \"leaves\": [\"a\"], \"nodes\": \"n1,n3\"},"
	"{\"name\": \"b\", \"leaves\": [\"b\"], \"nodes\": \"n2,n4\"}]}}";

static char path[] = "/tmp/placement-drive-XXXXXX";

static const char *file_of(const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	return path;
}

static int path_make(void **state)
{
	(void)state;
	int fd = mkstemp(path);

	return fd < 0 ? -1 : close(fd);
}

static int path_remove(void **state)
{
	(void)state;
	return unlink(path);
}

static const char *trace_text(void)
{
	static char text[200000];
	size_t used = 0;
	uint64_t random = 7;

	for (int l = 0; l < 4000; l++) {
		int gpus = drive_random(&random) % 10 ? 1 : 1 << drive_random(&random) % 6;

		used += (size_t)snprintf(text + used, sizeof(text) - used, "%d,%d,%d\n", l * 60, (int)(drive_random(&random) % 90000), gpus);
		assert_true(used < sizeof(text));
	}
	return text;
}

/* By its own reckoning: each job for as long as it runs before the last arrival, if none waits. */
static void load_is_as_asked(void **state)
{
	struct drive_shape shape = { .node_gpus = 8, .nodes_max = 3, .cluster_gpus = 480, .jobs = 500, .thin = 4 };
	struct fb_err err = { "" };

	(void)state;
	file_of(trace_text());
	for (shape.seed = 1; shape.seed <= 5; shape.seed++) {
		struct drive_trace trace;
		double used = 0, stay = 0, all = 0;

		shape.load = shape.seed % 2 ? 0.7 : 0.95;
		assert_int_equal(drive_trace_load(&trace, path, &shape, &err), 0);
		assert_int_equal(trace.jobs, 500);
		double end = trace.job[499].submit;
		for (size_t j = 0; j < trace.standing; j++) {
			all += trace.there[j].job.gpus;
			if (trace.there[j].leaves)
				continue;
			stay += trace.there[j].job.gpus;
			used += trace.there[j].job.gpus * fmin(trace.there[j].job.duration, end);
		}
		for (size_t j = 0; j < trace.jobs; j++) {
			assert_true(!j || trace.job[j].submit >= trace.job[j - 1].submit);
			assert_true(trace.job[j].nodes == 1 ? trace.job[j].gpus <= 8 : trace.job[j].gpus == 8 * trace.job[j].nodes);
			assert_true(trace.job[j].nodes <= 3);
			used += trace.job[j].gpus * fmin(trace.job[j].duration, end - trace.job[j].submit);
		}
		assert_true(fabs(used / (480 * end) - shape.load) < 1e-6);
		assert_true(fabs(stay - shape.load * 480) < 1);
		assert_true(all > 480);
		drive_trace_free(&trace);
	}
}

static void same_seed_same_jobs(void **state)
{
	struct drive_shape shape = { .node_gpus = 8, .nodes_max = 3, .cluster_gpus = 480, .jobs = 100, .thin = 2, .load = 0.7, .seed = 3 };
	struct drive_trace a, b, c;
	struct fb_err err = { "" };

	(void)state;
	file_of(trace_text());
	assert_int_equal(drive_trace_load(&a, path, &shape, &err), 0);
	assert_int_equal(drive_trace_load(&b, path, &shape, &err), 0);
	shape.seed = 4;
	assert_int_equal(drive_trace_load(&c, path, &shape, &err), 0);
	assert_memory_equal(a.job, b.job, a.jobs * sizeof(a.job[0]));
	assert_true(a.job[99].submit < c.job[99].submit || a.job[99].submit > c.job[99].submit);
	drive_trace_free(&a);
	drive_trace_free(&b);
	drive_trace_free(&c);
}

static void broken_trace_is_refused(void **state)
{
	static const struct {
		const char *text, *fault;
	} cases[] = {
		{ "", ": no jobs" },
		{ "# comment\n0,30,1\n70,61\n", ":3: not a line SECONDS,SECONDS,GPUS" },
		{ "0,30,0\n", ":1: not a line SECONDS,SECONDS,GPUS" },
		{ "0,-1,1\n", ":1: not a line SECONDS,SECONDS,GPUS" },
		{ "0,30,1,2\n", ":1: not a line SECONDS,SECONDS,GPUS" },
		{ "0,nan,1\n", ":1: not a line SECONDS,SECONDS,GPUS" },
		{ "0,30,1\n1,30,1\n", "the trace has only 2 jobs" },
	};
	struct drive_shape shape = { .node_gpus = 8, .nodes_max = 3, .cluster_gpus = 8, .jobs = 5, .thin = 1, .load = 0.7, .seed = 1 };

	(void)state;
	for (size_t c = 0; c < sizeof(cases) / sizeof(cases[0]); c++) {
		struct drive_trace trace;
		struct fb_err err = { "" };

		assert_int_equal(drive_trace_load(&trace, file_of(cases[c].text), &shape, &err), -1);
		check_contains(err.text, cases[c].fault);
		drive_trace_free(&trace);
	}
}

static void value_is_of_the_slowest_part(void **state)
{
	static const struct {
		size_t parts;
		struct drive_part part[2];
		double value;
	} cases[] = {
		{ 1, { { 0, 0x1 } }, 0 },		   /* one GPU sends nothing */
		{ 1, { { 0, 0x3 } }, 80 },		   /* a pair */
		{ 1, { { 0, 0x6 } }, 10 / 1.2 },	   /* across sockets */
		{ 1, { { 2, 0x6 } }, 12 },		   /* below one switch */
		{ 2, { { 0, 0x3 }, { 1, 0x3 } }, 6 },	   /* half of a node's 24, and of that half between leaves */
		{ 2, { { 0, 0x3 }, { 2, 0x3 } }, 3 },	   /* one leaf: half of the adapter of the second */
		{ 2, { { 0, 0xf }, { 1, 0xf } }, 10 / 1.2 }, /* the ring in a node is slower */
	};
	struct drive_cluster cluster;
	struct fb_err err = { "" };

	(void)state;
	assert_int_equal(drive_cluster_load(&cluster, file_of(topology), &err), 0);
	for (size_t c = 0; c < sizeof(cases) / sizeof(cases[0]); c++)
		assert_true(fabs(drive_value(&cluster, cases[c].part, cases[c].parts) - cases[c].value) < 1e-9);
	assert_true(fabs(drive_best(&cluster, &(struct drive_job){ .gpus = 2, .nodes = 1 }) - 80) < 1e-9);
	assert_true(fabs(drive_best(&cluster, &(struct drive_job){ .gpus = 4, .nodes = 1 }) - 12) < 1e-9);
	assert_true(fabs(drive_best(&cluster, &(struct drive_job){ .gpus = 8, .nodes = 2 }) - 10 / 1.2) < 1e-9);
	drive_cluster_free(&cluster);
}

static void start(struct drive_score *score, struct drive_cluster *cluster, struct drive_job job, const struct drive_part *part,
		  size_t parts)
{
	struct fb_err err = { "" };

	assert_int_equal(drive_score_start(score, cluster, &job, 5, 3600, part, parts, &err), 0);
	assert_int_equal(drive_cluster_take(cluster, part, parts, &err), 0);
}

static void shares_are_counted(void **state)
{
	const struct drive_part split = { 0, 0x6 }, pair = { 1, 0x3 }, below = { 2, 0xf }, rest = { 0, 0x9 };
	const struct drive_part apart[] = { { 1, 0xf }, { 2, 0xf } }, near[] = { { 0, 0xf }, { 2, 0xf } };
	struct drive_score score = { 0 };
	struct drive_cluster cluster;
	struct fb_err err = { "" };

	(void)state;
	assert_int_equal(drive_cluster_load(&cluster, file_of(topology), &err), 0);
	start(&score, &cluster, (struct drive_job){ .gpus = 8, .nodes = 2 }, apart, 2); /* one leaf was possible */
	assert_int_equal(drive_cluster_give(&cluster, apart, 2, &err), 0);
	start(&score, &cluster, (struct drive_job){ .gpus = 8, .nodes = 2 }, near, 2);
	assert_int_equal(score.one_group.of, 2);
	assert_int_equal(score.one_group.count, 1);
	assert_int_equal(drive_cluster_give(&cluster, near, 2, &err), 0);

	start(&score, &cluster, (struct drive_job){ .gpus = 2, .nodes = 1 }, &split, 1); /* a miss: pairs were idle */
	start(&score, &cluster, (struct drive_job){ .gpus = 2, .nodes = 1 }, &pair, 1);
	start(&score, &cluster, (struct drive_job){ .gpus = 4, .nodes = 1 }, &below, 1);
	assert_int_equal(drive_cluster_take(&cluster, &(struct drive_part){ 3, 0xf }, 1, &err), 0);
	assert_int_equal(drive_cluster_take(&cluster, &(struct drive_part){ 1, 0xc }, 1, &err), 0);
	start(&score, &cluster, (struct drive_job){ .gpus = 2, .nodes = 1 }, &rest, 1); /* no island was idle */
	assert_int_equal(score.island.of, 4);
	assert_int_equal(score.island.count, 2);
	assert_int_equal(score.island_free.of, 3);
	assert_int_equal(score.island_free.count, 2);
	assert_int_equal(score.waits[DRIVE_NODE].count, 4);
	drive_score_free(&score);
	drive_cluster_free(&cluster);
}

static void impossible_is_refused(void **state)
{
	struct drive_score score = { 0 };
	struct drive_cluster cluster;
	struct fb_err err = { "" };

	(void)state;
	assert_int_equal(drive_cluster_load(&cluster, file_of(topology), &err), 0);
	assert_int_equal(drive_cluster_take(&cluster, &(struct drive_part){ 0, 0x3 }, 1, &err), 0);
	assert_int_equal(drive_cluster_take(&cluster, &(struct drive_part){ 0, 0x6 }, 1, &err), -1);
	assert_string_equal(err.text, "node 'n1': GPUs 0x2 were given to two jobs");
	assert_int_equal(drive_cluster_give(&cluster, &(struct drive_part){ 1, 0x1 }, 1, &err), -1);
	assert_string_equal(err.text, "node 'n2': GPUs 0x1 come back that were not held");
	assert_int_equal(drive_score_start(&score, &cluster, &(struct drive_job){ .gpus = 3, .nodes = 1 }, 0, 0,
					   &(struct drive_part){ 1, 0x3 }, 1, &err), -1);
	assert_string_equal(err.text, "a job of 3 GPUs on 1 nodes got 2 on 1");
	drive_score_free(&score);
	drive_cluster_free(&cluster);
}

static void islands_over_time(void **state)
{
	struct drive_score score = { 0 };
	struct drive_cluster cluster;
	struct fb_err err = { "" };

	(void)state;
	assert_int_equal(drive_cluster_load(&cluster, file_of(topology), &err), 0);
	drive_score_time(&score, &cluster, 10); /* 6 islands, all idle */
	assert_int_equal(drive_cluster_take(&cluster, (struct drive_part[]){ { 0, 0x1 }, { 2, 0x8 } }, 2, &err), 0);
	drive_score_time(&score, &cluster, 30); /* 4 of 6; of 14 idle GPUs 10 on them */
	assert_true(fabs(score.intact / 40 - (10 + 30 * 4 / 6.0) / 40) < 1e-9);
	assert_true(fabs(score.idle_intact / 40 - (10 + 30 * 10 / 14.0) / 40) < 1e-9);
	assert_true(fabs(score.busy / 40 - 30 * 2 / 16.0 / 40) < 1e-9);
	drive_score_free(&score);
	drive_cluster_free(&cluster);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(load_is_as_asked),	       cmocka_unit_test(same_seed_same_jobs),
		cmocka_unit_test(broken_trace_is_refused),     cmocka_unit_test(value_is_of_the_slowest_part),
		cmocka_unit_test(shares_are_counted),	       cmocka_unit_test(impossible_is_refused),
		cmocka_unit_test(islands_over_time),
	};

	return cmocka_run_group_tests(tests, path_make, path_remove);
}
