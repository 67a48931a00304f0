/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/quiet.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int fb_quiet_begin(void)
{
	int saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	int nowhere = saved < 0 ? -1 : open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (nowhere >= 0) {
		dup2(nowhere, STDERR_FILENO);
		close(nowhere);
	}
	return saved;
}

void fb_quiet_end(int quiet)
{
	int error = errno;

	if (quiet >= 0) {
		dup2(quiet, STDERR_FILENO);
		close(quiet);
	}
	errno = error;
}
