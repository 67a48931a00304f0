/* SPDX-License-Identifier: GPL-2.0-or-later */
/* {"flightbase": RELEASE, "key": KEY, "state": STATE, "taken": T, "data": ...}, written under a lock of its own. */
#include "fb_config.h"

#include "flightbase/cache.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static void name_file(const char *key, const char *ending, char *name)
{
	snprintf(name, NAME_MAX + 1, "%.200s%s", key, ending);
}

/* Read all of a file that owner alone may write. Returns a new text with a NUL behind it, or NULL. */
static char *read_file(int dir, const char *name, uid_t owner, size_t *size)
{
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	char *text = NULL;
	struct stat st;

	if (fd < 0)
		return NULL;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_uid == owner && !(st.st_mode & 022) && st.st_size > 0 &&
	    st.st_size <= (off_t)FB_CACHE_SIZE_MAX && (text = malloc((size_t)st.st_size + 1))) {
		size_t done = 0;
		ssize_t got;

		while (done < (size_t)st.st_size && (got = read(fd, text + done, (size_t)st.st_size - done)) > 0)
			done += (size_t)got;
		text[done] = '\0';
		*size = done;
	}
	close(fd);
	return text;
}

static struct json_object *parse_text(const char *text, size_t size)
{
	struct json_tokener *tokener = json_tokener_new_ex(16);
	struct json_object *json = tokener ? json_tokener_parse_ex(tokener, text, (int)size) : NULL;

	if (tokener)
		json_tokener_free(tokener);
	return json;
}

static bool text_is(struct json_object *json, const char *key, const char *value)
{
	struct json_object *found;

	return json_object_object_get_ex(json, key, &found) && json_object_is_type(found, json_type_string) &&
	       !strcmp(json_object_get_string(found), value);
}

/* Take the object out of a document that is what it should be. state NULL: any. */
static int take(struct json_object *json, const char *key, const char *state, const struct fb_cache_type *type, void *object,
		time_t *taken)
{
	struct json_object *number, *data;

	if (!json_object_is_type(json, json_type_object) || !text_is(json, "flightbase", PACKAGE_VERSION) ||
	    !text_is(json, "key", key) || (state && !text_is(json, "state", state)) ||
	    !json_object_object_get_ex(json, "taken", &number) || !json_object_is_type(number, json_type_int) ||
	    !json_object_object_get_ex(json, "data", &data))
		return -1;
	*taken = (time_t)json_object_get_int64(number);
	return type->parse(object, data);
}

static int read_object(int dir, uid_t owner, const char *key, const char *state, const struct fb_cache_type *type,
		       void *object, time_t *taken)
{
	char name[NAME_MAX + 1];
	size_t size;
	int rc = -1;

	name_file(key, ".json", name);
	char *text = dir < 0 ? NULL : read_file(dir, name, owner, &size);
	struct json_object *json = text ? parse_text(text, size) : NULL;
	free(text);
	if (json)
		rc = take(json, key, state, type, object, taken);
	json_object_put(json);
	return rc;
}

/* A file's age by its own clock: one from the future, after the clock was set back, is old. */
static bool is_fresh(int dir, const char *key, time_t max_age)
{
	char name[NAME_MAX + 1];
	time_t now = time(NULL);
	struct stat st;

	name_file(key, ".json", name);
	return dir >= 0 && !fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) && st.st_mtime <= now && now - st.st_mtime <= max_age;
}

static int read_fresh(int dir, uid_t owner, const char *key, const char *state, time_t max_age,
		      const struct fb_cache_type *type, void *object)
{
	time_t taken;

	return is_fresh(dir, key, max_age) ? read_object(dir, owner, key, state, type, object, &taken) : -1;
}

static int write_text(int fd, const char *text, size_t size)
{
	while (size) {
		ssize_t n = write(fd, text, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		text += n;
		size -= (size_t)n;
	}
	return 0;
}

static struct json_object *make_document(const char *key, const char *state, const struct fb_cache_type *type,
					 const void *object, time_t taken)
{
	struct json_object *json = json_object_new_object(), *data = type->format(object);

	if (!json || !data || json_object_object_add(json, "data", data)) {
		json_object_put(data);
		json_object_put(json);
		return NULL;
	}
	json_object_object_add(json, "flightbase", json_object_new_string(PACKAGE_VERSION));
	json_object_object_add(json, "key", json_object_new_string(key));
	json_object_object_add(json, "state", json_object_new_string(state));
	json_object_object_add(json, "taken", json_object_new_int64(taken));
	return json;
}

/* Whoever holds the lock is the only one to write. What cannot be written is loaded again next time: no error. */
static void write_object(int dir, const char *key, const char *state, mode_t mode, const struct fb_cache_type *type,
			 const void *object, time_t taken)
{
	char name[NAME_MAX + 1], new[NAME_MAX + 1];
	struct json_object *json = make_document(key, state, type, object, taken);
	const struct timespec times[] = { { .tv_sec = taken }, { .tv_sec = taken } };
	size_t size = 0;

	name_file(key, ".json", name);
	name_file(key, ".new", new);
	unlinkat(dir, new, 0);
	int fd = json ? openat(dir, new, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode) : -1;
	const char *text = fd >= 0 ? json_object_to_json_string_length(json, JSON_C_TO_STRING_PLAIN, &size) : NULL;
	bool whole = text && !write_text(fd, text, size) && !fchmod(fd, mode) && !futimens(fd, times);
	if (fd >= 0 && (close(fd) || !whole || renameat(dir, new, dir, name)))
		unlinkat(dir, new, 0);
	json_object_put(json);
}

/* Returns the lock, to be closed; -1: nobody else can be kept out. */
static int lock_key(int dir, const char *key)
{
	char name[NAME_MAX + 1];

	name_file(key, ".lock", name);
	int fd = dir < 0 ? -1 : openat(dir, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	while (fd >= 0 && flock(fd, LOCK_EX))
		if (errno != EINTR) {
			close(fd);
			return -1;
		}
	return fd;
}

bool fb_cache_is_busy(const struct fb_cache *cache, const char *key)
{
	char name[NAME_MAX + 1];

	name_file(key, ".lock", name);
	int fd = cache->dir < 0 ? -1 : openat(cache->dir, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	bool busy = fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) && errno == EWOULDBLOCK;
	if (fd >= 0)
		close(fd);
	return busy;
}

/* Did a load fail since then? Who waited for it shares its fault instead of waiting for the same once more. */
static bool failed_since(int dir, const char *key, const struct timespec *since, struct fb_err *err)
{
	char name[NAME_MAX + 1];
	struct stat st;
	size_t size;

	name_file(key, ".failed", name);
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) || st.st_mtim.tv_sec < since->tv_sec ||
	    (st.st_mtim.tv_sec == since->tv_sec && st.st_mtim.tv_nsec < since->tv_nsec))
		return false;
	char *text = read_file(dir, name, geteuid(), &size);
	if (text)
		fb_err_set(err, "%s", text);
	free(text);
	return text != NULL;
}

static void write_failure(int dir, const char *key, const struct fb_err *err)
{
	char name[NAME_MAX + 1];

	name_file(key, ".failed", name);
	unlinkat(dir, name, 0);
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return;
	if (write_text(fd, err->text, strlen(err->text)))
		unlinkat(dir, name, 0);
	close(fd);
}

static int load(int dir, const char *key, const char *state, mode_t mode, const struct fb_cache_type *type, void *object,
		struct fb_err *err)
{
	time_t taken = time(NULL);

	if (type->load(object, err)) {
		if (dir >= 0)
			write_failure(dir, key, err);
		return -1;
	}
	if (dir >= 0)
		write_object(dir, key, state, mode, type, object, taken);
	return 0;
}

int fb_cache_get(const struct fb_cache *cache, const char *key, const char *state, time_t max_age, bool shared,
		 const struct fb_cache_type *type, void *object, struct fb_err *err)
{
	if ((shared && !read_fresh(cache->public, 0, key, state, max_age, type, object)) ||
	    !read_fresh(cache->dir, geteuid(), key, state, max_age, type, object))
		return 0;
	struct timespec since;
	clock_gettime(CLOCK_REALTIME, &since);
	int lock = lock_key(cache->dir, key), rc = 0;
	/* Another process may have loaded it, or tried, while this one waited. */
	if (lock < 0 || read_fresh(cache->dir, geteuid(), key, state, max_age, type, object)) {
		if (lock >= 0 && failed_since(cache->dir, key, &since, err))
			rc = -1;
		else
			rc = load(lock < 0 ? -1 : cache->dir, key, state, shared && geteuid() == 0 ? 0644 : 0600, type, object, err);
	}
	if (lock >= 0)
		close(lock);
	return rc;
}

int fb_cache_peek(const struct fb_cache *cache, const char *key, const char *state, time_t max_age,
		  const struct fb_cache_type *type, void *object)
{
	return read_fresh(cache->dir, geteuid(), key, state, max_age, type, object);
}

int fb_cache_last(const struct fb_cache *cache, const char *key, const struct fb_cache_type *type, void *object, time_t *taken)
{
	return read_object(cache->dir, geteuid(), key, NULL, type, object, taken);
}
