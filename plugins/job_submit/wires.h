/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Wires that a job requires (--p2p=require, --rdma=require): are there such in the cluster at all? */
#ifndef FB_JOB_SUBMIT_WIRES_H
#define FB_JOB_SUBMIT_WIRES_H

#include "common/decision.h"
#include "common/err.h"
#include "job_submit/slurm.h"

/* Return 0, or -1 with err: the job could never start. */
int fb_wires_check(const job_desc_msg_t *job, const struct fb_decision *decision, struct fb_err *err);

#endif
