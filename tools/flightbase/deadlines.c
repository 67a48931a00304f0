/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/deadlines.h"

#include <errno.h>
#include <slurm/slurm_errno.h>
#include <stdbool.h>
#include <strings.h>

#include "flightbase/jobs.h"
#include "flightbase/quiet.h"
#include "slurm_release.h"

/* Slurm takes no deadline in the past; it removes a job a moment after this one. */
#define AT_ONCE 2

time_t fb_deadline_moved(time_t deadline, time_t old_end, time_t new_end)
{
	bool own = deadline && (!old_end || deadline < old_end);

	if (!own)
		return new_end;
	return new_end && new_end < deadline ? new_end : deadline;
}

/* Minutes that a job whose limit crosses its deadline may be cut to; NO_VAL: it need not be cut. */
static uint32_t cut(const slurm_job_info_t *info, time_t deadline, time_t now, uint32_t min_run)
{
	if (!deadline || info->time_limit == NO_VAL || now + (time_t)info->time_limit * 60 <= deadline || info->time_min)
		return NO_VAL;
	return min_run < info->time_limit ? min_run : info->time_limit;
}

static int update(const slurm_job_info_t *info, time_t deadline, uint32_t min_run, struct fb_err *err)
{
	time_t now = time(NULL);
	job_desc_msg_t job;

	slurm_init_job_desc_msg(&job);
	job.FB_DESC_JOB_ID = info->job_id;
	/* NO_VAL is how slurmctld writes that there is none. */
	job.deadline = !deadline ? (time_t)NO_VAL : deadline < now + AT_ONCE ? now + AT_ONCE : deadline;
	job.time_min = cut(info, deadline, now, min_run);
	int quiet = fb_quiet_begin();
	int rc = slurm_update_job(&job);
	fb_quiet_end(quiet);
	/* One that has started or ended meanwhile needs no new deadline. */
	if (!rc || errno == ESLURM_ALREADY_DONE || errno == ESLURM_INVALID_JOB_ID || errno == ESLURM_JOB_NOT_PENDING)
		return 0;
	return fb_err_set(err, "the deadline of job %u cannot be moved: %s", info->job_id, slurm_strerror(errno));
}

int fb_deadlines_move(const char *workspace, time_t old_end, time_t new_end, uint32_t min_run, struct fb_err *err)
{
	struct fb_jobs jobs;
	int rc = 0;

	if (fb_jobs_load(&jobs, err))
		return -1;
	for (uint32_t i = 0; !rc && i < jobs.count; i++) {
		const slurm_job_info_t *info = jobs.job[i].info;
		time_t is = info->deadline == (time_t)NO_VAL ? 0 : info->deadline;
		time_t moved = fb_deadline_moved(is, old_end, new_end);

		if (info->account && !strcasecmp(info->account, workspace) && fb_job_phase(info) == FB_JOB_PENDING && moved != is)
			rc = update(info, moved, min_run, err);
	}
	fb_jobs_free(&jobs);
	return rc;
}
