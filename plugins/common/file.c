/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Seconds after which a temporary file is nobody's: of a writer that is dead, and of any. */
#define LEFT_DEAD 60
#define LEFT_LONG 3600

static int write_all(int fd, const char *data, size_t size)
{
	while (size) {
		ssize_t n = write(fd, data, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		data += n;
		size -= (size_t)n;
	}
	return 0;
}

static int sync_directory(const char *path)
{
	char dir[PATH_MAX];
	const char *slash = strrchr(path, '/');

	snprintf(dir, sizeof(dir), "%.*s", slash ? (int)(slash - path) : 1, slash ? path : ".");
	int fd = open(*dir ? dir : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	int rc = fsync(fd);
	close(fd);
	return rc;
}

/* The process id of a temporary file "NAME.new.PID" of name; 0: it is another file. */
static pid_t writer_of(const char *file, const char *name)
{
	size_t length = strlen(name);
	long pid;
	char *end;

	if (strncmp(file, name, length) || strncmp(file + length, ".new.", 5))
		return 0;
	file += length + 5;
	pid = strtol(file, &end, 10);
	return *file >= '1' && *file <= '9' && !*end && pid <= INT_MAX ? (pid_t)pid : 0;
}

/* A writer on another machine that shares the directory has a process id that says nothing here: it gets a minute. */
static bool is_left(int dir, const char *file, pid_t writer)
{
	time_t now = time(NULL);
	struct stat st;

	if (writer == getpid() || fstatat(dir, file, &st, AT_SYMLINK_NOFOLLOW) || !S_ISREG(st.st_mode) || st.st_uid != geteuid())
		return false;
	return now - st.st_mtime > LEFT_LONG || (now - st.st_mtime > LEFT_DEAD && kill(writer, 0) && errno == ESRCH);
}

static void remove_left(const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	char text[PATH_MAX];
	const struct dirent *entry;

	snprintf(text, sizeof(text), "%.*s", slash ? (int)(slash - path) + 1 : 1, slash ? path : ".");
	DIR *dir = opendir(text);
	while (dir && (entry = readdir(dir))) {
		pid_t writer = writer_of(entry->d_name, name);

		if (writer && is_left(dirfd(dir), entry->d_name, writer))
			unlinkat(dirfd(dir), entry->d_name, 0);
	}
	if (dir)
		closedir(dir);
}

int fb_file_replace(const char *path, const void *data, size_t size, mode_t mode, bool durable, struct fb_err *err)
{
	char temporary[PATH_MAX];

	if (snprintf(temporary, sizeof(temporary), "%s.new.%d", path, (int)getpid()) >= (int)sizeof(temporary))
		return fb_err_set(err, "%s: the path is too long", path);
	unlink(temporary);
	int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
	if (fd < 0)
		return fb_err_set(err, "%s: %s", temporary, strerror(errno));
	int failed = write_all(fd, data, size) || (durable && fsync(fd));
	if (close(fd) || failed || rename(temporary, path) || (durable && sync_directory(path))) {
		fb_err_set(err, "%s: %s", path, strerror(errno));
		unlink(temporary);
		return -1;
	}
	remove_left(path);
	return 0;
}
