/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "flightbase/names.h"

#define WORKSPACES "workspaces"
#define OPEN_DIR (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

static const char *const parts[] = { "images", "datasets", "models", "volume" };
enum { PARTS = sizeof(parts) / sizeof(parts[0]), PART_MODE = 01777 };

/* Where a message says it happened. */
struct place {
	const char *root, *name, *part; /* part NULL: the top itself */
};

static int failed(const struct place *place, struct fb_err *err)
{
	return fb_err_set(err, "%s/" WORKSPACES "/%s%s%s: %s", place->root, place->name, place->part ? "/" : "",
			  place->part ? place->part : "", strerror(errno));
}

int fb_tree_open_top(const char *root, bool make, struct fb_err *err)
{
	int top = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC), fd = -1;
	struct stat st;

	if (top < 0) {
		fb_err_set(err, "%s: %s; mount the shared file system there, or make the directory: it is the site's root", root,
			   strerror(errno));
		return -1;
	}
	if (make && mkdirat(top, WORKSPACES, 0755) && errno != EEXIST)
		fb_err_set(err, "%s/" WORKSPACES ": %s", root, strerror(errno));
	else if ((fd = openat(top, WORKSPACES, OPEN_DIR)) < 0 || fstat(fd, &st))
		fb_err_set(err, "%s/" WORKSPACES ": %s", root, strerror(errno));
	else if (st.st_uid != 0 || (st.st_mode & 022)) {
		fb_err_set(err, "%s/" WORKSPACES ": others than root can write to it: owner %s, mode %04o; give it to root, mode 0755",
			   root, fb_user_text(st.st_uid).text, st.st_mode & 07777u);
		close(fd);
		fd = -1;
	}
	int saved = errno;
	close(top);
	errno = saved;
	return fd;
}

void fb_tree_free(struct fb_tree *tree)
{
	free(tree->entry);
	*tree = (struct fb_tree){ .there = false };
}

bool fb_tree_lets_in(const struct fb_tree *tree, uid_t uid)
{
	for (size_t i = 0; i < tree->entries; i++)
		if (tree->entry[i] == uid)
			return true;
	return tree->owner == uid;
}

static bool part_sound(int fd, const char *part, uid_t owner)
{
	struct stat st;

	return !fstatat(fd, part, &st, AT_SYMLINK_NOFOLLOW) && S_ISDIR(st.st_mode) && (st.st_mode & 07777) == PART_MODE &&
	       (st.st_uid == owner || st.st_uid == 0);
}

static int read_top(struct fb_tree *tree, int fd, const struct place *place, struct fb_err *err)
{
	if (fb_gate_read(fd, &tree->entry, &tree->entries, &tree->gate))
		return failed(place, err);
	tree->parts = true;
	for (int i = 0; i < PARTS; i++)
		tree->parts &= part_sound(fd, parts[i], tree->owner);
	tree->known = true;
	return 0;
}

int fb_tree_read(struct fb_tree *tree, const char *root, const char *name, struct fb_err *err)
{
	struct place place = { .root = root, .name = name };
	struct stat st;
	int rc = 0;

	*tree = (struct fb_tree){ .there = false };
	int top = fb_tree_open_top(root, false, err);
	if (top < 0)
		return errno == ENOENT ? 0 : -1;
	if (fstatat(top, name, &st, AT_SYMLINK_NOFOLLOW)) {
		rc = errno == ENOENT ? 0 : failed(&place, err);
		close(top);
		return rc;
	}
	tree->there = true;
	tree->owner = st.st_uid;
	tree->group = st.st_gid;
	int fd = openat(top, name, OPEN_DIR);
	if (fd >= 0)
		rc = read_top(tree, fd, &place, err);
	else if (errno != EACCES)
		rc = failed(&place, err);
	if (fd >= 0)
		close(fd);
	close(top);
	if (rc)
		fb_tree_free(tree);
	return rc;
}

/* A directory may be taken over from root, whoever owned the workspace before, and the owner himself. */
static int take(int fd, uid_t owner, uid_t before, const struct place *place, struct fb_err *err)
{
	struct stat st;

	if (fstat(fd, &st))
		return failed(place, err);
	if (st.st_uid == owner)
		return 0;
	if (st.st_uid != 0 && st.st_uid != before)
		return fb_err_set(err, "%s/" WORKSPACES "/%s%s%s: it belongs to %s, not to %s or root; move it away, or give it to root",
				  place->root, place->name, place->part ? "/" : "", place->part ? place->part : "",
				  fb_user_text(st.st_uid).text, fb_user_text(owner).text);
	return fchown(fd, owner, (gid_t)-1) ? failed(place, err) : 0;
}

static int open_part(int top, uid_t owner, uid_t before, const struct place *place, struct fb_err *err)
{
	if (mkdirat(top, place->part, 0700) && errno != EEXIST)
		return failed(place, err);
	int fd = openat(top, place->part, OPEN_DIR);
	if (fd < 0)
		return failed(place, err);
	int rc = take(fd, owner, before, place, err);
	struct stat st;
	if (!rc && (fstat(fd, &st) || ((st.st_mode & 07777) != PART_MODE && fchmod(fd, PART_MODE))))
		rc = failed(place, err);
	close(fd);
	return rc;
}

/* The group has the directory before it is let in. */
static int let_in(int fd, const struct fb_tree_wish *wish, const struct place *place, struct fb_err *err)
{
	struct stat st;

	if (!wish->by_group && fb_gate_add(fd, wish->users, wish->count))
		return errno != ENOTSUP ? failed(place, err) :
					  fb_err_set(err, "%s/" WORKSPACES "/%s: its file system has no access control lists; let in a Unix "
							  "group, with --access group", place->root, place->name);
	if (!wish->by_group)
		return 0;
	if (fstat(fd, &st) || (st.st_gid != wish->group && fchown(fd, (uid_t)-1, wish->group)) || fb_gate_open_group(fd))
		return failed(place, err);
	return 0;
}

/*
 * The gate is shut first and opened last, so that what is made in between is never seen half made: to all but those who
 * are let in now, whose jobs may be at work. The top goes to its new owner after what is below, so that an interrupted
 * change still tells whose all of it was.
 */
static int open_gate(int fd, const struct fb_tree_wish *wish, struct place *place, struct fb_err *err)
{
	struct stat st;

	if (fstat(fd, &st) || (st.st_uid != wish->owner && st.st_uid != wish->before && st.st_uid != 0))
		return take(fd, wish->owner, wish->before, place, err);
	if (!wish->grouped && fb_gate_add(fd, NULL, 0))
		return failed(place, err);
	for (int i = 0; i < PARTS; i++) {
		place->part = parts[i];
		if (open_part(fd, wish->owner, wish->before, place, err))
			return -1;
	}
	place->part = NULL;
	return take(fd, wish->owner, wish->before, place, err) || let_in(fd, wish, place, err) ? -1 : 0;
}

int fb_tree_open(const char *root, const char *name, const struct fb_tree_wish *wish, struct fb_err *err)
{
	struct place place = { .root = root, .name = name };
	int top = fb_tree_open_top(root, geteuid() == 0, err), rc = -1;

	if (top < 0)
		return -1;
	if (geteuid() == 0 && mkdirat(top, name, 0700) && errno != EEXIST) {
		failed(&place, err);
		close(top);
		return -1;
	}
	int fd = openat(top, name, OPEN_DIR);
	if (fd < 0)
		failed(&place, err);
	else
		rc = open_gate(fd, wish, &place, err);
	if (fd >= 0)
		close(fd);
	close(top);
	return rc;
}

int fb_tree_close(const char *root, const char *name, const uid_t *users, size_t count, struct fb_err *err)
{
	struct place place = { .root = root, .name = name };
	int top = fb_tree_open_top(root, false, err);

	if (top < 0)
		return -1;
	int fd = openat(top, name, OPEN_DIR);
	int rc = fd < 0 || fb_gate_keep(fd, users, count) ? failed(&place, err) : 0;
	if (fd >= 0)
		close(fd);
	close(top);
	return rc;
}
