/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a user's screens share: documents that one process loads and the others read for some seconds, so that the
 * daemons answer once for all of them. They lie in a directory that only the user can get at: flightbase in
 * $XDG_RUNTIME_DIR or /run/user/UID, else /tmp/flightbase-UID. Root's are in /run/flightbase/cache, where everybody
 * may read them if root allows it: a screen of root's that is always on serves those of all users.
 *
 * A document that is too old, broken, of another release or not the user's own is loaded anew and replaced.
 */
#ifndef FB_CACHE_H
#define FB_CACHE_H

#include <json-c/json.h>
#include <stdbool.h>
#include <time.h>

#include "common/err.h"

#define FB_CACHE_SIZE_MAX (256u << 20)

struct fb_cache {
	int dir;    /* -1: there is none, and every load goes to the daemons */
	int public; /* root's, to read only; -1: none */
};

/*
 * Find or make the directory. Return 0, or -1 with err if it is not safe to use; the cache then works without one.
 * fb_cache_open_in is for one directory, made if it is not there; public may be NULL.
 */
int fb_cache_open(struct fb_cache *cache, struct fb_err *err);
int fb_cache_open_in(struct fb_cache *cache, const char *path, const char *public, struct fb_err *err);
void fb_cache_close(struct fb_cache *cache);

/* How an object gets in and out. Each returns 0, or -1 with the object empty; format returns NULL: out of memory. */
struct fb_cache_type {
	int (*load)(void *object, struct fb_err *err); /* from the daemons */
	int (*parse)(void *object, struct json_object *json);
	struct json_object *(*format)(const void *object);
};

/*
 * Get the object of this key (letters, digits, '.', '_', '-'), at most max_age seconds old. state tells what else it
 * depends on: with another one it is loaded anew. shared: root's may be used, and root's is for all to read. Return 0,
 * or -1 with err: it had to be loaded, and could not be.
 */
int fb_cache_get(const struct fb_cache *cache, const char *key, const char *state, time_t max_age, bool shared,
		 const struct fb_cache_type *type, void *object, struct fb_err *err);

/* Like fb_cache_get, of the user's own, but -1 where it would have to be loaded. */
int fb_cache_peek(const struct fb_cache *cache, const char *key, const char *state, time_t max_age,
		  const struct fb_cache_type *type, void *object);

/* Is a process loading it? */
bool fb_cache_is_busy(const struct fb_cache *cache, const char *key);

/* The last one, whatever its age and state, of the user's own; *taken is its age. Return 0, or -1: there is none. */
int fb_cache_last(const struct fb_cache *cache, const char *key, const struct fb_cache_type *type, void *object,
		  time_t *taken);

#endif
