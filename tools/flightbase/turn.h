/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A job's turn: where it stands in the order in which Slurm's scheduler tries jobs (sort_job_queue2 in job_scheduler.c):
 * those in reservations first, then by the partition's priority tier, priority, time of submission and id, preemptible
 * ones last. What is tried first need not start first: a smaller job may fit where it does not.
 */
#ifndef FB_TURN_H
#define FB_TURN_H

#include <slurm/slurm.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct fb_turn {
	bool queued;	  /* waits, and the scheduler considers it: not held, not before its begin, no dependency */
	bool limited;	  /* a limit of the accounting keeps it back: the scheduler passes over it to those behind */
	bool reserved;	  /* in a reservation: goes before others */
	bool preemptible; /* in the preemptible QOS: goes behind others */
	uint32_t tier, priority; /* of its best partition */
	time_t submit;
	uint32_t base; /* the job's id, of an array the array's: its place among equals */
	uint32_t task; /* of an array's task; 0 else */
};

/* Of a job that waits or runs. partitions may be NULL: their tiers are then taken to be the same. */
struct fb_turn fb_turn_of(const slurm_job_info_t *info, const partition_info_msg_t *partitions, const char *preemptible_qos,
			  time_t now);

/* As for qsort: below 0 if a is tried before b; what is not queued is last. */
int fb_turn_compare(const struct fb_turn *a, const struct fb_turn *b);

/* Does a job that is tried first stand in the way of those behind it? */
bool fb_turn_counts(const struct fb_turn *turn);

/* Do two lists of partitions, "a,b", have one in common? Only then jobs are in each other's way. */
bool fb_turn_meets(const char *a, const char *b);

#endif
