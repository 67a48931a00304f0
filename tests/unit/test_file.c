/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that are replaced: the content, and what killed writers leave behind. */
#include "check.h"

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/file.h"
#include "remove_tree.h"

enum { MINUTE = 60, HOUR = 3600 };

static void set_age(const char *path, time_t seconds)
{
	struct timespec times[2] = { { .tv_sec = time(NULL) - seconds }, { .tv_sec = time(NULL) - seconds } };

	assert_int_equal(utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW), 0);
}

/* A process id that nobody has: of a child that has ended. */
static int dead(void)
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return (int)pid;
}

/* One that lives until it is killed. */
static int start(void)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	while (pid == 0)
		pause();
	return (int)pid;
}

static void replace(const char *dir)
{
	char path[300], text[16];
	struct fb_err err;

	snprintf(path, sizeof(path), "%s/a.json", dir);
	if (fb_file_replace(path, "new", 3, 0644, true, &err))
		fail_msg("%s", err.text);
	int fd = open(path, O_RDONLY);
	assert_int_equal(read(fd, text, sizeof(text)), 3);
	close(fd);
	assert_memory_equal(text, "new", 3);
}

static void test_left(void **state)
{
	const int ended = dead(), mine = (int)getpid(), living = start();
	const struct {
		const char *format;
		int pid;
		time_t age;
		bool removed;
	} cases[] = {
		{ "a.json.new.%d", ended, 2 * MINUTE, true },
		{ "a.json.new.%d", ended, 0, false }, /* on another machine it may be alive */
		{ "a.json.new.%d", living, 2 * MINUTE, false },
		{ "a.json.new.%d", living, 2 * HOUR, true },
		{ "b.json.new.%d", ended, 2 * HOUR, false },
		{ "a.json.new.%dx", ended, 2 * HOUR, false },
		{ "a.json.new.0%d", ended, 2 * HOUR, false },
		{ "a.json.new.-%d", ended, 2 * HOUR, false },
		{ "a.json.old.%d", ended, 2 * HOUR, false },
		{ "a.json.new.99999999999%d", ended, 2 * HOUR, false },
		{ "a.json.new.%d", mine, 2 * HOUR, true }, /* written anew, and renamed */
	};
	char dir[256], name[64], path[400];
	struct stat st;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		make_temporary(dir, sizeof(dir));
		snprintf(name, sizeof(name), cases[i].format, cases[i].pid);
		snprintf(path, sizeof(path), "%s/%s", dir, name);
		write_file(dir, name, "half");
		set_age(path, cases[i].age);
		replace(dir);
		if (!lstat(path, &st) == cases[i].removed)
			fail_msg("%s, %ld seconds old: %s", name, (long)cases[i].age, cases[i].removed ? "still there" : "removed");
		remove_tree(dir);
	}
	assert_int_equal(kill(living, SIGKILL), 0);
	assert_int_equal(waitpid(living, NULL, 0), living);
}

/* A link is not followed, nor removed: no writer makes one. Nor is another user's file. */
static void test_not_ours(void **state)
{
	char dir[256], path[400], other[300];
	const int ended = dead();
	struct stat st;

	(void)state;
	make_temporary(dir, sizeof(dir));
	snprintf(other, sizeof(other), "%s/other", dir);
	write_file(dir, "other", "kept");
	snprintf(path, sizeof(path), "%s/a.json.new.%d", dir, ended);
	assert_int_equal(symlink(other, path), 0);
	set_age(path, 2 * HOUR);
	replace(dir);
	assert_int_equal(lstat(path, &st), 0);
	assert_int_equal(stat(other, &st), 0);
	if (geteuid() == 0) {
		assert_int_equal(unlink(path), 0);
		write_file(dir, strrchr(path, '/') + 1, "half");
		assert_int_equal(chown(path, 12345, (gid_t)-1), 0);
		set_age(path, 2 * HOUR);
		replace(dir);
		assert_int_equal(lstat(path, &st), 0);
	}
	remove_tree(dir);
}

static void test_refused(void **state)
{
	char dir[256], path[300];
	struct fb_err err;

	(void)state;
	make_temporary(dir, sizeof(dir));
	snprintf(path, sizeof(path), "%s/none/a.json", dir);
	assert_int_equal(fb_file_replace(path, "new", 3, 0644, true, &err), -1);
	check_contains(err.text, "No such file or directory");
	remove_tree(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_left), cmocka_unit_test(test_not_ours), cmocka_unit_test(test_refused) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
