/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "flightbase/topo/readers.h"

/* The text, or NULL with errno, EFBIG if there is more than FB_READER_SIZE_MAX. Pipes are fine: the size is not asked for. */
static char *read_all(int fd, size_t *size)
{
	char *text = malloc(FB_READER_SIZE_MAX + 1);

	*size = 0;
	while (text && *size <= FB_READER_SIZE_MAX) {
		ssize_t got = read(fd, text + *size, FB_READER_SIZE_MAX + 1 - *size);

		if (got < 0 && errno == EINTR)
			continue;
		if (got == 0)
			return text;
		if (got < 0) {
			int saved = errno;

			free(text);
			errno = saved;
			return NULL;
		}
		*size += (size_t)got;
	}
	free(text);
	errno = *size ? EFBIG : ENOMEM;
	return NULL;
}

int fb_survey_file(struct fb_survey *survey, fb_survey_reader *reader, const char *path, struct fb_err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	char *text = NULL;
	size_t size = 0;

	if (fd >= 0) {
		text = read_all(fd, &size);
		int saved = errno;
		close(fd);
		errno = saved;
	}
	if (!text && errno == EFBIG)
		return fb_err_set(err, "%s: more than %u MiB", path, FB_READER_SIZE_MAX >> 20);
	if (!text)
		return fb_err_set(err, "%s: %s", path, strerror(errno));
	int rc = reader(survey, path, text, size, err);
	free(text);
	return rc;
}
