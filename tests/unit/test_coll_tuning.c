/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of algorithms: how it is read, which entry counts, and how --tune makes it of times. */
#include "check.h"
#include "remove_tree.h"

#include <math.h>

#include "coll/tool/tune.h"

static const char sample[] = "# measured on a Tuesday\n"
			     "\n"
			     "1 2 65536 doubling # in a node\n"
			     "1 2 any ring\n"
			     "  2 1 16384 doubling\n"
			     "2\t1 any ring\r\n"
			     "4 8 8192 doubling\n"
			     "4 8 1048576 halving\n"
			     "4 8 33554432 rails\n"
			     "16 8 any rails";

static struct fb_tuning parsed(const char *text)
{
	struct fb_tuning tuning;
	struct fb_err err;

	if (fb_tuning_parse(text, strlen(text), &tuning, &err))
		fail_msg("%s", err.text);
	return tuning;
}

static void test_parse(void **state)
{
	struct fb_tuning tuning = parsed(sample), again;
	char *text = NULL;
	size_t size;
	struct fb_err err;

	(void)state;
	assert_int_equal(tuning.count, 8);
	assert_int_equal(tuning.entry[6].nodes, 4);
	assert_int_equal(tuning.entry[6].per_node, 8);
	assert_true(tuning.entry[6].bytes == 33554432);
	assert_int_equal(tuning.entry[6].algorithm, FB_ALGORITHM_RAILS);
	assert_true(tuning.entry[7].bytes == UINT64_MAX);
	FILE *file = open_memstream(&text, &size);
	assert_non_null(file);
	fb_tuning_print(file, &tuning);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(fb_tuning_parse(text, size, &again, &err), 0);
	assert_int_equal(again.count, tuning.count);
	assert_memory_equal(again.entry, tuning.entry, tuning.count * sizeof(tuning.entry[0]));
	free(text);
	assert_int_equal(parsed("").count, 0);
}

static void test_refused(void **state)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{ "2 1 any", "line 1: nodes, ranks per node, bytes and algorithm are expected" },
		{ "2 1 any ring ring", "line 1: nodes, ranks per node" },
		{ "\n\n0 1 any ring", "line 3: nodes: 0 is outside 1 to 65535" },
		{ "2 65536 any ring", "line 1: ranks per node: 65536 is outside 1 to 65535" },
		{ "2 1 64K ring", "line 1: bytes: '64K' is not a whole number" },
		{ "2 1 0 ring", "line 1: bytes: 0 is outside 1 to" },
		{ "2 1 -5 ring", "line 1: bytes: -5 is outside 1 to" },
		{ "2 1 any star", "line 1: algorithm 'star' is unknown: ring, doubling, halving or rails" },
		{ "2 1 any auto", "line 1: algorithm 'auto' is unknown" },
		{ "2 1 any ring\n2 1 4 ring", "line 2: is not in order" },
		{ "2 1 4 ring\n2 1 4 doubling", "line 2: is not in order" },
		{ "4 1 any ring\n2 1 any ring", "line 2: is not in order" },
	};
	char text[4096];
	struct fb_tuning tuning = parsed(sample);
	struct fb_err err;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(fb_tuning_parse(cases[i].text, strlen(cases[i].text), &tuning, &err), -1);
		check_contains(err.text, cases[i].message);
		assert_int_equal(tuning.count, 0);
	}
	memset(text, ' ', sizeof(text));
	assert_int_equal(fb_tuning_parse(text, 256, &tuning, &err), -1);
	check_contains(err.text, "line 1: longer than 255 bytes");
	assert_int_equal(fb_tuning_parse("2 1 any\0ring", 12, &tuning, &err), -1);
	check_contains(err.text, "line 1: a byte 0");
	for (int i = text[0] = 0; i <= FB_TUNED_MAX; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%d 1 any ring\n", i + 1);
	assert_int_equal(fb_tuning_parse(text, strlen(text), &tuning, &err), -1);
	check_contains(err.text, "line 129: more than 128 entries");
}

static void test_file(void **state)
{
	char folder[256], path[512];
	struct fb_tuning tuning;
	struct fb_err err;

	(void)state;
	make_temporary(folder, sizeof(folder));
	write_file(folder, "good", sample);
	write_file(folder, "bad", "2 1 any ring\nnonsense\n");
	snprintf(path, sizeof(path), "%s/good", folder);
	assert_int_equal(fb_tuning_read(path, &tuning, &err), 0);
	assert_int_equal(tuning.count, 8);
	snprintf(path, sizeof(path), "%s/bad", folder);
	assert_int_equal(fb_tuning_read(path, &tuning, &err), -1);
	check_contains(err.text, "/bad': line 2: nodes, ranks per node");
	assert_int_equal(tuning.count, 0);
	snprintf(path, sizeof(path), "%s/none", folder);
	assert_int_equal(fb_tuning_read(path, &tuning, &err), -1);
	check_contains(err.text, "/none': No such file or directory");
	assert_int_equal(fb_tuning_read(folder, &tuning, &err), -1);
	assert_int_equal(fb_tuning_read("/dev/zero", &tuning, &err), -1);
	remove_tree(folder);
}

static enum fb_algorithm_kind choose(const struct fb_tuning *tuning, uint64_t bytes, const struct fb_layout *layout)
{
	const struct fb_tuned_shape shape = fb_tuning_find(tuning, layout);

	return fb_tuned_choose(&shape, bytes);
}

static void test_choose(void **state)
{
	static const struct {
		int nodes, per_node;
		uint64_t bytes;
		enum fb_algorithm_kind kind;
	} cases[] = {
		{ 1, 2, 1, FB_ALGORITHM_DOUBLING },
		{ 1, 2, 65536, FB_ALGORITHM_DOUBLING },
		{ 1, 2, 65537, FB_ALGORITHM_RING },
		{ 1, 2, UINT64_MAX, FB_ALGORITHM_RING },
		{ 1, 64, 65536, FB_ALGORITHM_DOUBLING }, /* the only one of one node */
		{ 2, 1, 16385, FB_ALGORITHM_RING },
		{ 512, 1, 16384, FB_ALGORITHM_DOUBLING }, /* the only one of one rank per node */
		{ 4, 8, 8193, FB_ALGORITHM_HALVING },
		{ 4, 8, (uint64_t)1 << 40, FB_ALGORITHM_RAILS }, /* beyond what was measured */
		{ 8, 8, 4, FB_ALGORITHM_DOUBLING }, /* as far from 4 as from 16 */
		{ 9, 8, 4, FB_ALGORITHM_RAILS },
		{ 2, 4, 4, FB_ALGORITHM_DOUBLING },
		{ 100, 4, 4, FB_ALGORITHM_RAILS },
		{ 4, 0, 4, FB_ALGORITHM_AUTO }, /* uneven */
	};
	const struct fb_tuning tuning = parsed(sample), flat = parsed("2 1 any ring\n"), dense = parsed("2 4 any ring\n2 16 any rails");

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct fb_layout layout = { .nodes = cases[i].nodes, .per_node = cases[i].per_node };
		if (choose(&tuning, cases[i].bytes, &layout) != cases[i].kind)
			fail_msg("case %zu", i);
	}
	assert_int_equal(choose(&flat, 4, &(struct fb_layout){ .nodes = 1, .per_node = 2 }), FB_ALGORITHM_AUTO);
	assert_int_equal(choose(&flat, 4, &(struct fb_layout){ .nodes = 2, .per_node = 2 }), FB_ALGORITHM_AUTO);
	assert_int_equal(choose(&dense, 4, &(struct fb_layout){ .nodes = 2, .per_node = 8 }), FB_ALGORITHM_RING);
	assert_int_equal(choose(&dense, 4, &(struct fb_layout){ .nodes = 2, .per_node = 9 }), FB_ALGORITHM_RAILS);
}

static void test_replace(void **state)
{
	struct fb_tuning tuning = parsed(sample);
	const struct fb_tuned first = { 1, 2, UINT64_MAX, FB_ALGORITHM_HALVING }, between = { 3, 1, UINT64_MAX, FB_ALGORITHM_RING };
	struct fb_tuned many[FB_TUNED_MAX];
	struct fb_err err;

	(void)state;
	assert_int_equal(fb_tuning_replace(&tuning, &first, 1, &err), 0);
	assert_int_equal(tuning.count, 7);
	assert_int_equal(tuning.entry[0].algorithm, FB_ALGORITHM_HALVING);
	assert_int_equal(tuning.entry[1].nodes, 2);
	assert_int_equal(fb_tuning_replace(&tuning, &between, 1, &err), 0);
	assert_int_equal(tuning.count, 8);
	assert_int_equal(tuning.entry[3].nodes, 3);
	for (unsigned i = 1; i < tuning.count; i++)
		assert_true(fb_tuned_follows(&tuning.entry[i], &tuning.entry[i - 1]));
	for (unsigned i = 0; i < FB_TUNED_MAX; i++)
		many[i] = (struct fb_tuned){ 99, 1, i + 1, FB_ALGORITHM_RING };
	assert_int_equal(fb_tuning_replace(&tuning, many, FB_TUNED_MAX, &err), -1);
	check_contains(err.text, "136 entries: no more than 128");
	assert_int_equal(tuning.count, 8);
}

/* Sizes of 1 KiB times powers of two; ring and doubling by functions of i. */
static struct fb_tune_shape timed(size_t sizes, double (*ring)(size_t i), double (*doubling)(size_t i))
{
	const struct fb_params params = { .min_bytes = 1 << 10, .max_bytes = (size_t)512 << sizes, .step_factor = 2 };
	struct fb_tune_shape shape;
	struct fb_err err;

	assert_int_equal(fb_tune_begin(&shape, &params, 2, 1, &err), 0);
	assert_int_equal(shape.sizes, sizes);
	for (size_t i = 0; i < sizes; i++) {
		shape.us[i][FB_ALGORITHM_RING] = ring(i);
		shape.us[i][FB_ALGORITHM_DOUBLING] = doubling(i);
		shape.shipped[i] = FB_ALGORITHM_RING;
	}
	return shape;
}

static double latency(size_t i)
{
	return i < 4 ? 20 : 20 + (double)i;
}

static double growing(size_t i)
{
	return 10 + 4 * (double)i;
}

/* Equal but for one percent, in turns. */
static double noise(size_t i)
{
	return i % 2 ? 20.2 : 20;
}

static double steady(size_t i)
{
	(void)i;
	return 20.1;
}

/* Equal, but for one size where it is a third faster. */
static double notch(size_t i)
{
	return i == 3 ? 15 : 20.1;
}

static void test_pick(void **state)
{
	struct fb_tune_shape shape = timed(8, latency, growing);
	struct fb_tuning tuning = { .count = 0 };
	struct fb_err err;

	(void)state;
	fb_tune_pick(&shape);
	for (size_t i = 0; i < 8; i++)
		assert_int_equal(shape.picked[i], growing(i) < latency(i) ? FB_ALGORITHM_DOUBLING : FB_ALGORITHM_RING);
	assert_int_equal(fb_tune_enter(&shape, &tuning, &err), 0);
	assert_int_equal(tuning.count, 2);
	assert_true(tuning.entry[0].bytes == 1 << 12 && tuning.entry[0].algorithm == FB_ALGORITHM_DOUBLING);
	assert_true(tuning.entry[1].bytes == UINT64_MAX && tuning.entry[1].algorithm == FB_ALGORITHM_RING);

	shape = timed(8, noise, steady);
	fb_tune_pick(&shape);
	for (size_t i = 1; i < 8; i++)
		assert_int_equal(shape.picked[i], shape.picked[0]);

	shape = timed(8, steady, notch);
	fb_tune_pick(&shape);
	assert_int_equal(shape.picked[3], FB_ALGORITHM_DOUBLING);
	assert_int_equal(fb_tune_enter(&shape, &tuning, &err), 0);
	assert_true(tuning.count >= 1 && tuning.count <= 3);

	shape = timed(1, steady, noise);
	fb_tune_pick(&shape);
	assert_int_equal(shape.picked[0], FB_ALGORITHM_DOUBLING);
}

static void test_told(void **state)
{
	struct fb_tune_shape shape = timed(5, latency, growing);
	char *text = NULL;
	size_t size;

	(void)state;
	fb_tune_pick(&shape);
	FILE *file = open_memstream(&text, &size);
	assert_non_null(file);
	fb_tune_print(file, &shape);
	assert_int_equal(fclose(file), 0);
	check_contains(text, "# 2 nodes of 1 rank, microseconds");
	check_contains(text, "        1024        10.00*            -             -         20.00  ring +100%\n");
	check_contains(text, "       16384        26.00             -             -         24.00* ring +0%\n");
	free(text);
	text = fb_tune_json(&shape, 1);
	assert_non_null(text);
	check_contains(text, "\"ranks_per_node\": 1");
	check_contains(text, "\"size\": 16384");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),	cmocka_unit_test(test_refused), cmocka_unit_test(test_file), cmocka_unit_test(test_choose),
		cmocka_unit_test(test_replace), cmocka_unit_test(test_pick),	cmocka_unit_test(test_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
