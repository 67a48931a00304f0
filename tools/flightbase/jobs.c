/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/jobs.h"

#include <errno.h>
#include <slurm/slurm_errno.h>
#include <stdlib.h>
#include <string.h>

#include "flightbase/quiet.h"
#include "flightbase/slurm_start.h"

int64_t fb_tres_count(const char *tres, const char *name)
{
	size_t length = strlen(name);

	for (; tres && *tres; tres += *tres == ',') {
		if (!strncmp(tres, name, length) && tres[length] == '=')
			return strtoll(tres + length + 1, NULL, 10);
		tres += strcspn(tres, ",");
	}
	return 0;
}

enum fb_job_phase fb_job_phase(const slurm_job_info_t *info)
{
	switch (info->job_state & JOB_STATE_BASE) {
	case JOB_PENDING:
		/* A requeued job that is not off its nodes yet still holds them. */
		return info->job_state & (JOB_COMPLETING | JOB_CONFIGURING) ? FB_JOB_HOLDING : FB_JOB_PENDING;
	case JOB_RUNNING:
	case JOB_SUSPENDED:
		return FB_JOB_HOLDING;
	default:
		return info->job_state & JOB_COMPLETING ? FB_JOB_HOLDING : FB_JOB_OVER;
	}
}

uint32_t fb_job_tasks(const slurm_job_info_t *info)
{
	/* "1-3,7,20-40%4": the bitmap behind it is not public, so the text is counted. */
	const char *text = info->array_task_str;
	uint32_t count = 0;

	if (!text || !*text)
		return 1;
	while (*text && *text != '%') {
		char *end;
		unsigned long first = strtoul(text, &end, 10), last = first, step = 1;

		if (end == text)
			break;
		if (*end == '-')
			last = strtoul(end + 1, &end, 10);
		if (*end == ':')
			step = strtoul(end + 1, &end, 10);
		count += last >= first && step ? (uint32_t)((last - first) / step + 1) : 1;
		text = end + (*end == ',');
	}
	return count ? count : 1;
}

static void read_job(struct fb_job *job, const slurm_job_info_t *info)
{
	const char *tres = fb_job_phase(info) == FB_JOB_PENDING ? info->tres_req_str : info->tres_alloc_str;

	job->info = info;
	job->gpus = fb_tres_count(tres, "gres/gpu");
	job->decided = info->admin_comment && !fb_decision_parse(&job->decision, info->admin_comment, NULL);
}

/* libslurm cuts lists of tasks short unless it is told not to. */
static void ask_for_whole_lists(void)
{
	setenv("SLURM_BITSTR_LEN", "0", 1);
}

static int take(struct fb_jobs *jobs, struct fb_err *err)
{
	jobs->job = calloc(jobs->msg->record_count + 1, sizeof(*jobs->job));
	if (!jobs->job) {
		fb_jobs_free(jobs);
		return fb_err_set(err, "out of memory for the jobs");
	}
	jobs->taken = jobs->msg->last_update;
	jobs->count = jobs->msg->record_count;
	for (uint32_t i = 0; i < jobs->count; i++)
		read_job(&jobs->job[i], &jobs->msg->job_array[i]);
	return 0;
}

static int unreadable(struct fb_err *err)
{
	return fb_err_set(err, "slurmctld: the jobs cannot be read: %s; see that it runs, then try again", slurm_strerror(errno));
}

int fb_jobs_load(struct fb_jobs *jobs, struct fb_err *err)
{
	*jobs = (struct fb_jobs){ .count = 0 };
	ask_for_whole_lists();
	int quiet = fb_quiet_begin();
	int rc = slurm_load_jobs((time_t)0, &jobs->msg, SHOW_ALL | SHOW_DETAIL | SHOW_LOCAL);
	fb_quiet_end(quiet);
	if (rc)
		return unreadable(err);
	return take(jobs, err);
}

int fb_jobs_load_one(struct fb_jobs *jobs, uint32_t id, struct fb_err *err)
{
	*jobs = (struct fb_jobs){ .count = 0 };
	ask_for_whole_lists();
	int quiet = fb_quiet_begin();
	int rc = slurm_load_job(&jobs->msg, id, SHOW_ALL | SHOW_DETAIL | SHOW_LOCAL);
	fb_quiet_end(quiet);
	if (rc)
		return errno == ESLURM_INVALID_JOB_ID ? 0 : unreadable(err);
	return take(jobs, err);
}

void fb_jobs_free(struct fb_jobs *jobs)
{
	if (jobs->msg)
		slurm_free_job_info_msg(jobs->msg);
	free(jobs->job);
	*jobs = (struct fb_jobs){ .count = 0 };
}
