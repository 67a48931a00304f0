/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Preemptible jobs in slurmctld: the QOS they run in, and what becomes of them when they are preempted. */
#ifndef FB_JOB_SUBMIT_PREEMPTIBLE_H
#define FB_JOB_SUBMIT_PREEMPTIBLE_H

#include "common/decision.h"
#include "common/policy.h"
#include "common/request.h"
#include "job_submit/slurm.h"

/*
 * Decide whether a job of a workspace is preemptible, note it in the decision and set the job's QOS; doing it again
 * changes nothing. Return 0, or -1 with err: the job names another QOS.
 */
int fb_preemptible_choose(job_desc_msg_t *job, const struct fb_site *site, const struct fb_request *request,
			  struct fb_decision *decision, struct fb_err *err);

/*
 * After that: can the job be preemptible? Return 0, or -1 with err: the QOS is not there, the user may not use it, or
 * Slurm would not preempt. On success notice says that the job would be cancelled instead of requeued, or is empty.
 * The caller holds the association cache's read locks of associations and QOS.
 */
int fb_preemptible_check(const job_desc_msg_t *job, const struct fb_site *site, const struct fb_decision *decision,
			 struct fb_err *notice, struct fb_err *err);

/* May a job of a workspace be given the QOS that the request names? Return 0, or -1 with err. Under the same locks. */
int fb_preemptible_modify(const job_desc_msg_t *request, const job_record_t *job, const struct fb_site *site,
			  struct fb_err *err);

#endif
