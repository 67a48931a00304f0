/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/causes_limits.h"

#include <string.h>
#include <strings.h>

#include "flightbase/reason.h"

#define USERS_SHOWN 6

/* "workspace 'vision'", or the account, where the limit is that of an account above or of one that is no workspace. */
static void say_owner(const struct fb_why *why, char *text, size_t size)
{
	const char *account = why->limits.quota_account ? why->limits.quota_account : why->job.account;
	const char *workspace = why->workspace.name;

	if (workspace && account && !strcasecmp(workspace, account))
		snprintf(text, size, "workspace '%s'", workspace);
	else
		snprintf(text, size, "account '%s'", account ? account : "?");
}

bool fb_quota_blocks(const struct fb_why *why)
{
	const struct fb_why_limits *limits = &why->limits;

	return limits->known && limits->quota != FB_UNLIMITED && why->job.gpus > 0 &&
	       limits->quota_used + why->job.gpus > limits->quota;
}

static void say_users(const struct fb_why *why, struct fb_cause *cause)
{
	const struct fb_why_limits *limits = &why->limits;
	char list[FB_LINE_TEXT_MAX] = "", jobs[FB_SAY_MAX];
	int64_t rest = 0;

	for (size_t i = 0; i < limits->uses; i++) {
		const struct fb_why_use *use = &limits->use[i];

		fb_say_count(use->jobs, "job", jobs, sizeof(jobs));
		if (i >= USERS_SHOWN)
			rest += use->gpus;
		else if (use->jobs)
			fb_say_append(list, sizeof(list), "%s %lld (%s)", use->user, (long long)use->gpus, jobs);
		else
			fb_say_append(list, sizeof(list), "%s %lld", use->user, (long long)use->gpus);
	}
	if (rest)
		fb_say_append(list, sizeof(list), "%zu others %lld", limits->uses - USERS_SHOWN, (long long)rest);
	if (list[0])
		fb_cause_line(cause, "in use by: %s", list);
}

/* When enough is given back, if each job of the account ends at its limit and none begins before this one. */
static void say_given_back(const struct fb_why *why, int64_t missing, struct fb_cause *cause)
{
	const struct fb_why_limits *limits = &why->limits;
	char when[FB_SAY_MAX], gpus[FB_SAY_MAX];
	int64_t back = 0;

	for (size_t i = 0; i < limits->ends; i++) {
		back += limits->end[i].gpus;
		if (back < missing)
			continue;
		/* Slurm writes a year for a job without a limit: nobody waits for that. */
		if (limits->end[i].end <= why->now || limits->end[i].end > why->now + 300 * 86400)
			return;
		fb_say_when(limits->end[i].end, why->now, when, sizeof(when));
		fb_say_count(missing, "GPU", gpus, sizeof(gpus));
		fb_cause_line(cause, "%s more will be free at the latest at %s, when job %u ends, unless another job takes them",
			      gpus, when, limits->end[i].job_id);
		return;
	}
}

void fb_quota_say(const struct fb_why *why, struct fb_cause *cause)
{
	const struct fb_why_limits *limits = &why->limits;
	char owner[FB_NAME_MAX + 32], gpus[FB_SAY_MAX];
	int64_t left = limits->quota > limits->quota_used ? limits->quota - limits->quota_used : 0;

	say_owner(why, owner, sizeof(owner));
	fb_say_count(why->job.gpus, "GPU", gpus, sizeof(gpus));
	if (why->job.gpus > limits->quota) {
		fb_cause_line(cause, "it asks for %s, but the quota of %s is %lld: it can never run", gpus, owner,
			      (long long)limits->quota);
		fb_cause_line(cause, "cancel it (scancel %s) and ask for at most %lld", why->job.id, (long long)limits->quota);
		return;
	}
	fb_cause_line(cause, "the quota of %s: %lld of %lld GPUs are in use, %lld left, and it asks for %lld", owner,
		      (long long)limits->quota_used, (long long)limits->quota, (long long)left, (long long)why->job.gpus);
	say_users(why, cause);
	say_given_back(why, why->job.gpus - left, cause);
}

bool fb_user_limit_blocks(const struct fb_why *why)
{
	const struct fb_why_limits *limits = &why->limits;

	return limits->user_limit != FB_UNLIMITED && why->job.gpus > 0 &&
	       limits->user_used + why->job.gpus > limits->user_limit;
}

void fb_user_limit_say(const struct fb_why *why, struct fb_cause *cause)
{
	const struct fb_why_limits *limits = &why->limits;
	int64_t left = limits->user_limit > limits->user_used ? limits->user_limit - limits->user_used : 0;

	if (why->job.gpus > limits->user_limit)
		fb_cause_line(cause, "it asks for %lld GPUs, but one user may use %lld (QOS '%s'): it can never run",
			      (long long)why->job.gpus, (long long)limits->user_limit, why->job.qos);
	else
		fb_cause_line(cause, "the limit per user (QOS '%s'): %s uses %lld of %lld GPUs, %lld left, and it asks for %lld",
			      why->job.qos, why->job.user, (long long)limits->user_used, (long long)limits->user_limit,
			      (long long)left, (long long)why->job.gpus);
}

bool fb_job_limit_blocks(const struct fb_why *why)
{
	return why->limits.job_limit != FB_UNLIMITED && why->job.gpus > why->limits.job_limit;
}

void fb_job_limit_say(const struct fb_why *why, struct fb_cause *cause)
{
	fb_cause_line(cause, "it asks for %lld GPUs, but one job may use %lld (QOS '%s'): it can never run",
		      (long long)why->job.gpus, (long long)why->limits.job_limit, why->job.qos);
	fb_cause_line(cause, "cancel it (scancel %s) and ask for at most %lld", why->job.id, (long long)why->limits.job_limit);
}

static void say_stated(const struct fb_why *why, const struct fb_reason *reason, struct fb_cause *cause)
{
	const struct fb_why_limits *l = &why->limits;
	const char *name = fb_reason_limit_name(reason);

	if (reason->scope == FB_SCOPE_QOS_MIN)
		fb_cause_line(cause, "it asks for %lld %s, but %s demands at least %lld (%s): it can never run",
			      (long long)l->stated_asked, l->stated_tres, l->stated_object, (long long)l->stated_limit, name);
	else if (l->stated_used == FB_UNLIMITED || l->stated_asked > l->stated_limit)
		fb_cause_line(cause, "it asks for %lld %s, but %s allows %lld (%s): it can never run", (long long)l->stated_asked,
			      l->stated_tres, l->stated_object, (long long)l->stated_limit, name);
	else
		fb_cause_line(cause, "%s of %s: %lld of %lld %s are in use, and it asks for %lld", name, l->stated_object,
			      (long long)l->stated_used, (long long)l->stated_limit, l->stated_tres, (long long)l->stated_asked);
}

void fb_limit_say(const struct fb_why *why, struct fb_cause *cause)
{
	static const char *const of[] = {
		[FB_SCOPE_ASSOC_GROUP] = "of its account or user",   [FB_SCOPE_ASSOC_JOB] = "of its account for one job",
		[FB_SCOPE_ASSOC_NODE] = "of its account on one node", [FB_SCOPE_QOS_GROUP] = "of its QOS",
		[FB_SCOPE_QOS_JOB] = "of its QOS for one job",	      [FB_SCOPE_QOS_NODE] = "of its QOS on one node",
		[FB_SCOPE_QOS_USER] = "of its QOS for one user",      [FB_SCOPE_QOS_ACCOUNT] = "of its QOS for one account",
		[FB_SCOPE_QOS_MIN] = "of its QOS for one job, a least one,",
	};
	static const char *const measures[] = { "", " minutes", " minutes of running jobs" };
	const struct fb_reason *reason = fb_reason_find(why->job.reason);

	if (why->limits.stated)
		say_stated(why, reason, cause);
	else if (reason->words)
		fb_cause_line(cause, "%s", reason->words);
	else
		fb_cause_line(cause, "the limit of %s%s %s (%s) does not let it run", reason->tres, measures[reason->measure],
			      of[reason->scope], fb_reason_limit_name(reason));
	if (why->job.reason_text)
		fb_cause_line(cause, "Slurm adds: %s", why->job.reason_text);
	if (!why->limits.known && why->hidden_usage)
		fb_cause_line(cause, "the numbers are not shown to you (PrivateData)");
}

void fb_array_say(const struct fb_why *why, struct fb_cause *cause)
{
	if (why->job.array_limit)
		fb_cause_line(cause, "at most %u task%s of this array run%s at once, %u %s, and %u wait", why->job.array_limit,
			      why->job.array_limit == 1 ? "" : "s", why->job.array_limit == 1 ? "s" : "",
			      why->job.array_running, why->job.array_running == 1 ? "does" : "do", why->job.array_waiting);
	else
		fb_cause_line(cause, "as many tasks of this array run as may run at once");
	fb_cause_line(cause, "to let more run: scontrol update JobId=%s ArrayTaskThrottle=NUMBER", why->job.id);
}
