/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The end of a workspace's period, as its pending jobs carry it: Slurm's Deadline. */
#ifndef FB_DEADLINES_H
#define FB_DEADLINES_H

#include <stdint.h>
#include <time.h>

#include "common/err.h"

/*
 * Give every pending job of the workspace the new end. A job whose deadline is earlier than the old end has one of its
 * user's own, which stays unless the new end is earlier still. A job that would be cut by it may be cut to min_run
 * minutes. An end of 0 is none. Return 0, or -1 with err.
 */
int fb_deadlines_move(const char *workspace, time_t old_end, time_t new_end, uint32_t min_run, struct fb_err *err);

/* What a pending job's deadline becomes; 0 stands for none. For tests. */
time_t fb_deadline_moved(time_t deadline, time_t old_end, time_t new_end);

#endif
