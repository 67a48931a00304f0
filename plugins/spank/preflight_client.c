/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * srun with --preflight measures before it launches, be it in a job or in an allocation of its own. It cannot requeue, so it
 * names the node and ends.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/decision.h"
#include "common/number.h"
#include "common/option_value.h"
#include "common/request.h"
#include "spank/preflight.h"

extern char **environ;

static struct {
	bool in_job;
	unsigned int percent; /* 0: not asked for */
} client;

void fb_preflight_client_begin(void)
{
	client.in_job = getenv("SLURM_JOB_ID") != NULL;
	if (client.in_job)
		unsetenv("SLURM_SPANK_" FB_REQUEST_VARIABLE "preflight");
}

void fb_preflight_client_option(const char *value)
{
	client.percent = fb_value_percent(value, FB_PREFLIGHT_PERCENT);
}

static bool is_over(uint32_t id)
{
	struct fb_preflight_job job;
	struct fb_err err;

	if (fb_preflight_job_load(&job, id, &err))
		return true;
	bool over = !job.running;
	fb_preflight_job_free(&job);
	return over;
}

/* The line that says what to do. */
static int refuse(const struct fb_preflight_job *job, const struct fb_preflight_found *found)
{
	if (is_over(job->id))
		slurm_error("flightbase: preflight: job '%s' has ended", job->ref);
	else if (found->node < 0)
		slurm_error("flightbase: preflight: %s; ask an administrator", found->said);
	else if (client.in_job)
		slurm_error("flightbase: preflight: %s; run the step with --exclude=%s, or another job", found->said,
			    job->name[found->node]);
	else
		slurm_error("flightbase: preflight: %s; run it again with --exclude=%s", found->said, job->name[found->node]);
	return -1;
}

static int check(const struct fb_preflight_job *job, unsigned int limit)
{
	struct fb_preflight_ask ask = { .job = job, .environment = environ, .percent = client.percent, .limit = limit,
					.srun = "/proc/self/exe" };
	struct fb_preflight_found found;

	fb_preflight_measure(&ask, &found);
	if (found.verdict == FB_PREFLIGHT_PASSED) {
		fb_preflight_say("%s", found.said);
		return 0;
	}
	/* Where no node is slower than others, another try would be no faster. */
	if (found.verdict == FB_PREFLIGHT_SLOW && found.node < 0) {
		fb_preflight_say("%s; it goes on all the same", found.said);
		return 0;
	}
	return refuse(job, &found);
}

static int check_job(uint32_t id)
{
	struct fb_preflight_job job;
	unsigned int limit;
	struct fb_err err;

	if (fb_preflight_limit(environ, &limit, &err) || fb_preflight_job_load(&job, id, &err)) {
		slurm_error("flightbase: preflight: %s", err.text);
		return -1;
	}
	int rc = check(&job, limit);
	fb_preflight_job_free(&job);
	return rc;
}

int fb_preflight_client_create(void)
{
	const char *job = getenv("SLURM_JOB_ID");
	int64_t id;

	if (!client.percent || !client.in_job || !job || fb_number_parse(job, 1, UINT32_MAX, &id, NULL))
		return 0;
	return check_job((uint32_t)id);
}

int fb_preflight_client_launch(spank_t spank)
{
	uint32_t id;

	if (!client.percent || client.in_job || spank_get_item(spank, S_JOB_ID, &id) != ESPANK_SUCCESS)
		return 0;
	return check_job(id);
}
