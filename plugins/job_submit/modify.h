/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A change to a job that is there already: what the submission was held to holds for it as well. */
#ifndef FB_JOB_SUBMIT_MODIFY_H
#define FB_JOB_SUBMIT_MODIFY_H

#include "common/err.h"
#include "job_submit/slurm.h"

/*
 * Check request, which uid makes for the job, and fit it to the workspace's period. Return 0, or -1 with err; a notice
 * for the user is "" if there is none.
 */
int fb_modify(job_desc_msg_t *request, job_record_t *job, uint32_t uid, struct fb_err *notice, struct fb_err *err);

#endif
