/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The queue in the order in which Slurm's scheduler tries the jobs (sort_job_queue2 in job_scheduler.c): those in
 * reservations, then by the partition's priority tier, priority, time of submission and id, preemptible ones last.
 * What is tried first need not start first: a smaller job may fit where it does not.
 */
#ifndef FB_QUEUE_H
#define FB_QUEUE_H

#include "flightbase/snapshot.h"

struct fb_queue_entry {
	const struct fb_snap_job *job;
	uint64_t place;	  /* of its first task among the tasks that wait in its workspace, from 1; 0: not considered */
	uint64_t overall; /* among those of the whole cluster */
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
