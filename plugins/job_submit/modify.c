/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "job_submit/modify.h"

#include <time.h>

#include "common/decide.h"
#include "common/nice.h"
#include "job_submit/demand.h"
#include "job_submit/preemptible.h"
#include "job_submit/settings.h"
#include "job_submit/terms.h"

/* One change, and who makes it. */
struct change {
	job_desc_msg_t *request;
	job_record_t *job;
	const struct fb_policy *policy;
	const struct fb_workspace *workspace; /* the job's; NULL: none */
	bool admin;
	bool pending;
	uint32_t uid;
	struct fb_partitions partitions;
	struct fb_accounting_query query;
};

/* A job keeps its workspace: the nodes hold its steps to the decision that was made when it was submitted. */
static int check_account(const struct change *c, struct fb_err *err)
{
	const char *account = c->request->account;

	if (!account || !xstrcasecmp(account, c->job->account))
		return 0;
	const struct fb_workspace *entered = c->policy ? fb_decide_account(c->policy, account) : NULL;
	if (!c->workspace && !entered)
		return fb_accounting_has_qos(&c->query, account) ? fb_decide_refuse_unset(account, err) : 0;
	return fb_err_set(err, "workspace '%s': job %u cannot be moved %s it: a job keeps the workspace it was submitted to; cancel "
			       "it and submit it again",
			  c->workspace ? c->workspace->name : entered->name, c->job->job_id, c->workspace ? "out of" : "into");
}

/*
 * Slurm gives a job whose owner lowers its priority a nice value of 0 with it, which would put it ahead of the
 * others a moment later. 0 and INFINITE are hold and release.
 */
static int check_priority(const struct change *c, enum fb_nice_role role, struct fb_err *err)
{
	uint32_t priority = c->request->priority;

	if (role != FB_NICE_OWNER || priority == NO_VAL || priority == INFINITE || !priority)
		return 0;
	return fb_err_set(err, "workspace '%s': the priority of a job cannot be set by its owner: jobs of a workspace are ordered by "
			       "nice; set Nice, or ask the workspace's manager",
			  c->workspace->name);
}

static int check_queue(const struct change *c, struct fb_err *err)
{
	uint32_t nice = c->request->nice;
	enum fb_nice_role role = c->admin						   ? FB_NICE_ADMIN
				 : fb_accounting_coordinator(c->uid, c->job->account) ? FB_NICE_MANAGER
										      : FB_NICE_OWNER;

	if (check_priority(c, role, err))
		return -1;
	if (nice == NO_VAL || !c->job->details)
		return 0;
	return fb_nice_check(c->workspace->name, role, (int64_t)c->job->details->nice - NICE_OFFSET,
			     (int64_t)nice - NICE_OFFSET, err);
}

/* Of the components of its heterogeneous job that are in the same account, without this one. */
static uint64_t gpus_of_others(const job_record_t *job)
{
	const job_record_t *leader = job->het_job_id ? find_job_record(job->het_job_id) : NULL, *other;
	int position = fb_accounting_gpu_position();
	uint64_t gpus = 0;

	if (!leader || !leader->het_job_list || position < 0)
		return 0;
	list_itr_t *components = list_iterator_create(leader->het_job_list);
	while ((other = list_next(components)))
		if (other != job && other->tres_req_cnt && !xstrcasecmp(other->account, job->account) &&
		    !__builtin_add_overflow(gpus, other->tres_req_cnt[position], &gpus))
			continue;
	list_iterator_destroy(components);
	return gpus;
}

static int check_limits(struct change *c, struct fb_terms_time *time, struct fb_err *err)
{
	const job_desc_msg_t *request = c->request;
	uint64_t before = fb_demand_recorded(c->job, &c->partitions).count;
	uint64_t after = fb_demand_changed(c->job, request, &c->partitions).count;
	bool moved = request->qos || request->partition; /* to where other limits may hold */
	struct fb_terms_job asked = { .workspace = c->workspace->name,
				      .uid = c->job->user_id,
				      .qos = request->qos,
				      .qos_id = request->qos ? 0 : c->job->qos_id,
				      .partitions = &c->partitions,
				      .time_limit = c->job->time_limit };

	/* One that may run in several QOS is in any of them at the moment. */
	if (!request->qos && c->job->qos_list && c->job->details) {
		asked.qos = c->job->details->qos_req;
		asked.qos_id = 0;
	}
	if (after > before || (moved && after))
		asked.gpus = after + gpus_of_others(c->job) < after ? UINT64_MAX : after + gpus_of_others(c->job);
	if (request->time_limit != NO_VAL) {
		asked.time_limit = request->time_limit;
		asked.time_checked = c->job->time_limit == NO_VAL || request->time_limit > c->job->time_limit;
	}
	return fb_terms_check_limits(&c->query, &asked, time, err);
}

static time_t deadline_of(time_t deadline)
{
	return deadline == NO_VAL ? 0 : deadline;
}

/* Only a pending job has a beginning to come, and only an administrator may move the end. */
static int check_times(const struct change *c, struct fb_err *err)
{
	const job_desc_msg_t *request = c->request;

	if (request->begin_time && fb_period_check_begin(c->workspace, time(NULL), request->begin_time, err))
		return -1;
	return request->deadline && fb_period_check_deadline(c->workspace, deadline_of(request->deadline), err);
}

/* What the change leaves the job: its time, between its beginning and its deadline. */
static int refit(const struct change *c, const struct fb_terms_time *allowed, struct fb_err *notice, struct fb_err *err)
{
	job_desc_msg_t *request = c->request;
	const job_record_t *job = c->job;
	struct fb_period_job changed = {
		.now = time(NULL),
		.begin = request->begin_time ? request->begin_time : job->details ? job->details->begin_time : 0,
		.deadline = deadline_of(request->deadline ? request->deadline : job->deadline),
		.limit = allowed->longest,
		.limit_least = allowed->least,
		.minimum = fb_demand_minutes_or_0(request->time_min != NO_VAL ? request->time_min : job->time_min),
	};
	struct fb_period_plan plan;

	/* A minimum that the user did not ask for gives way to a shorter limit. */
	if (request->time_min == NO_VAL && request->time_limit < changed.minimum)
		request->time_min = changed.minimum = request->time_limit;
	if (fb_period_replan(&c->policy->site, c->workspace, &changed, &plan, err))
		return c->admin ? 0 : -1;
	if (plan.minimum)
		request->time_min = plan.minimum;
	if (plan.notices)
		*notice = plan.notice[0];
	return 0;
}

static bool times_touched(const job_desc_msg_t *request)
{
	return request->time_limit != NO_VAL || request->time_min != NO_VAL || request->begin_time || request->deadline;
}

static int check_in_workspace(struct change *c, struct fb_accounting *accounting, struct fb_err *notice, struct fb_err *err)
{
	const job_desc_msg_t *request = c->request;
	bool limits_touched = fb_demand_touched(request) || request->qos || request->partition;
	struct fb_terms_time allowed;
	struct fb_err beyond;

	if (fb_preemptible_modify(request, c->job, &c->policy->site, err) || check_queue(c, err) ||
	    (c->pending && !c->admin && check_times(c, err)))
		return -1;
	if (!c->pending || (!limits_touched && !times_touched(request)))
		return 0;
	/* Who is no member any more has no limits that could be read; Slurm does not start such a job. */
	accounting->member(accounting->context, c->job->user_id, c->job->account);
	if (check_limits(c, &allowed, &beyond) && !c->admin) {
		*err = beyond;
		return -1;
	}
	return times_touched(request) ? refit(c, &allowed, notice, err) : 0;
}

static int check_outside(const struct change *c, struct fb_err *err)
{
	if (c->admin || !c->policy->site.gpu_jobs_need_workspace || !fb_demand_touched(c->request))
		return 0;
	if (fb_demand_recorded(c->job, &c->partitions).asked || !fb_demand_changed(c->job, c->request, &c->partitions).asked)
		return 0;
	return fb_decide_refuse_gpus(c->job->account, err);
}

static int check(struct change *c, struct fb_err *notice, struct fb_err *err)
{
	struct fb_accounting accounting;
	int rc;

	c->workspace = c->policy ? fb_decide_account(c->policy, c->job->account) : NULL;
	fb_partitions_find(&c->partitions, c->request->partition ? c->request->partition : c->job->partition);
	c->query.partitions = c->request->partition ? c->request->partition : c->job->partition;
	fb_accounting_lock(&accounting, &c->query);
	rc = check_account(c, err);
	if (!rc && c->policy)
		rc = c->workspace ? check_in_workspace(c, &accounting, notice, err) : check_outside(c, err);
	fb_accounting_unlock(&c->query);
	return rc;
}

int fb_modify(job_desc_msg_t *request, job_record_t *job, uint32_t uid, struct fb_err *notice, struct fb_err *err)
{
	struct change c = { .request = request,
			    .job = job,
			    .admin = validate_operator(uid),
			    .pending = IS_JOB_PENDING(job),
			    .uid = uid,
			    .query = { .live = true } };
	int rc;

	notice->text[0] = '\0';
	c.policy = fb_settings_acquire(&c.query.snapshot);
	rc = check(&c, notice, err);
	fb_settings_release();
	return rc;
}
