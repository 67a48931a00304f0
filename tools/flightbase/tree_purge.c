/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Removing a workspace's directories while its former members may still be at work in them: everything goes by
 * descriptor, no link is followed, and nothing outside is reached.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "flightbase/tree.h"

#define OPEN_DIR (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

/* A directory that lies deeper than this is moved up first: each level needs a descriptor. */
#define DEPTH_MAX 32

struct purge {
	int top;
	dev_t device;
	unsigned long moved; /* numbers the directories that were moved up */
	struct fb_err *err;
};

static int empty(struct purge *purge, int fd, int depth);

static int failed(struct purge *purge, const char *name)
{
	return fb_err_set(purge->err, "'%.200s' in it cannot be removed: %s", name, strerror(errno));
}

static int move_up(struct purge *purge, int fd, const char *name)
{
	char to[64];

	do
		snprintf(to, sizeof(to), ".flightbase-removed.%lu", purge->moved++);
	while (renameat2(fd, name, purge->top, to, RENAME_NOREPLACE) && errno == EEXIST);
	return faccessat(purge->top, to, F_OK, AT_SYMLINK_NOFOLLOW) ? failed(purge, name) : 0;
}

static int remove_directory(struct purge *purge, int fd, const char *name, int depth)
{
	struct stat st;

	if (depth >= DEPTH_MAX)
		return move_up(purge, fd, name);
	int below = openat(fd, name, OPEN_DIR);
	if (below < 0 || fstat(below, &st)) {
		if (below >= 0)
			close(below);
		return failed(purge, name);
	}
	if (st.st_dev != purge->device) {
		close(below);
		return fb_err_set(purge->err, "'%.200s' in it is another file system; unmount it first", name);
	}
	if (empty(purge, below, depth + 1))
		return -1;
	return unlinkat(fd, name, AT_REMOVEDIR) ? failed(purge, name) : 0;
}

static int remove_entry(struct purge *purge, int fd, const char *name, int depth)
{
	struct stat st;

	if (fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW))
		return errno == ENOENT ? 0 : failed(purge, name);
	if (S_ISDIR(st.st_mode))
		return remove_directory(purge, fd, name, depth);
	return unlinkat(fd, name, 0) && errno != ENOENT ? failed(purge, name) : 0;
}

/* Closes fd. What was moved up into the top while it was read is met in its next round. */
static int empty(struct purge *purge, int fd, int depth)
{
	DIR *dir = fdopendir(fd);
	int rc = dir ? 0 : failed(purge, ".");
	bool again = dir;

	while (!rc && again) {
		again = false;
		rewinddir(dir);
		for (struct dirent *entry; !rc && (entry = readdir(dir));) {
			if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
				continue;
			again = depth == 0;
			rc = remove_entry(purge, fd, entry->d_name, depth);
		}
	}
	if (dir)
		closedir(dir);
	else
		close(fd);
	return rc;
}

int fb_tree_purge(const char *root, const char *name, struct fb_err *err)
{
	struct purge purge = { .err = err };
	struct stat st;
	int workspaces = fb_tree_open_top(root, false, err), rc;

	if (workspaces < 0)
		return -1;
	purge.top = openat(workspaces, name, OPEN_DIR);
	if (purge.top < 0 || fstat(purge.top, &st)) {
		rc = errno == ENOENT ? 0 : fb_err_set(err, "%s", strerror(errno));
		close(workspaces);
		return rc;
	}
	purge.device = st.st_dev;
	/* Nobody comes in any more; who is in keeps what is open. */
	rc = fchown(purge.top, 0, 0) || fchmod(purge.top, 0700) ? fb_err_set(err, "%s", strerror(errno)) : 0;
	int copy = rc ? -1 : fcntl(purge.top, F_DUPFD_CLOEXEC, 0);
	if (!rc)
		rc = copy < 0 ? fb_err_set(err, "%s", strerror(errno)) : empty(&purge, copy, 0);
	if (!rc && unlinkat(workspaces, name, AT_REMOVEDIR))
		rc = fb_err_set(err, "%s", strerror(errno));
	close(purge.top);
	close(workspaces);
	return rc ? fb_err_prefix(err, "%s/workspaces/%s", root, name) : 0;
}
