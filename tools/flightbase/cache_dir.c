/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the cache is. Every step of the way into /tmp is somebody else's to prepare, so nothing is followed or believed. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "flightbase/cache.h"

#define PUBLIC_DIR "/run/flightbase/cache"

/* A directory that only its owner can write, and that belongs to owner. others: what else they may do. */
static int open_safe(const char *path, uid_t owner, mode_t others, struct fb_err *err)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return fb_err_set(err, "cache '%s': %s: not used", path, strerror(errno));
	if (!fstat(fd, &st) && st.st_uid == owner && !(st.st_mode & 07777 & ~(0700 | others)))
		return fd;
	close(fd);
	if (st.st_uid != owner)
		return fb_err_set(err, "cache '%s': it belongs to uid %u, not to you (uid %u): not used; have it removed", path,
				  (unsigned int)st.st_uid, (unsigned int)owner);
	return fb_err_set(err, "cache '%s': others may get at it (mode %04o, not 0700): not used; remove it", path,
			  (unsigned int)(st.st_mode & 07777));
}

int fb_cache_open_in(struct fb_cache *cache, const char *path, const char *public, struct fb_err *err)
{
	mode_t others = geteuid() == 0 ? 0055 : 0;

	*cache = (struct fb_cache){ .dir = -1, .public = -1 };
	if (public)
		cache->public = open_safe(public, 0, 0055, NULL);
	if (mkdir(path, 0700 | others) && errno != EEXIST)
		return fb_err_set(err, "cache '%s': %s: not used", path, strerror(errno));
	cache->dir = open_safe(path, geteuid(), others, err);
	if (cache->dir < 0)
		return -1;
	/* Whatever the umask is. */
	fchmod(cache->dir, 0700 | others);
	return 0;
}

/* Is this the user's own runtime directory? A leftover of another login's environment is not. */
static bool is_own(const char *path)
{
	struct stat st;

	return path && *path == '/' && !lstat(path, &st) && S_ISDIR(st.st_mode) && st.st_uid == geteuid() &&
	       !(st.st_mode & 022);
}

int fb_cache_open(struct fb_cache *cache, struct fb_err *err)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	char path[PATH_MAX], run[64];

	if (geteuid() == 0) {
		/* The nodes' part keeps its state beside it. */
		mkdir("/run/flightbase", 0755);
		return fb_cache_open_in(cache, PUBLIC_DIR, NULL, err);
	}
	snprintf(run, sizeof(run), "/run/user/%u", (unsigned int)geteuid());
	if (!is_own(runtime))
		runtime = is_own(run) ? run : NULL;
	if (runtime)
		snprintf(path, sizeof(path), "%s/flightbase", runtime);
	else
		snprintf(path, sizeof(path), "/tmp/flightbase-%u", (unsigned int)geteuid());
	return fb_cache_open_in(cache, path, PUBLIC_DIR, err);
}

void fb_cache_close(struct fb_cache *cache)
{
	if (cache->dir >= 0)
		close(cache->dir);
	if (cache->public >= 0)
		close(cache->public);
	*cache = (struct fb_cache){ .dir = -1, .public = -1 };
}
