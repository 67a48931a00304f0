/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "spank/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file.h"
#include "topology/one_node.h"

#define WIRES ".wires"
#define WIRES_SIZE_MAX (FB_ONE_NODE_SIZE_MAX + 64)

static void store_path(uint32_t job, const char *suffix, char *path, size_t size)
{
	snprintf(path, size, FB_STORE_DIR "/%u%s", job, suffix);
}

static bool roots_alone(const struct stat *st, mode_t type)
{
	return (st->st_mode & S_IFMT) == type && st->st_uid == 0 && !(st->st_mode & 022);
}

/* /run is root's alone; still, never follow or use a folder that somebody else made. */
static int check_dir(struct fb_err *err)
{
	struct stat st;

	if (lstat(FB_STORE_DIR, &st))
		return fb_err_set(err, FB_STORE_DIR ": %s", strerror(errno));
	if (!roots_alone(&st, S_IFDIR)) {
		errno = EPERM;
		return fb_err_set(err, FB_STORE_DIR ": not a folder that only root may write");
	}
	return 0;
}

static int replace(uint32_t job, const char *suffix, const char *line, size_t length, struct fb_err *err)
{
	char path[64];

	if (mkdir(FB_STORE_DIR, 0755) && errno != EEXIST)
		return fb_err_set(err, FB_STORE_DIR ": %s", strerror(errno));
	if (check_dir(err))
		return -1;
	store_path(job, suffix, path, sizeof(path));
	return fb_file_replace(path, line, length, 0600, false, err);
}

int fb_store_write(uint32_t job, const struct fb_decision *decision, struct fb_err *err)
{
	char line[FB_DECISION_LINE_MAX];
	int length = fb_decision_format(decision, line, sizeof(line));

	if (length < 0)
		return fb_err_set(err, "the decision does not fit");
	return replace(job, "", line, (size_t)length, err);
}

int fb_store_refuse(uint32_t job, struct fb_err *err)
{
	return replace(job, "", "", 0, err);
}

/* Read a file of root's alone into text, at most size - 1 bytes; return its length, or -1 with err and errno. */
static ssize_t read_own(uint32_t job, const char *suffix, char *text, size_t size, struct fb_err *err)
{
	char path[64];
	struct stat st;

	if (check_dir(err)) /* errno is ENOENT if no job in a workspace ever was here */
		return -1;
	store_path(job, suffix, path, sizeof(path));
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return fb_err_set(err, "%s: %s", path, strerror(errno));
	ssize_t length = read(fd, text, size - 1);
	if (length < 0 || fstat(fd, &st) || !roots_alone(&st, S_IFREG))
		length = fb_err_set(err, "%s: not a file that only root may write", path);
	else
		text[length] = '\0';
	close(fd);
	if (length < 0)
		errno = EINVAL;
	return length;
}

int fb_store_read(uint32_t job, struct fb_decision *decision, struct fb_err *err)
{
	char line[FB_DECISION_LINE_MAX + 1];
	ssize_t length = read_own(job, "", line, sizeof(line), err);

	if (length < 0)
		return -1;
	if (length == 0)
		fb_err_set(err, FB_STORE_DIR "/%u: the prolog refused it, see slurmd's log", job);
	else if (!fb_decision_parse(decision, line, err))
		return 0;
	errno = EINVAL;
	return -1;
}

int fb_store_write_wires(uint32_t job, const char *text, size_t length, struct fb_err *err)
{
	return replace(job, WIRES, text, length, err);
}

int fb_store_read_wires(uint32_t job, char **text, struct fb_err *err)
{
	char *read = malloc(WIRES_SIZE_MAX);

	if (!read) {
		errno = ENOMEM;
		return fb_err_set(err, "out of memory");
	}
	if (read_own(job, WIRES, read, WIRES_SIZE_MAX, err) < 0) {
		int saved = errno;

		free(read);
		errno = saved;
		return -1;
	}
	*text = read;
	return 0;
}

static int remove_one(uint32_t job, const char *suffix, struct fb_err *err)
{
	char path[64];

	store_path(job, suffix, path, sizeof(path));
	if (unlink(path) && errno != ENOENT)
		return fb_err_set(err, "%s: %s", path, strerror(errno));
	return 0;
}

int fb_store_remove(uint32_t job, struct fb_err *err)
{
	struct fb_err other;
	int rc = remove_one(job, "", err);

	if (remove_one(job, WIRES, rc ? &other : err))
		rc = -1;
	return rc;
}
