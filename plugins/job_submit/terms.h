/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The terms on which a job runs in its workspace: quota and limits, period, place in the queue. */
#ifndef FB_JOB_SUBMIT_TERMS_H
#define FB_JOB_SUBMIT_TERMS_H

#include "common/period.h"
#include "job_submit/accounting.h"
#include "job_submit/partitions.h"
#include "job_submit/slurm.h"

/* What is held against a workspace's limits. */
struct fb_terms_job {
	const char *workspace;
	uint32_t uid;
	const char *qos; /* as asked for, or NULL */
	uint32_t qos_id; /* or this, if not 0 */
	const struct fb_partitions *partitions;
	uint64_t gpus;	     /* 0: do not look at them */
	uint32_t time_limit; /* as Slurm has it, NO_VAL: none given */
	bool time_checked;   /* is the time limit new, so that it is held against the longest allowed? */
};

/* How long a job may run, over all its partitions, in minutes. */
struct fb_terms_time {
	uint32_t longest, least;
	bool open; /* nobody set a limit */
};

/*
 * Can the job ever run? It can if one of its partitions lets it. Under the locks of the query, which has found the
 * association. Return 0, or -1 with err; time is set either way.
 */
int fb_terms_check_limits(struct fb_accounting_query *query, const struct fb_terms_job *job, struct fb_terms_time *time,
			  struct fb_err *err);

/* The same for a submission of gpus GPUs in all, and for the workspace's period. Return 0 and the plan, or -1 with err. */
int fb_terms_check(struct fb_accounting_query *query, const struct fb_site *site, const struct fb_workspace *workspace,
		   const job_desc_msg_t *job, const struct fb_partitions *partitions, uint64_t gpus, struct fb_period_plan *plan,
		   struct fb_err *err);

/* Write the plan, and where the job starts in the queue, into a submission. */
void fb_terms_apply(job_desc_msg_t *job, const struct fb_period_plan *plan);

#endif
