/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/run.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "flightbase/cli.h"
#include "flightbase/controller.h"
#include "flightbase/places.h"

#define LOCK_FILE FB_CONF_DIR "/.lock"
#define LOCK_SECONDS 120

/* One that was killed gives its lock back by itself. */
static int lock(int *fd, struct fb_err *err)
{
	const struct timespec pause = { .tv_nsec = 50 * 1000 * 1000 };
	const int tries = LOCK_SECONDS * 20;
	bool said = false;

	*fd = open(LOCK_FILE, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (*fd < 0)
		return fb_err_set(err, LOCK_FILE ": %s", strerror(errno));
	for (int i = 0; flock(*fd, LOCK_EX | LOCK_NB); i++) {
		if (errno != EWOULDBLOCK || i == tries) {
			fb_err_set(err, LOCK_FILE ": %s", errno == EWOULDBLOCK ? "another flightbase has held it for two minutes; see "
										 "what it waits for" : strerror(errno));
			close(*fd);
			*fd = -1;
			return -1;
		}
		if (i == 20 && !said) {
			fb_cli_note("waiting for another flightbase that is changing workspaces");
			said = true;
		}
		nanosleep(&pause, NULL);
	}
	return 0;
}

int fb_run_open(struct fb_run *run, struct fb_err *err)
{
	*run = (struct fb_run){ .lock = -1 };
	if (fb_db_open(&run->db, err))
		return -1;
	if (fb_caller_load(&run->caller, &run->db, err) || (run->caller.root && run->caller.here && lock(&run->lock, err))) {
		fb_run_close(run);
		return -1;
	}
	/* What is read from here on is read under the lock: fb_change_run looks anew. */
	run->up = fb_controller_up();
	return 0;
}

void fb_run_close(struct fb_run *run)
{
	fb_db_close(&run->db);
	if (run->lock >= 0)
		close(run->lock);
	run->lock = -1;
}
