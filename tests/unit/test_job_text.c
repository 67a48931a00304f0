/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Texts by which jobs and GPUs are named: what people type, what Slurm prints, and our words for times and amounts. */
#include "check.h"

#include "common/gres_text.h"
#include "flightbase/job_ref.h"
#include "flightbase/say.h"

static void test_ref(void **state)
{
	static const struct {
		const char *text;
		bool good;
		struct fb_job_ref ref;
	} table[] = {
		{ "1", true, { .id = 1 } },
		{ "67108863", true, { .id = 67108863 } },
		{ "12_0", true, { .id = 12, .has_task = true, .task = 0 } },
		{ "12_4000001", true, { .id = 12, .has_task = true, .task = 4000001 } },
		{ "12+3", true, { .id = 12, .has_offset = true, .offset = 3 } },
		{ "0", false, { 0 } },
		{ "67108864", false, { 0 } },
		{ "", false, { 0 } },
		{ "-1", false, { 0 } },
		{ "12x", false, { 0 } },
		{ " 12", false, { 0 } },
		{ "12_", false, { 0 } },
		{ "12+", false, { 0 } },
		{ "_3", false, { 0 } },
		{ "12_-3", false, { 0 } },
		{ "12_3_4", false, { 0 } },
		{ "12_3+4", false, { 0 } },
		{ "12_[1-3]", false, { 0 } },
		{ "12.0", false, { 0 } },
		{ "999999999999999999999999999999999999", false, { 0 } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct fb_job_ref ref = { .id = 77 };
		struct fb_err err = { "" };
		int rc = fb_job_ref_parse(&ref, table[i].text, &err);

		if ((rc == 0) != table[i].good)
			fail_msg("'%s': %d", table[i].text, rc);
		if (!table[i].good) {
			check_contains(err.text, "not a job's number: give ID, ID_TASK of an array or ID+OFFSET of a heterogeneous job");
			assert_int_equal(ref.id, 77);
			continue;
		}
		assert_int_equal(ref.id, table[i].ref.id);
		assert_int_equal(ref.has_task, table[i].ref.has_task);
		assert_int_equal(ref.has_offset, table[i].ref.has_offset);
		assert_int_equal(ref.task, table[i].ref.task);
		assert_int_equal(ref.offset, table[i].ref.offset);
	}
}

static void test_listed(void **state)
{
	static const struct {
		const char *list;
		uint32_t task;
		bool listed;
	} table[] = {
		{ "1-3,7,20-40:4%2", 1, true },	 { "1-3,7,20-40:4%2", 3, true },  { "1-3,7,20-40:4%2", 7, true },
		{ "1-3,7,20-40:4%2", 24, true }, { "1-3,7,20-40:4%2", 25, false }, { "1-3,7,20-40:4%2", 4, false },
		{ "1-3,7,20-40:4%2", 2, true },	 { "0", 0, true },		  { "0%1", 0, true },
		{ "5%7", 7, false },		 { NULL, 0, false },		  { "", 0, false },
		{ "x", 0, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (fb_job_ref_task_listed(table[i].list, table[i].task) != table[i].listed)
			fail_msg("'%s', %u: not %d", table[i].list, table[i].task, table[i].listed);
}

static void test_requested(void **state)
{
	static const struct {
		const char *text;
		int64_t gpus;
	} table[] = {
		{ "gres/gpu:4", 4 },	      { "gres/gpu:v100:4", 4 },		 { "gres/gpu", 1 },
		{ "gres:gpu:2", 2 },	      { "gpu:v100:8(IDX:0-7)", 8 },	 { "gres/gpu:v100:4,gres/gpu:a100:2", 6 },
		{ "gres/nic:3,gres/gpu:2", 2 }, { "gres/gpumem:100", 0 },	 { "gres/gpu:3g.20gb:2", 2 },
		{ "gres/gpu=4", 4 },	      { "gres/nic:1", 0 },		 { "", 0 },
		{ "gpu:99999999999999999999,gpu:1", 1000001 },
		{ NULL, 0 },		      { "gres/gpu:v100", 1 },		 { "gres/gpu:1g.10gb", 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (fb_gres_requested(table[i].text) != table[i].gpus)
			fail_msg("'%s': %lld", table[i].text, (long long)fb_gres_requested(table[i].text));
}

static void test_indices(void **state)
{
	static const char *const table[][2] = {
		{ "gpu:v100:4(IDX:0-3)", "0-3" },
		{ "gpu:4(IDX:0,2-3,7)", "0,2-3,7" },
		{ "gpu:v100:1(IDX:0),gpu:a100:2(IDX:4-5)", "0,4-5" },
		{ "nic:1(IDX:0),gpu:v100:2(IDX:6-7)", "6-7" },
		{ "gpu:v100:0", "" },
		{ "nic:1(IDX:0)", "" },
		{ "", "" },
	};
	char indices[32];

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		fb_gres_indices(table[i][0], indices, sizeof(indices));
		assert_string_equal(indices, table[i][1]);
	}
	fb_gres_indices("gpu:v100:4(IDX:0-3,5,7,9,11,13,15)", indices, 6);
	assert_string_equal(indices, "0-3,5");
}

static void test_node(void **state)
{
	static const struct {
		const char *text;
		struct fb_gres_node node;
	} table[] = {
		{ "gpu:v100:8(S:0-1)", { 8, true, true, "v100" } },
		{ "gpu:8(S:0-1)", { 8, false, true, "" } },
		{ "gpu:v100:8", { 8, true, false, "v100" } },
		{ "gpu:8", { 8, false, false, "" } },
		{ "gpu:a100:4(S:0),gpu:3g.20gb:2(S:1)", { 6, true, true, "a100" } },
		{ "gpu:a100:4(S:0),gpu:2", { 6, false, false, "a100" } },
		{ "nic:mlx5:2(S:0)", { 0, false, false, "" } },
		{ "", { 0, false, false, "" } },
		{ NULL, { 0, false, false, "" } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct fb_gres_node node;

		fb_gres_read_node(table[i].text, &node);
		if (node.gpus != table[i].node.gpus || node.typed != table[i].node.typed || node.cores != table[i].node.cores)
			fail_msg("'%s': %lld GPUs, typed %d, cores %d", table[i].text, (long long)node.gpus, node.typed, node.cores);
		assert_string_equal(node.type, table[i].node.type);
	}
}

static void test_words(void **state)
{
	static const struct {
		int64_t seconds;
		const char *text;
	} spans[] = {
		{ -5, "0 s" },	    { 0, "0 s" },	   { 59, "59 s" },	 { 60, "1 min" },	 { 3599, "59 min" },
		{ 3600, "1 h" },    { 7500, "2 h 5 min" }, { 86399, "23 h 59 min" }, { 86400, "1 day" }, { 90000, "1 day 1 h" },
		{ 262800, "3 days 1 h" }, { 172800, "2 days" },
	};
	char text[FB_SAY_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(spans) / sizeof(spans[0]); i++) {
		fb_say_span(spans[i].seconds, text, sizeof(text));
		assert_string_equal(text, spans[i].text);
	}
	setenv("TZ", "UTC", 1);
	tzset();
	fb_say_when(1700000000, 1700000000 - 125, text, sizeof(text));
	assert_string_equal(text, "2023-11-14T22:13:20 (in 2 min)");
	fb_say_when(1700000000, 1700000000 + 86400, text, sizeof(text));
	assert_string_equal(text, "2023-11-14T22:13:20 (1 day ago)");
	fb_say_when(1700000000, 1700000000, text, sizeof(text));
	assert_string_equal(text, "2023-11-14T22:13:20 (now)");
	fb_say_count(1, "GPU", text, sizeof(text));
	assert_string_equal(text, "1 GPU");
	fb_say_count(0, "GPU", text, sizeof(text));
	assert_string_equal(text, "0 GPUs");
	fb_say_memory(10239, text, sizeof(text));
	assert_string_equal(text, "10239 MiB");
	fb_say_memory(500000, text, sizeof(text));
	assert_string_equal(text, "488 GiB");
}

static void test_lines(void **state)
{
	struct fb_lines lines = { .count = 0 };
	char list[12] = "";

	(void)state;
	for (int i = 0; i < FB_LINES_MAX + 5; i++)
		fb_lines_add(&lines, "Label", "line\n%d", i);
	assert_int_equal(lines.count, FB_LINES_MAX);
	assert_string_equal(lines.line[1].text, "line?1");
	fb_say_append(list, sizeof(list), "%s", "alice");
	fb_say_append(list, sizeof(list), "%s", "bobby");
	assert_string_equal(list, "alice, bobb");
	fb_say_append(list, sizeof(list), "%s", "carol");
	assert_string_equal(list, "alice, bobb");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ref),  cmocka_unit_test(test_listed), cmocka_unit_test(test_requested),
		cmocka_unit_test(test_indices), cmocka_unit_test(test_node), cmocka_unit_test(test_words),
		cmocka_unit_test(test_lines),
	};

	return cmocka_run_group_tests_name("job_text", tests, NULL, NULL);
}
