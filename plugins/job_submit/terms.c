/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "job_submit/terms.h"

#include <time.h>

#include "common/nice.h"
#include "job_submit/demand.h"

static uint32_t smaller(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* What the job would be allowed in one partition. */
static int check_partition(struct fb_accounting_query *query, const struct fb_terms_job *job,
			   const part_record_t *partition, struct fb_terms_time *time, struct fb_err *err)
{
	struct fb_accounting_job asked = { .uid = job->uid, .account = job->workspace, .qos = job->qos, .qos_id = job->qos_id };
	struct fb_limits limits;
	bool open;

	if (partition) {
		asked.partition = partition->name;
		asked.partition_qos = partition->qos_char && *partition->qos_char ? partition->qos_char : NULL;
	}
	bool known = fb_accounting_limits(query, &asked, &limits);
	uint32_t minutes = fb_demand_minutes(job->time_limit, partition, &limits, &open);
	time->longest = minutes > time->longest ? minutes : time->longest;
	time->least = smaller(time->least, smaller(minutes, partition ? partition->max_time : minutes));
	time->open |= open;
	if (!known)
		return 0;
	if (fb_limits_check_gpus(&limits, job->workspace, job->gpus, err))
		return -1;
	return job->time_checked && !open ? fb_limits_check_minutes(&limits, job->workspace, minutes, err) : 0;
}

int fb_terms_check_limits(struct fb_accounting_query *query, const struct fb_terms_job *job, struct fb_terms_time *time,
			  struct fb_err *err)
{
	const struct fb_partitions *partitions = job->partitions;
	struct fb_err other;
	bool passes = !partitions->complete;

	*time = (struct fb_terms_time){ .longest = 0, .least = FB_MINUTES_NONE };
	for (size_t i = 0; i < partitions->count; i++)
		passes |= !check_partition(query, job, partitions->at[i], time, i ? &other : err);
	if (!partitions->count)
		check_partition(query, job, NULL, time, &other);
	return passes ? 0 : -1;
}

int fb_terms_check(struct fb_accounting_query *query, const struct fb_site *site, const struct fb_workspace *workspace,
		   const job_desc_msg_t *job, const struct fb_partitions *partitions, uint64_t gpus, struct fb_period_plan *plan,
		   struct fb_err *err)
{
	struct fb_terms_job asked = { .workspace = workspace->name,
				      .uid = job->user_id,
				      .qos = job->qos,
				      .partitions = partitions,
				      .gpus = gpus,
				      .time_limit = job->time_limit,
				      .time_checked = true };
	struct fb_terms_time allowed;

	if (fb_terms_check_limits(query, &asked, &allowed, err))
		return -1;
	struct fb_period_job in_period = { .now = time(NULL),
					   .begin = job->begin_time,
					   .deadline = job->deadline == NO_VAL ? 0 : job->deadline,
					   .limit = allowed.longest,
					   .limit_least = allowed.least,
					   .limit_open = allowed.open,
					   .minimum = fb_demand_minutes_or_0(job->time_min) };
	return fb_period_plan(site, workspace, &in_period, plan, err);
}

void fb_terms_apply(job_desc_msg_t *job, const struct fb_period_plan *plan)
{
	int64_t nice = job->nice == NO_VAL ? 0 : (int64_t)job->nice - NICE_OFFSET;

	if (plan->begin)
		job->begin_time = plan->begin;
	if (plan->deadline)
		job->deadline = plan->deadline;
	if (plan->minimum)
		job->time_min = plan->minimum;
	job->nice = (uint32_t)(fb_nice_start(nice) + NICE_OFFSET);
	job->site_factor = NICE_OFFSET + FB_NICE_SITE_FACTOR;
}
