/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The cache: who loads, who reads, what is not believed. The tests run as root, whose cache others may read. */
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fb_config.h"
#include "flightbase/cache.h"
#include "remove_tree.h"

/* An object is a number; loading counts in a file, so that processes count together. */
struct object {
	int value;
	int loads; /* descriptor of the file that has a byte for each load */
	bool fail, slow;
};

static int load(void *object, struct fb_err *err)
{
	struct object *o = object;

	assert_int_equal(write(o->loads, "x", 1), 1);
	if (o->slow)
		usleep(300000);
	if (o->fail)
		return fb_err_set(err, "the daemon is away");
	o->value = 42;
	return 0;
}

static int parse(void *object, struct json_object *json)
{
	if (!json_object_is_type(json, json_type_int))
		return -1;
	((struct object *)object)->value = json_object_get_int(json);
	return 0;
}

static struct json_object *format(const void *object)
{
	return json_object_new_int(((const struct object *)object)->value);
}

static const struct fb_cache_type type = { load, parse, format };

struct fixture {
	char dir[256], path[300], loads[300];
	struct fb_cache cache;
	struct object object;
};

static void setup(struct fixture *f)
{
	struct fb_err err;

	make_temporary(f->dir, sizeof(f->dir));
	snprintf(f->path, sizeof(f->path), "%s/flightbase", f->dir);
	snprintf(f->loads, sizeof(f->loads), "%s/loads", f->dir);
	f->object = (struct object){ .loads = open(f->loads, O_WRONLY | O_CREAT | O_APPEND, 0600) };
	assert_true(f->object.loads >= 0);
	if (fb_cache_open_in(&f->cache, f->path, NULL, &err))
		fail_msg("%s", err.text);
}

static void teardown(struct fixture *f)
{
	fb_cache_close(&f->cache);
	close(f->object.loads);
	remove_tree(f->dir);
}

static long loads(const struct fixture *f)
{
	struct stat st;

	assert_int_equal(stat(f->loads, &st), 0);
	return (long)st.st_size;
}

static int get(struct fixture *f, const char *state, time_t age, struct fb_err *err)
{
	f->object.value = 0;
	return fb_cache_get(&f->cache, "thing", state, age, false, &type, &f->object, err);
}

static void write_thing(const struct fixture *f, const char *text)
{
	write_file(f->path, "thing.json", text);
}

static void test_once(void **state)
{
	struct fixture f;
	struct fb_err err;

	(void)state;
	setup(&f);
	assert_int_equal(get(&f, "a", 1000, &err), 0);
	assert_int_equal(f.object.value, 42);
	assert_int_equal(loads(&f), 1);
	assert_int_equal(get(&f, "a", 1000, &err), 0);
	assert_int_equal(f.object.value, 42);
	assert_int_equal(loads(&f), 1);
	assert_int_equal(get(&f, "b", 1000, &err), 0); /* it depends on something that has changed */
	assert_int_equal(loads(&f), 2);
	teardown(&f);
}

static void set_age(const struct fixture *f, time_t seconds)
{
	struct timespec times[2] = { { .tv_sec = time(NULL) - seconds }, { .tv_sec = time(NULL) - seconds } };
	char path[512];

	snprintf(path, sizeof(path), "%s/thing.json", f->path);
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void test_age(void **state)
{
	struct fixture f;
	struct fb_err err;

	(void)state;
	setup(&f);
	assert_int_equal(get(&f, "a", 1000, &err), 0);
	set_age(&f, 2000);
	assert_int_equal(get(&f, "a", 1000, &err), 0);
	assert_int_equal(loads(&f), 2);
	set_age(&f, -100); /* the clock was set back */
	assert_int_equal(get(&f, "a", 1000, &err), 0);
	assert_int_equal(loads(&f), 3);
	teardown(&f);
}

static void test_broken(void **state)
{
	static const char *const broken[] = {
		"",
		"{",
		"[]",
		"null",
		"42",
		"{\"flightbase\":\"" PACKAGE_VERSION "\"}",
		"{\"flightbase\":\"0.0.0\",\"key\":\"thing\",\"state\":\"a\",\"taken\":1,\"data\":7}",
		"{\"flightbase\":\"" PACKAGE_VERSION "\",\"key\":\"other\",\"state\":\"a\",\"taken\":1,\"data\":7}",
		"{\"flightbase\":\"" PACKAGE_VERSION "\",\"key\":\"thing\",\"state\":\"a\",\"taken\":\"1\",\"data\":7}",
		"{\"flightbase\":\"" PACKAGE_VERSION "\",\"key\":\"thing\",\"state\":\"a\",\"taken\":1,\"data\":\"seven\"}",
		"{\"flightbase\":\"" PACKAGE_VERSION "\",\"key\":\"thing\",\"state\":\"a\",\"taken\":1,\"data\":",
	};
	struct fixture f;
	struct fb_err err;

	(void)state;
	setup(&f);
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		write_thing(&f, broken[i]);
		if (get(&f, "a", 1000, &err) || f.object.value != 42 || loads(&f) != (long)i + 1)
			fail_msg("believed: %s", broken[i]);
	}
	/* So that the cases above fail for what they are made for. */
	write_thing(&f, "{\"flightbase\":\"" PACKAGE_VERSION "\",\"key\":\"thing\",\"state\":\"a\",\"taken\":1,\"data\":7}");
	assert_int_equal(get(&f, "a", 1000, &err), 0);
	assert_int_equal(f.object.value, 7);
	teardown(&f);
}

static void test_links_and_modes(void **state)
{
	static const char good[] = "{\"flightbase\":\"" PACKAGE_VERSION "\",\"key\":\"thing\",\"state\":\"a\",\"taken\":1,\"data\":7}";
	char path[512], other[512];
	struct fixture f;
	struct fb_err err;

	(void)state;
	setup(&f);
	snprintf(path, sizeof(path), "%s/thing.json", f.path);
	snprintf(other, sizeof(other), "%s/other", f.dir);
	write_file(f.dir, "other", good);
	assert_int_equal(symlink(other, path), 0);
	assert_int_equal(get(&f, "a", 1000, &err), 0);
	assert_int_equal(f.object.value, 42);
	/* The link was replaced, what it pointed to was not written. */
	write_thing(&f, good);
	assert_int_equal(chmod(path, 0666), 0); /* anybody could have written it */
	assert_int_equal(get(&f, "a", 1000, &err), 0);
	assert_int_equal(f.object.value, 42);
	struct stat st;
	assert_int_equal(stat(other, &st), 0);
	assert_int_equal(st.st_size, sizeof(good) - 1);
	if (geteuid() == 0) {
		write_thing(&f, good);
		assert_int_equal(chmod(path, 0600), 0);
		assert_int_equal(chown(path, 12345, (gid_t)-1), 0);
		assert_int_equal(get(&f, "a", 1000, &err), 0);
		assert_int_equal(f.object.value, 42);
	}
	teardown(&f);
}

static void test_failure(void **state)
{
	struct fixture f;
	struct fb_err err;
	time_t taken;

	(void)state;
	setup(&f);
	f.object.fail = true;
	assert_int_equal(fb_cache_last(&f.cache, "thing", &type, &f.object, &taken), -1);
	assert_int_equal(get(&f, "a", 1000, &err), -1);
	assert_string_equal(err.text, "the daemon is away");
	/* A later one tries again. */
	assert_int_equal(get(&f, "a", 1000, &err), -1);
	assert_int_equal(loads(&f), 2);
	f.object.fail = false;
	assert_int_equal(get(&f, "a", 1000, &err), 0);
	/* What was there before it went away is still to be had, and how old it is. */
	f.object.fail = true;
	set_age(&f, 5000);
	assert_int_equal(get(&f, "a", 1000, &err), -1);
	assert_int_equal(fb_cache_last(&f.cache, "thing", &type, &f.object, &taken), 0);
	assert_int_equal(f.object.value, 42);
	assert_true(time(NULL) - taken < 1000);
	teardown(&f);
}

/* So many processes at once: exit status 0 if each got the object, or each the failure. */
static void run_processes(struct fixture *f, bool fail)
{
	enum { PROCESSES = 8 };
	int status;

	for (int i = 0; i < PROCESSES; i++) {
		pid_t pid = fork();

		assert_true(pid >= 0);
		if (pid == 0) {
			struct fb_err err;

			f->object.slow = true;
			f->object.fail = fail;
			int rc = get(f, "a", 1000, &err);
			_exit(fail ? rc != -1 || strcmp(err.text, "the daemon is away") : rc != 0 || f->object.value != 42);
		}
	}
	for (int i = 0; i < PROCESSES; i++) {
		assert_true(wait(&status) > 0);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	}
}

static void test_many(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f);
	run_processes(&f, false);
	assert_int_equal(loads(&f), 1);
	teardown(&f);
	/* Who waits for a load that fails does not try it once more: a daemon that hangs would hold up each in turn. */
	setup(&f);
	run_processes(&f, true);
	assert_true(loads(&f) < 8);
	teardown(&f);
}

static void test_directory(void **state)
{
	char dir[256], path[300], link[300];
	struct fb_cache cache;
	struct fb_err err;
	struct stat st;

	(void)state;
	make_temporary(dir, sizeof(dir));
	snprintf(path, sizeof(path), "%s/c", dir);
	assert_int_equal(fb_cache_open_in(&cache, path, NULL, &err), 0);
	fb_cache_close(&cache);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, geteuid() ? 0700 : 0755);
	assert_int_equal(chmod(path, 0777), 0);
	assert_int_equal(fb_cache_open_in(&cache, path, NULL, &err), -1);
	check_contains(err.text, "others may get at it (mode 0777, not 0700): not used; remove it");
	assert_int_equal(cache.dir, -1);
	assert_int_equal(chmod(path, 0700), 0);
	snprintf(link, sizeof(link), "%s/l", dir);
	assert_int_equal(symlink(path, link), 0);
	assert_int_equal(fb_cache_open_in(&cache, link, NULL, &err), -1);
	check_contains(err.text, ": not used");
	snprintf(link, sizeof(link), "%s/no/where", dir);
	assert_int_equal(fb_cache_open_in(&cache, link, NULL, &err), -1);
	check_contains(err.text, "No such file or directory: not used");
	if (geteuid() == 0) {
		assert_int_equal(chown(path, 12345, (gid_t)-1), 0);
		assert_int_equal(fb_cache_open_in(&cache, path, NULL, &err), -1);
		check_contains(err.text, "it belongs to uid 12345, not to you (uid 0): not used; have it removed");
	}
	remove_tree(dir);
}

/* Without a directory everything is loaded, and works. */
static void test_none(void **state)
{
	struct fixture f;
	struct fb_err err;

	(void)state;
	setup(&f);
	fb_cache_close(&f.cache);
	assert_int_equal(get(&f, "a", 1000, &err), 0);
	assert_int_equal(get(&f, "a", 1000, &err), 0);
	assert_int_equal(loads(&f), 2);
	teardown(&f);
}

static void test_public(void **state)
{
	struct fixture f, other;
	struct fb_err err;

	(void)state;
	if (geteuid())
		skip();
	setup(&f);
	setup(&other);
	assert_int_equal(fb_cache_get(&f.cache, "thing", "a", 1000, true, &type, &f.object, &err), 0);
	fb_cache_close(&other.cache);
	assert_int_equal(fb_cache_open_in(&other.cache, other.path, f.path, &err), 0);
	/* Read where root keeps it; asked for what is not shared, it is loaded. */
	assert_int_equal(fb_cache_get(&other.cache, "thing", "a", 1000, true, &type, &other.object, &err), 0);
	assert_int_equal(loads(&other), 0);
	assert_int_equal(other.object.value, 42);
	assert_int_equal(fb_cache_get(&other.cache, "thing", "a", 1000, false, &type, &other.object, &err), 0);
	assert_int_equal(loads(&other), 1);
	/* Somebody else's in root's place is not believed. */
	char path[512];
	snprintf(path, sizeof(path), "%s/thing.json", f.path);
	assert_int_equal(chown(path, 12345, (gid_t)-1), 0);
	snprintf(path, sizeof(path), "%s/thing.json", other.path);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(fb_cache_get(&other.cache, "thing", "a", 1000, true, &type, &other.object, &err), 0);
	assert_int_equal(loads(&other), 2);
	teardown(&f);
	teardown(&other);
}

/* One that is being loaded is busy, and then fresh. */
static void test_busy(void **state)
{
	struct fixture f;
	int status;

	(void)state;
	setup(&f);
	assert_false(fb_cache_is_busy(&f.cache, "thing"));
	assert_int_equal(fb_cache_peek(&f.cache, "thing", "a", 1000, &type, &f.object), -1);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct fb_err err;

		f.object.slow = true;
		_exit(get(&f, "a", 1000, &err) != 0);
	}
	while (!loads(&f))
		usleep(1000);
	assert_true(fb_cache_is_busy(&f.cache, "thing") || !fb_cache_peek(&f.cache, "thing", "a", 1000, &type, &f.object));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_false(fb_cache_is_busy(&f.cache, "thing"));
	assert_int_equal(fb_cache_peek(&f.cache, "thing", "a", 1000, &type, &f.object), 0);
	assert_int_equal(f.object.value, 42);
	assert_int_equal(fb_cache_peek(&f.cache, "thing", "b", 1000, &type, &f.object), -1);
	set_age(&f, 2000);
	assert_int_equal(fb_cache_peek(&f.cache, "thing", "a", 1000, &type, &f.object), -1);
	teardown(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_once),	  cmocka_unit_test(test_age),	    cmocka_unit_test(test_broken),
		cmocka_unit_test(test_links_and_modes), cmocka_unit_test(test_failure), cmocka_unit_test(test_many),
		cmocka_unit_test(test_directory), cmocka_unit_test(test_none),	    cmocka_unit_test(test_public),
		cmocka_unit_test(test_busy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
