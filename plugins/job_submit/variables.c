/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "job_submit/variables.h"

#include "common/decision.h"

void fb_variables_drop_forged(job_desc_msg_t *job)
{
	uint32_t kept = 0;

	if (!job->spank_job_env)
		job->spank_job_env_size = 0;
	for (uint32_t i = 0; i < job->spank_job_env_size; i++) {
		if (job->spank_job_env[i] && !fb_decision_variable(job->spank_job_env[i]))
			job->spank_job_env[kept++] = job->spank_job_env[i];
		else
			xfree(job->spank_job_env[i]);
	}
	/* Slurm counts the entries up to the first NULL and refuses the message if the counts differ. */
	for (uint32_t i = kept; i < job->spank_job_env_size; i++)
		job->spank_job_env[i] = NULL;
	job->spank_job_env_size = kept;
}

void fb_variables_set_decision(job_desc_msg_t *job, const char *line)
{
	uint32_t count = job->spank_job_env_size;

	xrecalloc(job->spank_job_env, count + 2, sizeof(char *));
	job->spank_job_env[count] = xstrdup_printf("%s=%s", FB_DECISION_VARIABLE, line);
	job->spank_job_env[count + 1] = NULL;
	job->spank_job_env_size = count + 1;
}
