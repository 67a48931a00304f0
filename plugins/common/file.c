/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

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
	return 0;
}
