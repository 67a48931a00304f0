/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/limits.h"

#include <inttypes.h>
#include <stdio.h>

#include "common/duration.h"

void fb_limits_init(struct fb_limits *limits)
{
	const struct fb_limit none = { .value = FB_LIMIT_NONE };

	*limits = (struct fb_limits){ none, none, none, none, none, false, false, -1 };
}

static void set_first(struct fb_limit *limit, uint64_t value, const char *kind, const char *name)
{
	if (limit->value == FB_LIMIT_NONE)
		*limit = (struct fb_limit){ value, kind, name };
}

static uint64_t minutes_of(uint32_t minutes)
{
	return minutes == FB_MINUTES_NONE ? FB_LIMIT_NONE : minutes;
}

void fb_limits_add_qos(struct fb_limits *limits, const struct fb_limits_qos *qos, const char *name)
{
	set_first(&limits->group, qos->group, "QOS", name);
	set_first(&limits->per_account, qos->per_account, "QOS", name);
	set_first(&limits->per_user, qos->per_user, "QOS", name);
	set_first(&limits->per_job, qos->per_job, "QOS", name);
	set_first(&limits->minutes, minutes_of(qos->minutes), "QOS", name);
	limits->group_by_qos = limits->group.value != FB_LIMIT_NONE;
	limits->scaled |= qos->scaled;
	if (limits->factor < 0)
		limits->factor = qos->factor;
}

/* A QOS's LimitFactor, by Slurm's arithmetic: what overflows is no limit any more. */
static uint64_t scale(uint64_t gpus, double factor)
{
	if (factor <= 0 || gpus == FB_LIMIT_NONE)
		return gpus;
	double scaled = (double)gpus * factor;
	return scaled < (double)INT64_MAX ? (uint64_t)scaled : FB_LIMIT_NONE;
}

void fb_limits_add_group(struct fb_limits *limits, uint64_t gpus, const char *kind, const char *name)
{
	uint64_t value = scale(gpus, limits->factor);

	if (!limits->group_by_qos && value < limits->group.value)
		limits->group = (struct fb_limit){ value, kind, name };
}

void fb_limits_add_job(struct fb_limits *limits, uint64_t gpus, uint32_t minutes, const char *account)
{
	set_first(&limits->per_job, scale(gpus, limits->factor), "account", account);
	set_first(&limits->minutes, minutes_of(minutes), "account", account);
}

static const char *plural(uint64_t gpus)
{
	return gpus == 1 ? "" : "s";
}

static int too_many(const char *workspace, uint64_t gpus, const struct fb_limit *limit, const char *whose, struct fb_err *err)
{
	char what_to_do[64];

	if (gpus <= limit->value)
		return 0;
	if (limit->value)
		snprintf(what_to_do, sizeof(what_to_do), "ask for at most %" PRIu64, limit->value);
	else
		snprintf(what_to_do, sizeof(what_to_do), "ask for none");
	return fb_err_set(err, "workspace '%s': the job asks for %" PRIu64 " GPU%s: %s %" PRIu64 " (%s '%.64s'); %s, or ask an "
			       "administrator to raise the limit",
			  workspace, gpus, plural(gpus), whose, limit->value, limit->kind, limit->name, what_to_do);
}

int fb_limits_check_gpus(const struct fb_limits *limits, const char *workspace, uint64_t gpus, struct fb_err *err)
{
	if (too_many(workspace, gpus, &limits->group, "the quota is", err) ||
	    too_many(workspace, gpus, &limits->per_account, "the workspace may use", err) ||
	    too_many(workspace, gpus, &limits->per_user, "a user may use", err) ||
	    too_many(workspace, gpus, &limits->per_job, "a job may use", err))
		return -1;
	return 0;
}

int fb_limits_check_minutes(const struct fb_limits *limits, const char *workspace, uint32_t minutes, struct fb_err *err)
{
	char asked[FB_DURATION_TEXT_MAX] = "no time limit", allowed[FB_DURATION_TEXT_MAX];

	if (limits->scaled || limits->minutes.value == FB_LIMIT_NONE || minutes <= limits->minutes.value)
		return 0;
	if (minutes != FB_MINUTES_NONE)
		fb_duration_format(minutes, asked, sizeof(asked));
	fb_duration_format((uint32_t)limits->minutes.value, allowed, sizeof(allowed));
	return fb_err_set(err, "workspace '%s': the job asks for %s: a job may run for %s (%s '%.64s'); give it a --time of at most "
			       "that, or ask an administrator to raise the limit",
			  workspace, asked, allowed, limits->minutes.kind, limits->minutes.name);
}
