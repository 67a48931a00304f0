/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A node's report that a job failed its preflight there (common/decision.h). It comes in place of the job's admin_comment, which
 * Slurm takes from root and its own user alone. The failure is counted in the decision and the node is excluded from the job in
 * one change of its record; the node that sent it requeues the job then.
 */
#ifndef FB_JOB_SUBMIT_PREFLIGHT_H
#define FB_JOB_SUBMIT_PREFLIGHT_H

#include "job_submit/slurm.h"

bool fb_preflight_is_report(const job_desc_msg_t *request);

/*
 * Under slurmctld's locks for a job's change. SLURM_SUCCESS: request holds the new admin_comment, and the job's record the node.
 * Else nothing has changed:
 *   ESLURM_DISABLED                            the job may not be requeued
 *   ESLURM_ALREADY_DONE                        it was, as often as it may
 *   ESLURM_REQUESTED_NODE_CONFIG_UNAVAILABLE   without the node it could not start again
 *   ESLURM_INVALID_NODE_NAME                   the node is not the job's
 *   ESLURM_JOB_NOT_RUNNING, ESLURM_NOT_SUPPORTED   it is no job, or no report, of a preflight
 */
int fb_preflight_accept(job_desc_msg_t *request, job_record_t *job);

#endif
