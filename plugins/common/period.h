/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a workspace's period means for a job: when it may begin, by when it must end, and how short it may be cut
 * for that. Pure: no Slurm, no clock.
 *
 * Slurm cancels a pending job as soon as it can no longer run for its time limit before its deadline, unless it
 * has a minimum time: then only when not even that is left, and cuts the limit when it starts the job.
 */
#ifndef FB_COMMON_PERIOD_H
#define FB_COMMON_PERIOD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "common/err.h"
#include "common/limits.h"
#include "common/policy.h"

/* A job as it was submitted, or as it will be after a change. Times are seconds, lengths are minutes. */
struct fb_period_job {
	time_t now;
	time_t begin;	      /* not before this; 0: at once */
	time_t deadline;      /* its own; 0: none */
	uint32_t limit;	      /* the longest it may run; FB_MINUTES_NONE: without limit */
	uint32_t limit_least; /* in the partition that lets it run shortest: a minimum time must not be longer */
	bool limit_open;      /* nobody sets a limit: with a deadline, Slurm would make 1 minute its minimum */
	uint32_t minimum;     /* its own minimum time; 0: none */
};

/* What is to be changed about it; 0: as it is. */
struct fb_period_plan {
	time_t begin;
	time_t deadline;
	uint32_t minimum;
	/* For the user: the job was accepted, but not quite as asked for. */
	struct fb_err notice[2];
	size_t notices;
};

/* For a submission. Return 0 and the plan, or -1 with err: the job cannot run in the period. */
int fb_period_plan(const struct fb_site *site, const struct fb_workspace *workspace, const struct fb_period_job *job,
		   struct fb_period_plan *plan, struct fb_err *err);

/*
 * For a pending job that is changed: job->deadline is the job's, whoever set it. Only plan->minimum and a notice
 * are set. Return 0, or -1 with err: it could never run.
 */
int fb_period_replan(const struct fb_site *site, const struct fb_workspace *workspace, const struct fb_period_job *job,
		     struct fb_period_plan *plan, struct fb_err *err);

/* May a pending job be set to begin then? Return 0, or -1 with err. */
int fb_period_check_begin(const struct fb_workspace *workspace, time_t now, time_t begin, struct fb_err *err);

/* May a pending job's deadline be set to this (0: cleared)? Return 0, or -1 with err. */
int fb_period_check_deadline(const struct fb_workspace *workspace, time_t deadline, struct fb_err *err);

#endif
