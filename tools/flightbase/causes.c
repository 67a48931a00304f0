/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/causes.h"

#include <stdarg.h>
#include <string.h>

#include "common/duration.h"
#include "common/err.h"
#include "flightbase/causes_limits.h"
#include "flightbase/causes_place.h"
#include "flightbase/reason.h"

const char *fb_cause_name(enum fb_cause_kind kind)
{
	static const char *const names[] = {
		[FB_CAUSE_HELD] = "held",
		[FB_CAUSE_DEPENDENCY] = "dependency",
		[FB_CAUSE_BEGIN] = "begin",
		[FB_CAUSE_PERIOD] = "period",
		[FB_CAUSE_QUOTA] = "quota",
		[FB_CAUSE_USER_LIMIT] = "user-limit",
		[FB_CAUSE_JOB_LIMIT] = "job-limit",
		[FB_CAUSE_LIMIT] = "limit",
		[FB_CAUSE_ARRAY] = "array",
		[FB_CAUSE_RESERVATION] = "reservation",
		[FB_CAUSE_PARTITION] = "partition",
		[FB_CAUSE_NODES] = "nodes",
		[FB_CAUSE_GUARANTEE] = "guarantee",
		[FB_CAUSE_WIRES] = "wires",
		[FB_CAUSE_RESOURCES] = "resources",
		[FB_CAUSE_PRIORITY] = "priority",
		[FB_CAUSE_OTHER] = "other",
	};

	return names[kind];
}

void fb_cause_line(struct fb_cause *cause, const char *format, ...)
{
	va_list args;

	if (cause->lines >= FB_CAUSE_LINES_MAX)
		return;
	va_start(args, format);
	vsnprintf(cause->line[cause->lines], FB_LINE_TEXT_MAX, format, args);
	va_end(args);
	fb_text_printable(cause->line[cause->lines++]);
}

static void say_held(const struct fb_why *why, struct fb_cause *cause)
{
	const struct fb_why_job *job = &why->job;

	if (fb_reason_find(job->reason)->kind == FB_REASON_HELD)
		fb_cause_line(cause, "held by an administrator, who alone can release it");
	else
		fb_cause_line(cause, "held by its owner or by a manager of its account");
	if (job->reason_text)
		fb_cause_line(cause, "Slurm adds: %s", job->reason_text);
	if (fb_reason_find(job->reason)->kind == FB_REASON_HELD_USER)
		fb_cause_line(cause, "to let it go: scontrol release %s", job->id);
}

static void say_begin(const struct fb_why *why, struct fb_cause *cause)
{
	time_t begin = why->job.eligible > why->now ? why->job.eligible : why->job.start;
	char when[FB_SAY_MAX];

	fb_say_when(begin, why->now, when, sizeof(when));
	if (why->workspace.from && why->workspace.from == begin)
		fb_cause_line(cause, "the period of workspace '%s' begins at %s", why->workspace.name, when);
	else if (begin > why->now)
		fb_cause_line(cause, "it may not begin before %s", when);
	else
		fb_cause_line(cause, "its begin time %s has come; the next pass of the scheduler looks at it", when);
}

static void say_dependency(const struct fb_why *why, struct fb_cause *cause)
{
	const struct fb_why_queue *queue = &why->queue;
	const struct fb_reason *reason = fb_reason_find(why->job.reason);
	char list[FB_LINE_TEXT_MAX] = "", when[FB_SAY_MAX];

	if (reason->never)
		fb_cause_line(cause, "%s: %s", reason->words, why->job.dependency ? why->job.dependency : "?");
	else
		fb_cause_line(cause, "waits for %s", why->job.dependency ? why->job.dependency : "another job");
	for (size_t i = 0; i < queue->dependencies; i++) {
		const struct fb_why_dependency *d = &queue->dependency[i];

		fb_say_when(d->end, why->now, when, sizeof(when));
		if (d->state && d->end)
			fb_say_append(list, sizeof(list), "job %u is %s until at most %s", d->job_id, d->state, when);
		else
			fb_say_append(list, sizeof(list), "job %u is %s", d->job_id, d->state ? d->state : "not known any more");
	}
	if (list[0])
		fb_cause_line(cause, "%s", list);
	if (reason->never)
		fb_cause_line(cause, "cancel it (scancel %s), or: scontrol update JobId=%s Dependency=", why->job.id, why->job.id);
}

/* The last moment at which the job can begin and still run as long as it must before its deadline. */
static time_t last_begin(const struct fb_why *why, uint32_t *minutes)
{
	const struct fb_why_job *job = &why->job;

	*minutes = job->time_min ? job->time_min : job->time_limit;
	return job->deadline && *minutes ? job->deadline - (time_t)*minutes * 60 : 0;
}

static bool period_blocks(const struct fb_why *why)
{
	uint32_t minutes;
	time_t last = last_begin(why, &minutes);
	time_t expected = why->job.start > why->now ? why->job.start : why->now;

	return (why->workspace.from > why->now) || (last && expected > last);
}

static void say_period(const struct fb_why *why, struct fb_cause *cause)
{
	char when[FB_SAY_MAX], end[FB_SAY_MAX], span[FB_DURATION_TEXT_MAX];
	uint32_t minutes;
	time_t last = last_begin(why, &minutes);

	if (why->workspace.from > why->now) {
		fb_say_when(why->workspace.from, why->now, when, sizeof(when));
		fb_cause_line(cause, "the period of workspace '%s' begins at %s", why->workspace.name, when);
		return;
	}
	fb_say_when(last, why->now, when, sizeof(when));
	fb_say_time(why->job.deadline, end, sizeof(end));
	fb_duration_format(minutes, span, sizeof(span));
	fb_cause_line(cause, "it must end by %s and run at least %s, so begin by %s, and is not expected to: Slurm will remove it",
		      end, span, when);
	if (!why->job.time_min)
		fb_cause_line(cause, "a shorter limit gives it more time: scontrol update JobId=%s TimeLimit=MINUTES", why->job.id);
}

static void say_other(const struct fb_why *why, struct fb_cause *cause)
{
	const struct fb_reason *reason = fb_reason_find(why->job.reason);

	if (reason->words)
		fb_cause_line(cause, "%s", reason->words);
	else
		fb_cause_line(cause, "Slurm says %s", why->job.reason_name);
	if (why->job.reason_text)
		fb_cause_line(cause, "Slurm adds: %s", why->job.reason_text);
	if (why->job.licenses && strstr(why->job.reason_name, "icense"))
		fb_cause_line(cause, "it asks for %s", why->job.licenses);
	if (reason->never)
		fb_cause_line(cause, "waiting does not help: change the job (scontrol update) or cancel it (scancel %s)", why->job.id);
}

/* How each kind is found without Slurm naming it, and said. In the order in which they are listed. */
static const struct {
	bool (*holds)(const struct fb_why *why); /* NULL: only when Slurm names it */
	void (*say)(const struct fb_why *why, struct fb_cause *cause);
} kinds[] = {
	[FB_CAUSE_HELD] = { NULL, say_held },
	[FB_CAUSE_DEPENDENCY] = { NULL, say_dependency },
	[FB_CAUSE_BEGIN] = { NULL, say_begin },
	[FB_CAUSE_PERIOD] = { period_blocks, say_period },
	[FB_CAUSE_QUOTA] = { fb_quota_blocks, fb_quota_say },
	[FB_CAUSE_USER_LIMIT] = { fb_user_limit_blocks, fb_user_limit_say },
	[FB_CAUSE_JOB_LIMIT] = { fb_job_limit_blocks, fb_job_limit_say },
	[FB_CAUSE_LIMIT] = { NULL, fb_limit_say },
	[FB_CAUSE_ARRAY] = { NULL, fb_array_say },
	[FB_CAUSE_RESERVATION] = { NULL, fb_reservation_say },
	[FB_CAUSE_PARTITION] = { fb_partition_blocks, fb_partition_say },
	[FB_CAUSE_NODES] = { fb_nodes_block, fb_nodes_say },
	[FB_CAUSE_GUARANTEE] = { fb_guarantee_blocks, fb_guarantee_say },
	[FB_CAUSE_WIRES] = { fb_wires_block, fb_wires_say },
	[FB_CAUSE_RESOURCES] = { fb_resources_block, fb_resources_say },
	[FB_CAUSE_PRIORITY] = { NULL, fb_priority_say },
	[FB_CAUSE_OTHER] = { NULL, say_other },
};

/* A limit of GPUs has its own words; any other limit has common ones. */
static enum fb_cause_kind limit_kind(const struct fb_why *why, const struct fb_reason *reason)
{
	bool gpus = reason->tres && !strcmp(reason->tres, "gres") && reason->measure == FB_MEASURE_COUNT &&
		    (!why->limits.stated || !strcmp(why->limits.stated_tres, "gres/gpu"));

	if (!gpus)
		return FB_CAUSE_LIMIT;
	if (reason->scope == FB_SCOPE_ASSOC_GROUP && fb_quota_blocks(why))
		return FB_CAUSE_QUOTA;
	if (reason->scope == FB_SCOPE_QOS_USER && fb_user_limit_blocks(why))
		return FB_CAUSE_USER_LIMIT;
	if (reason->scope == FB_SCOPE_QOS_JOB && fb_job_limit_blocks(why))
		return FB_CAUSE_JOB_LIMIT;
	return FB_CAUSE_LIMIT;
}

/* What Slurm's reason is here; false: it has not looked at the job. */
static bool stated_kind(const struct fb_why *why, enum fb_cause_kind *kind)
{
	static const enum fb_cause_kind of[] = {
		[FB_REASON_OTHER] = FB_CAUSE_OTHER,	      [FB_REASON_HELD] = FB_CAUSE_HELD,
		[FB_REASON_HELD_USER] = FB_CAUSE_HELD,	      [FB_REASON_BEGIN] = FB_CAUSE_BEGIN,
		[FB_REASON_DEPENDENCY] = FB_CAUSE_DEPENDENCY, [FB_REASON_ARRAY] = FB_CAUSE_ARRAY,
		[FB_REASON_RESERVATION] = FB_CAUSE_RESERVATION, [FB_REASON_PARTITION] = FB_CAUSE_PARTITION,
		[FB_REASON_NODES] = FB_CAUSE_NODES,	      [FB_REASON_RESOURCES] = FB_CAUSE_RESOURCES,
		[FB_REASON_PRIORITY] = FB_CAUSE_PRIORITY,
	};
	const struct fb_reason *reason = fb_reason_find(why->job.reason);

	if (reason->kind == FB_REASON_NONE)
		return false;
	*kind = reason->kind == FB_REASON_LIMIT ? limit_kind(why, reason) : of[reason->kind];
	/* Slurm has no word of its own for GPUs that are kept for others. */
	if (*kind == FB_CAUSE_RESOURCES && fb_guarantee_blocks(why))
		*kind = FB_CAUSE_GUARANTEE;
	/* Nor for wires: enough GPUs are free, but not those that are wired as the job requires. */
	else if (*kind == FB_CAUSE_RESOURCES && fb_wires_block(why) && !fb_resources_block(why))
		*kind = FB_CAUSE_WIRES;
	return true;
}

static void add(const struct fb_why *why, struct fb_causes *causes, enum fb_cause_kind kind, bool stated)
{
	struct fb_cause *cause = &causes->cause[causes->count++];

	*cause = (struct fb_cause){ .kind = kind, .stated = stated };
	kinds[kind].say(why, cause);
}

void fb_causes_find(const struct fb_why *why, struct fb_causes *causes)
{
	enum fb_cause_kind stated = FB_CAUSE_OTHER;
	bool is_stated = stated_kind(why, &stated);

	causes->count = 0;
	if (is_stated)
		add(why, causes, stated, true);
	for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++)
		if (!(is_stated && k == stated) && kinds[k].holds && kinds[k].holds(why))
			add(why, causes, (enum fb_cause_kind)k, false);
}
