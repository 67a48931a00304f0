/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/period.h"

#include <stdio.h>
#include <string.h>

#include "common/duration.h"

#define TIME_TEXT_MAX 32
#define END_TEXT_MAX (32 + FB_INSTANT_TEXT_MAX)

/* The controller's local time, as Slurm prints it. */
static const char *time_text(time_t at, char text[TIME_TEXT_MAX])
{
	struct tm tm;

	if (!localtime_r(&at, &tm) || !strftime(text, TIME_TEXT_MAX, "%Y-%m-%dT%H:%M:%S", &tm))
		memcpy(text, "?", 2);
	return text;
}

/* A bound is shown as it was written: on a day, or at a time. */
static const char *on(const char *bound)
{
	return strchr(bound, 'T') ? "at" : "on";
}

static int before(const struct fb_workspace *w, time_t now, struct fb_err *err)
{
	char text[TIME_TEXT_MAX];

	return fb_err_set(err, "workspace '%s': its period begins %s %s: it is %s now; submit it then", w->name, on(w->from_text),
			  w->from_text, time_text(now, text));
}

static int after(const struct fb_workspace *w, time_t now, struct fb_err *err)
{
	char text[TIME_TEXT_MAX];

	return fb_err_set(err, "workspace '%s': its period ended %s %s: it is %s now; ask an administrator to extend it", w->name,
			  on(w->until_text), w->until_text, time_text(now, text));
}

static time_t later(time_t a, time_t b)
{
	return a > b ? a : b;
}

static uint32_t minutes_between(time_t start, time_t end)
{
	time_t minutes = (end - start) / 60;

	return end <= start ? 0 : minutes < FB_MINUTES_NONE ? (uint32_t)minutes : FB_MINUTES_NONE - 1;
}

/* The minimum time of a job that asks for none: a job shorter than it is not cut at all. */
static uint32_t minimum_of(const struct fb_site *site, const struct fb_workspace *w, const struct fb_period_job *job)
{
	uint32_t minimum = w->min_run ? w->min_run : site->min_run;

	if (minimum > job->limit)
		minimum = job->limit;
	return minimum < job->limit_least ? minimum : job->limit_least;
}

/* "on 2026-12-31", or the time where somebody has moved the job's deadline. */
static const char *end_text(const struct fb_workspace *w, time_t deadline, char text[END_TEXT_MAX])
{
	char at[TIME_TEXT_MAX];

	if (deadline == w->until)
		snprintf(text, END_TEXT_MAX, "its period ends %s %s", on(w->until_text), w->until_text);
	else
		snprintf(text, END_TEXT_MAX, "the job's deadline is %s", time_text(deadline, at));
	return text;
}

static int too_short(const struct fb_workspace *w, uint32_t needed, time_t start, time_t deadline, struct fb_err *err)
{
	char least[FB_DURATION_TEXT_MAX], left[FB_DURATION_TEXT_MAX], end[END_TEXT_MAX];
	uint32_t minutes = minutes_between(start, deadline);

	fb_duration_format(needed, least, sizeof(least));
	fb_duration_format(minutes, left, sizeof(left));
	return fb_err_set(err, "workspace '%s': %s: %s are left from when the job may begin, and it needs %s at least; %s%s%s",
			  w->name, end_text(w, deadline, end), left, least, minutes ? "give it a --time of at most " : "",
			  minutes ? left : "",
			  minutes ? ", or ask an administrator to extend the period" : "ask an administrator to extend the period");
}

static void notice_cut(const struct fb_workspace *w, const struct fb_period_job *job, time_t deadline,
		       struct fb_period_plan *plan)
{
	char limit[FB_DURATION_TEXT_MAX] = "none", least[FB_DURATION_TEXT_MAX], end[END_TEXT_MAX];

	if (job->limit != FB_MINUTES_NONE)
		fb_duration_format(job->limit, limit, sizeof(limit));
	fb_duration_format(plan->minimum, least, sizeof(least));
	fb_err_set(&plan->notice[plan->notices++],
		   "workspace '%s': %s, before the job's time limit (%s): it starts only while %s are left, and its limit is cut "
		   "to what is left then",
		   w->name, end_text(w, deadline, end), limit, least);
}

/* Fit the job's time between start and deadline: needs no more than a minimum time, if even that. */
static int fit(const struct fb_site *site, const struct fb_workspace *w, const struct fb_period_job *job, time_t start,
	       time_t deadline, struct fb_period_plan *plan, struct fb_err *err)
{
	uint32_t left = minutes_between(start, deadline);
	bool crosses = job->limit > left;
	uint32_t minimum = job->minimum ? job->minimum : minimum_of(site, w, job);

	if (crosses && minimum > left)
		return too_short(w, minimum, start, deadline, err);
	if (!job->minimum && (crosses || job->limit_open)) {
		plan->minimum = minimum;
		if (crosses)
			notice_cut(w, job, deadline, plan);
	}
	return 0;
}

int fb_period_plan(const struct fb_site *site, const struct fb_workspace *w, const struct fb_period_job *job,
		   struct fb_period_plan *plan, struct fb_err *err)
{
	time_t start = later(job->now, job->begin);

	*plan = (struct fb_period_plan){ .begin = 0 };
	if (w->until && job->now >= w->until)
		return after(w, job->now, err);
	if (w->from && job->now < w->from && !site->hold_before_start)
		return before(w, job->now, err);
	if (w->from && start < w->from) {
		start = plan->begin = w->from;
		fb_err_set(&plan->notice[plan->notices++], "workspace '%s': its period begins %s %s: the job waits until then", w->name,
			   on(w->from_text), w->from_text);
	}
	/* A deadline of its own that is earlier is the user's affair, and Slurm's. */
	if (!w->until || (job->deadline && job->deadline <= w->until))
		return 0;
	plan->deadline = w->until;
	return fit(site, w, job, start, w->until, plan, err);
}

int fb_period_replan(const struct fb_site *site, const struct fb_workspace *w, const struct fb_period_job *job,
		     struct fb_period_plan *plan, struct fb_err *err)
{
	*plan = (struct fb_period_plan){ .begin = 0 };
	return job->deadline ? fit(site, w, job, later(job->now, job->begin), job->deadline, plan, err) : 0;
}

int fb_period_check_begin(const struct fb_workspace *w, time_t now, time_t begin, struct fb_err *err)
{
	if (!w->from || later(now, begin) >= w->from)
		return 0;
	return fb_err_set(err, "workspace '%s': its period begins %s %s: a job cannot begin before it; set a later StartTime",
			  w->name, on(w->from_text), w->from_text);
}

int fb_period_check_deadline(const struct fb_workspace *w, time_t deadline, struct fb_err *err)
{
	if (!w->until || (deadline && deadline <= w->until))
		return 0;
	return fb_err_set(err, "workspace '%s': its period ends %s %s: a job's deadline cannot be later; ask an administrator to "
			       "extend the period",
			  w->name, on(w->until_text), w->until_text);
}
