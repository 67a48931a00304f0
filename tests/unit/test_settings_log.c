/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The history of settings: who wrote what, what was changed by hand, lines that are broken. */
#include "check.h"

#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

#include "flightbase/settings_log.h"
#include "remove_tree.h"

struct fixture {
	char dir[256], log[300], file[300];
};

static void setup(struct fixture *f)
{
	make_temporary(f->dir, sizeof(f->dir));
	snprintf(f->log, sizeof(f->log), "%s/history.d", f->dir);
	snprintf(f->file, sizeof(f->file), "%s/v.json", f->dir);
}

/* Write it down and, unless the command is killed between the two, into the file. */
static void change(const struct fixture *f, const char *who, const char *text, bool killed)
{
	struct json_object *settings = text ? json_tokener_parse(text) : NULL;
	struct fb_err err;

	if (fb_settings_log_add(f->log, "v", f->file, who, settings, &err))
		fail_msg("%s", err.text);
	json_object_put(settings);
	if (killed)
		return;
	if (text)
		write_file(f->dir, "v.json", text);
	else
		assert_int_equal(unlink(f->file), 0);
}

/* The last rows, "who what". */
static void check_rows(const struct fixture *f, const char *const *rows, size_t count)
{
	struct fb_settings_log log;
	struct fb_err err;
	char row[600];

	if (fb_settings_log_load(f->log, "v", f->file, &log, &err))
		fail_msg("%s", err.text);
	assert_int_equal(log.count, count);
	for (size_t i = 0; i < count; i++) {
		snprintf(row, sizeof(row), "%s %s", log.change[i].who, log.change[i].what);
		assert_string_equal(row, rows[i]);
		assert_true(log.change[i].time <= time(NULL) && log.change[i].time > time(NULL) - 1000);
	}
	fb_settings_log_free(&log);
}
#define CHECK_ROWS(f, ...) \
	do { \
		static const char *const rows[] = { __VA_ARGS__ }; \
		check_rows(f, rows, sizeof(rows) / sizeof(rows[0])); \
	} while (0)

static void test_changes(void **state)
{
	struct fixture f;
	struct stat st;

	(void)state;
	setup(&f);
	check_rows(&f, NULL, 0);
	change(&f, "root", "{\"until\":\"2030-01-01\",\"guarantee\":2}", false);
	CHECK_ROWS(&f, "root until: 2030-01-01, guarantee: 2");
	change(&f, "root", "{\"until\":\"2030-01-01\",\"guarantee\":2}", false); /* nothing has changed */
	change(&f, "dora", "{\"until\":\"2031-01-01\",\"trainings\":[\"jupyter\"]}", false);
	CHECK_ROWS(&f, "root until: 2030-01-01, guarantee: 2",
		   "dora until: 2031-01-01 (was 2030-01-01), trainings: [\"jupyter\"], guarantee: none (was 2)");
	change(&f, "dora", NULL, false);
	CHECK_ROWS(&f, "root until: 2030-01-01, guarantee: 2",
		   "dora until: 2031-01-01 (was 2030-01-01), trainings: [\"jupyter\"], guarantee: none (was 2)", "dora settings removed");
	char path[400];
	snprintf(path, sizeof(path), "%s/v.jsonl", f.log);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	remove_tree(f.dir);
}

static void test_by_hand(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f);
	/* A file that was there before anything was written down. */
	write_file(f.dir, "v.json", "{\"guarantee\":1}");
	CHECK_ROWS(&f, " guarantee: 1");
	change(&f, "root", "{\"guarantee\":2}", false);
	CHECK_ROWS(&f, " guarantee: 1", "root guarantee: 2 (was 1)");
	write_file(f.dir, "v.json", "{\"guarantee\":3}");
	CHECK_ROWS(&f, " guarantee: 1", "root guarantee: 2 (was 1)", " guarantee: 3 (was 2)");
	write_file(f.dir, "v.json", "{\"guarantee\":");
	CHECK_ROWS(&f, " guarantee: 1", "root guarantee: 2 (was 1)", " settings removed, or no JSON any more");
	write_file(f.dir, "v.json", "{\"guarantee\":3}");
	change(&f, "root", "{\"guarantee\":4}", false);
	CHECK_ROWS(&f, " guarantee: 1", "root guarantee: 2 (was 1)", " guarantee: 3 (was 2)", "root guarantee: 4 (was 3)");
	remove_tree(f.dir);
}

/* Between the line and the file: run again, who did it and what is there. */
static void test_killed(void **state)
{
	struct fb_settings_log log;
	struct fixture f;
	struct fb_err err;

	(void)state;
	setup(&f);
	change(&f, "root", "{\"guarantee\":1}", false);
	change(&f, "root", "{\"guarantee\":2}", true);
	change(&f, "root", "{\"guarantee\":2}", false);
	assert_int_equal(fb_settings_log_load(f.log, "v", f.file, &log, &err), 0);
	assert_string_equal(log.change[log.count - 1].who, "root");
	assert_string_equal(log.change[log.count - 1].what, "guarantee: 2 (was 1)");
	fb_settings_log_free(&log);
	remove_tree(f.dir);
}

static void test_broken(void **state)
{
	static const char good[] = "{\"time\":%lld,\"who\":\"root\",\"settings\":{\"guarantee\":1}}\n";
	static const char *const broken[] = { "{\"time\":", "7\n", "[]\n", "{\"time\":1,\"who\":7,\"settings\":null}\n",
					      "{\"time\":1,\"who\":\"x\"}\n", "{\"time\":\"1\",\"who\":\"x\",\"settings\":{}}\n", "\n" };
	struct fixture f;
	char text[400];

	(void)state;
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		setup(&f);
		int used = snprintf(text, sizeof(text), good, (long long)time(NULL));
		snprintf(text + used, sizeof(text) - (size_t)used, "%s", broken[i]);
		assert_int_equal(mkdir(f.log, 0755), 0);
		write_file(f.log, "v.jsonl", text);
		write_file(f.dir, "v.json", "{\"guarantee\":1}");
		CHECK_ROWS(&f, "root guarantee: 1");
		/* What comes after a line that was cut off is a line of its own. */
		change(&f, "dora", "{\"guarantee\":2}", false);
		CHECK_ROWS(&f, "root guarantee: 1", "dora guarantee: 2 (was 1)");
		remove_tree(f.dir);
	}
}

static void test_refused(void **state)
{
	struct fixture f;
	struct fb_err err;
	char path[400];

	(void)state;
	setup(&f);
	assert_int_equal(mkdir(f.log, 0755), 0);
	snprintf(path, sizeof(path), "%s/v.jsonl", f.log);
	assert_int_equal(mkdir(path, 0755), 0);
	struct json_object *settings = json_object_new_object();
	assert_int_equal(fb_settings_log_add(f.log, "v", f.file, "root", settings, &err), -1);
	check_contains(err.text, "/v.jsonl: Is a directory");
	json_object_put(settings);
	remove_tree(f.dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_changes), cmocka_unit_test(test_by_hand), cmocka_unit_test(test_killed),
					    cmocka_unit_test(test_broken), cmocka_unit_test(test_refused) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
