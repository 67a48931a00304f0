/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where jobs of workspaces stand in the queue. They start at nice 1000, so that a workspace's manager can move
 * them forward and back; their owners can only move them back. Nice values are as people write them, 0 without
 * Slurm's offset.
 */
#ifndef FB_COMMON_NICE_H
#define FB_COMMON_NICE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"

#define FB_NICE_START 1000
#define FB_NICE_MAX 2147483645 /* Slurm's */

/*
 * Added to the priority of each job of a workspace: what its nice value takes away, and as much again, because a
 * priority ends at 1 and a job there could not be moved back.
 */
#define FB_NICE_SITE_FACTOR 2000

/* Who changes a job. */
enum fb_nice_role { FB_NICE_OWNER, FB_NICE_MANAGER, FB_NICE_ADMIN };

/* The nice value of a new job that asked for this one. */
int64_t fb_nice_start(int64_t asked);

/* May the nice value of a workspace's job be changed from now to asked? Return 0, or -1 with err. */
int fb_nice_check(const char *workspace, enum fb_nice_role role, int64_t now, int64_t asked, struct fb_err *err);

#endif
