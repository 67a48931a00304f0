/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The small parts of the screens: GPUs in Slurm's texts, days left, windows of GPU-hours, sizes, printable text. */
#include "check.h"

#include <errno.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "flightbase/gpus.h"
#include "flightbase/hours.h"
#include "flightbase/jobs.h"
#include "flightbase/period.h"
#include "flightbase/storage.h"
#include "remove_tree.h"

static void set_zone(const char *zone)
{
	setenv("TZ", zone, 1);
	tzset();
}

static void test_gpus(void **state)
{
	static const struct {
		const char *text;
		int64_t count;
		uint64_t index;
		const char *type;
	} cases[] = {
		{ NULL, 0, 0, "" },
		{ "", 0, 0, "" },
		{ "(null)", 0, 0, "" },
		{ "gpu", 1, 0, "" },
		{ "gpu:8", 8, 0, "" },
		{ "gpu:v100", 1, 0, "v100" },
		{ "gpu:v100:8(S:0-1)", 8, 0, "v100" },
		{ "gpu:v100:5(IDX:0-3,5)", 5, 0x2f, "v100" },
		{ "gpu:v100:0(IDX:N/A)", 0, 0, "v100" },
		{ "gpu:a100:2(IDX:0-1),gpu:h100:1(IDX:7)", 3, 0x83, "a100" },
		{ "shard:16,gpu:2(IDX:62-63)", 2, UINT64_C(3) << 62, "" },
		{ "gpumem:4G,gpuutil:1", 0, 0, "" },
		{ "gpu:-3", 1, 0, "-3" },
		{ "gpu:9223372036854775807,gpu:1", 1000001, 0, "" },
		{ "gpu:v100:1(IDX:70)", 1, 0, "v100" },
		{ "gpu:v100:1(IDX:", 1, 0, "v100" },
		{ "gpu:v100:2(IDX:1,", 2, 2, "v100" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fb_gpus gpus;

		fb_gpus_read(cases[i].text, &gpus);
		if (gpus.count != cases[i].count || gpus.index != cases[i].index || strcmp(gpus.type, cases[i].type))
			fail_msg("'%s': %lld GPUs, index %llx, type '%s'", cases[i].text, (long long)gpus.count,
				 (unsigned long long)gpus.index, gpus.type);
	}
}

static void test_indices(void **state)
{
	static const struct {
		uint64_t index;
		const char *text;
	} cases[] = {
		{ 0, "" }, { 1, "0" }, { 0x2f, "0-3,5" }, { 0x55, "0,2,4,6" }, { UINT64_MAX, "0-63" }, { UINT64_C(1) << 63, "63" },
	};
	char text[FB_GPUS_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		fb_gpus_index_text(cases[i].index, text, sizeof(text));
		assert_string_equal(text, cases[i].text);
		assert_true(fb_gpus_index_read(text) == cases[i].index);
	}
	/* The longest there is: every second GPU. */
	fb_gpus_index_text(UINT64_C(0x5555555555555555), text, sizeof(text));
	assert_true(fb_gpus_index_read(text) == UINT64_C(0x5555555555555555));
}

static void test_array_tasks(void **state)
{
	static const struct {
		const char *text;
		uint32_t tasks;
	} cases[] = {
		{ NULL, 1 }, { "", 1 }, { "5", 1 }, { "1-20%3", 20 }, { "0-3,7,20-40%4", 26 }, { "0-10:2", 6 }, { "0-9999", 10000 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		slurm_job_info_t info = { .array_task_str = (char *)cases[i].text };

		assert_int_equal(fb_job_tasks(&info), cases[i].tasks);
	}
}

static time_t at(const char *text)
{
	struct tm tm = { .tm_isdst = -1 };

	assert_non_null(strptime(text, "%Y-%m-%d %H:%M:%S", &tm));
	return mktime(&tm);
}

static void test_period(void **state)
{
	/* The period ends with the last second before `until`. */
	static const struct {
		const char *zone, *from, *until, *now, *text;
	} cases[] = {
		{ "UTC", NULL, NULL, "2026-07-30 12:00:00", "" },
		{ "UTC", NULL, "2027-01-01 00:00:00", "2026-07-31 12:00:00", "153 days left" },
		{ "UTC", NULL, "2027-01-01 00:00:00", "2026-12-30 23:59:59", "1 day left" },
		{ "UTC", NULL, "2027-01-01 00:00:00", "2026-12-31 00:00:00", "ends today" },
		{ "UTC", NULL, "2027-01-01 00:00:00", "2026-12-31 23:59:59", "ends today" },
		{ "UTC", NULL, "2027-01-01 00:00:00", "2027-01-01 00:00:00", "ended 1 day ago" },
		{ "UTC", NULL, "2027-01-01 00:00:00", "2027-01-11 00:00:00", "ended 11 days ago" },
		{ "UTC", NULL, "2027-01-01 12:00:00", "2027-01-01 13:00:00", "ended today" },
		{ "UTC", "2026-08-01 00:00:00", NULL, "2026-07-31 00:00:01", "starts in 1 day" },
		{ "UTC", "2026-08-01 09:00:00", "2027-01-01 00:00:00", "2026-08-01 08:00:00", "starts today" },
		{ "UTC", "2026-08-01 00:00:00", NULL, "2026-08-01 00:00:00", "" },
		/* Days of 23 and 25 hours are days. */
		{ "Europe/Berlin", NULL, "2027-03-29 00:00:00", "2027-03-27 23:30:00", "1 day left" },
		{ "Europe/Berlin", NULL, "2027-11-01 00:00:00", "2027-10-30 00:30:00", "1 day left" },
		{ "Asia/Seoul", NULL, "2027-01-01 00:00:00", "2026-12-31 00:00:00", "ends today" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[FB_PERIOD_TEXT_MAX];

		set_zone(cases[i].zone);
		fb_period_text(cases[i].from ? at(cases[i].from) : 0, cases[i].until ? at(cases[i].until) : 0, at(cases[i].now), text,
			       sizeof(text));
		if (strcmp(text, cases[i].text))
			fail_msg("%s until %s at %s: '%s', not '%s'", cases[i].zone, cases[i].until, cases[i].now, text, cases[i].text);
	}
}

static void test_time_text(void **state)
{
	char text[FB_TIME_TEXT_MAX];

	(void)state;
	set_zone("Asia/Seoul");
	fb_time_text(0, FB_TIME_ISO, text, sizeof(text));
	assert_string_equal(text, "");
	fb_time_text(1796050800 + 5, FB_TIME_ISO, text, sizeof(text));
	assert_string_equal(text, "2026-12-01T00:00:05+09:00");
	fb_time_text(1796050800, FB_TIME_MINUTES, text, sizeof(text));
	assert_string_equal(text, "2026-12-01 00:00");
	fb_time_text(1796050800 + 59, FB_TIME_SECONDS, text, sizeof(text));
	assert_string_equal(text, "2026-12-01 00:00:59");
	set_zone("America/St_Johns");
	fb_time_text(1796050800, FB_TIME_ISO, text, sizeof(text));
	assert_string_equal(text, "2026-11-30T11:30:00-03:30");
}

static void test_hours_window(void **state)
{
	/* now, first day of the month's and of the week's window, where the query begins, end of the last full hour */
	static const struct {
		const char *zone, *now, *month, *week, *query, *until;
	} cases[] = {
		{ "UTC", "2026-07-30 12:34:56", "2026-07-01 00:00:00", "2026-07-24 00:00:00", "2026-07-01 00:00:00", "2026-07-30 12:00:00" },
		{ "UTC", "2026-03-01 00:10:00", "2026-01-31 00:00:00", "2026-02-23 00:00:00", "2026-01-31 00:00:00", "2026-03-01 00:00:00" },
		/* February 2028 has 29 days: from the first to the first, which slurmdbd would answer with a month. */
		{ "UTC", "2028-03-01 09:00:00", "2028-02-01 00:00:00", "2028-02-24 00:00:00", "2028-01-31 00:00:00", "2028-03-01 09:00:00" },
		{ "Europe/Berlin", "2027-04-02 01:30:00", "2027-03-04 00:00:00", "2027-03-27 00:00:00", "2027-03-04 00:00:00", "2027-04-02 01:00:00" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fb_hours_window window;

		set_zone(cases[i].zone);
		fb_hours_window(at(cases[i].now), &window);
		assert_int_equal(window.month, at(cases[i].month));
		assert_int_equal(window.week, at(cases[i].week));
		assert_int_equal(window.until, at(cases[i].until));
		assert_int_equal(fb_hours_query_start(&window), at(cases[i].query));
	}
	/* The hour that is there twice: the full hour is less than an hour ago, not two. */
	struct fb_hours_window window;
	set_zone("Europe/Berlin");
	fb_hours_window(1824944400 + 600, &window); /* 2027-10-31 02:10, the second time */
	assert_int_equal(window.until, 1824944400);
}

static void test_hours_add(void **state)
{
	struct fb_hours_window window;
	struct fb_hours hours = { .week = 0 };

	(void)state;
	set_zone("UTC");
	fb_hours_window(at("2026-07-30 12:34:56"), &window);
	fb_hours_add(&hours, &window, at("2026-06-30 00:00:00"), 3600 * 1000); /* too old */
	fb_hours_add(&hours, &window, at("2026-07-01 00:00:00"), 3600 * 100);
	fb_hours_add(&hours, &window, at("2026-07-23 00:00:00"), 3600 * 10);
	fb_hours_add(&hours, &window, at("2026-07-24 00:00:00"), 3600);
	fb_hours_add(&hours, &window, at("2026-07-30 11:00:00"), 1800);
	fb_hours_add(&hours, &window, at("2026-07-30 12:00:00"), 3600 * 1000); /* not a full hour yet */
	assert_true(hours.week > 1.499 && hours.week < 1.501);
	assert_true(hours.month > 111.499 && hours.month < 111.501);
}

static void test_bytes(void **state)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} cases[] = {
		{ 0, "0 B" },	  { 1023, "1023 B" },		     { 1024, "1.0 KiB" },
		{ 1536, "1.5 KiB" }, { 1048575, "1.0 MiB" },	     { UINT64_C(3) << 40, "3.0 TiB" },
		{ UINT64_MAX, "16.0 EiB" },
	};
	char text[FB_BYTES_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		fb_bytes_text(cases[i].bytes, text, sizeof(text));
		assert_string_equal(text, cases[i].text);
	}
}

static void test_printable(void **state)
{
	static const struct {
		const char *text, *expected;
	} cases[] = {
		{ "plain", "plain" },
		{ "tab\tnew\nline\033[31m\177", "tab?new?line?[31m?" },
		{ "caf\xc3\xa9 \xed\x95\x9c \xf0\x9f\x9a\x80", "caf\xc3\xa9 \xed\x95\x9c \xf0\x9f\x9a\x80" },
		{ "\xc2\x9b"
		  "31m C1", "??31m C1" },
		{ "\x9b latin", "? latin" },
		{ "cut \xe2\x82", "cut ??" },
		{ "overlong \xc0\xaf \xe0\x80\xaf", "overlong ?? ???" },
		{ "surrogate \xed\xa0\x80", "surrogate ???" },
		{ "beyond \xf4\x90\x80\x80 \xf8\x88", "beyond ???? ??" },
		{ "\xc2\xa0 is a space", "\xc2\xa0 is a space" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[64];

		snprintf(text, sizeof(text), "%s", cases[i].text);
		fb_text_printable(text);
		assert_string_equal(text, cases[i].expected);
	}
}

static int probe_five(const char *path, struct fb_storage *storage)
{
	(void)path;
	*storage = (struct fb_storage){ .total = 5, .used = 3, .available = 2 };
	return 0;
}

static int probe_denied(const char *path, struct fb_storage *storage)
{
	(void)path;
	(void)storage;
	errno = EACCES;
	return -1;
}

/* A file server that answers after its caller has gone. */
static int gate[2];

static int probe_stuck(const char *path, struct fb_storage *storage)
{
	char byte;

	(void)path;
	(void)storage;
	return read(gate[0], &byte, 1) == 1 ? 0 : -1;
}

static void test_storage_ask(void **state)
{
	struct fb_storage storage = { .total = 1 };
	struct fb_err err;

	(void)state;
	assert_int_equal(fb_storage_ask_with(probe_five, "/x", 60000, &storage, &err), 0);
	assert_true(storage.total == 5 && storage.used == 3 && storage.available == 2);
	assert_int_equal(fb_storage_ask_with(probe_denied, "/x", 60000, &storage, &err), -1);
	assert_string_equal(err.text, "storage '/x': Permission denied");
	assert_int_equal(pipe(gate), 0);
	assert_int_equal(fb_storage_ask_with(probe_stuck, "/x", 50, &storage, &err), -1);
	assert_string_equal(err.text, "storage '/x': the file system does not answer");
	assert_true(storage.total == 5);
	assert_int_equal(write(gate[1], "x", 1), 1);
	assert_int_equal(fb_storage_ask("/", 60000, &storage, &err), 0);
	assert_true(storage.total >= storage.used && storage.total > 0);
	assert_int_equal(fb_storage_ask("/nowhere/at/all", 60000, &storage, &err), -1);
	check_contains(err.text, "storage '/nowhere/at/all': No such file or directory");
}

static void test_storage_walk(void **state)
{
	char dir[256], path[512], other[512];
	struct fb_storage_tree empty, tree;
	struct fb_err err;

	(void)state;
	make_temporary(dir, sizeof(dir));
	assert_int_equal(fb_storage_walk(dir, &empty, &err), 0);
	assert_int_equal(empty.files, 0);
	snprintf(path, sizeof(path), "%s/sub", dir);
	assert_int_equal(mkdir(path, 0755), 0);
	snprintf(path, sizeof(path), "%s/sub/data", dir);
	FILE *file = fopen(path, "w");
	for (int i = 0; i < 100000; i++)
		fputc('x', file);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(fb_storage_walk(dir, &tree, &err), 0);
	assert_int_equal(tree.files, 1);
	assert_true(tree.bytes >= empty.bytes + 100000);
	assert_int_equal(tree.hidden, 0);
	/* A second name of the same file takes no room, a link is not followed. */
	uint64_t bytes = tree.bytes;
	snprintf(other, sizeof(other), "%s/again", dir);
	assert_int_equal(link(path, other), 0);
	snprintf(other, sizeof(other), "%s/root", dir);
	assert_int_equal(symlink("/usr", other), 0);
	assert_int_equal(fb_storage_walk(dir, &tree, &err), 0);
	assert_int_equal(tree.files, 3);
	assert_true(tree.bytes < bytes + 20000);
	remove_tree(dir);
	assert_int_equal(fb_storage_walk(dir, &tree, &err), -1);
	check_contains(err.text, "No such file or directory");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gpus),	     cmocka_unit_test(test_indices),   cmocka_unit_test(test_array_tasks),
		cmocka_unit_test(test_period),	     cmocka_unit_test(test_time_text), cmocka_unit_test(test_hours_window),
		cmocka_unit_test(test_hours_add),    cmocka_unit_test(test_bytes),     cmocka_unit_test(test_printable),
		cmocka_unit_test(test_storage_ask),  cmocka_unit_test(test_storage_walk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
