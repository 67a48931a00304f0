/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/account_jobs.h"

#include <errno.h>
#include <signal.h>
#include <slurm/slurm_errno.h>
#include <strings.h>

#include "flightbase/libslurm.h"
#include "flightbase/names.h"
#include "flightbase/quiet.h"

void fb_account_jobs_add(struct fb_account_jobs *count, const struct fb_job *job)
{
	enum fb_job_phase phase = fb_job_phase(job->info);

	if (phase == FB_JOB_PENDING) {
		count->pending += fb_job_tasks(job->info);
	} else if (phase == FB_JOB_HOLDING) {
		count->running++;
		count->gpus += job->gpus;
	}
}

struct fb_account_jobs fb_account_jobs_count(const struct fb_jobs *jobs, const char *account, const char *user)
{
	struct fb_account_jobs count = { .pending = 0 };
	uid_t uid = FB_NO_UID;

	if (user)
		fb_user_find(user, &uid, NULL);
	for (uint32_t i = 0; i < jobs->count; i++) {
		const slurm_job_info_t *info = jobs->job[i].info;

		if (!info->account || strcasecmp(info->account, account) || (user && info->user_id != uid))
			continue;
		fb_account_jobs_add(&count, &jobs->job[i]);
	}
	return count;
}

int fb_account_jobs_load(const char *account, const char *user, struct fb_account_jobs *count, struct fb_err *err)
{
	struct fb_jobs jobs;

	if (fb_jobs_load(&jobs, err))
		return -1;
	*count = fb_account_jobs_count(&jobs, account, user);
	fb_jobs_free(&jobs);
	return 0;
}

int fb_account_jobs_cancel(const char *account, const char *user, bool pending_only, struct fb_err *err)
{
	kill_jobs_msg_t request = KILL_JOB_MSG_INITIALIZER;
	kill_jobs_resp_msg_t *answer = NULL;

	request.account = (char *)account;
	request.user_name = (char *)user;
	/* The id is what is compared, if there is a name. */
	if (user && fb_user_find(user, &request.user_id, err))
		return -1;
	request.state = pending_only ? JOB_PENDING : JOB_END;
	int quiet = fb_quiet_begin();
	int rc = slurm_kill_jobs(&request, &answer);
	fb_quiet_end(quiet);
	if (rc)
		return fb_err_set(err, "slurmctld: the jobs cannot be cancelled: %s", slurm_strerror(rc > 0 ? rc : errno));
	for (uint32_t i = 0; answer && !rc && i < answer->jobs_cnt; i++) {
		const kill_jobs_resp_job_t *job = &answer->job_responses[i];

		if (job->error_code && job->error_code != ESLURM_ALREADY_DONE && job->error_code != ESLURM_INVALID_JOB_ID)
			rc = fb_err_set(err, "slurmctld: job %u cannot be cancelled: %s", job->real_job_id,
					slurm_strerror((int)job->error_code));
	}
	if (answer)
		slurm_free_kill_jobs_response_msg(answer);
	return rc;
}
