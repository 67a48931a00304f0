/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The queue in the order in which Slurm's scheduler tries the jobs. */
#ifndef FB_QUEUE_H
#define FB_QUEUE_H

#include "flightbase/snapshot.h"

struct fb_queue_entry {
	const struct fb_snap_job *job;
	uint64_t place;	  /* of its first task among the tasks that wait in its workspace, from 1; 0: not considered */
	/*
	 * Among those of all workspaces in its partitions that wait for their turn, as `flightbase explain` says it: without
	 * those that a limit keeps back, for they do not stand in its way.
	 */
	uint64_t overall;
};

struct fb_queue {
	size_t count;
	struct fb_queue_entry *entry;
};

/* All that wait, in order; behind them what the scheduler does not consider. Return 0, or -1: out of memory. */
int fb_queue_make(const struct fb_snapshot *snapshot, struct fb_queue *queue);
void fb_queue_free(struct fb_queue *queue);

/* Keep the entries of one account (NULL: of all) and of one user (NULL: of all), in their order. */
void fb_queue_keep(struct fb_queue *queue, const char *account, const char *user);

#endif
