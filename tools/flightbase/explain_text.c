/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/explain_text.h"

#include <math.h>
#include <string.h>

#include "common/duration.h"
#include "flightbase/reason.h"

#define HOLDS_SHOWN 8

static void say_job(const struct fb_why *why, struct fb_lines *lines)
{
	const struct fb_why_job *job = &why->job;
	time_t since = job->phase == FB_JOB_PENDING || job->not_over ? job->submit :
		       job->phase == FB_JOB_HOLDING		     ? job->start :
								       job->end;
	char when[FB_SAY_MAX], reason[FB_SAY_MAX] = "";

	fb_say_when(since, why->now, when, sizeof(when));
	if (job->phase == FB_JOB_PENDING)
		snprintf(reason, sizeof(reason), " (%.64s)", job->reason_name);
	fb_lines_add(lines, "Job", "%s '%s' of %s: %s%s %s %s", job->id, job->name ? job->name : "", job->user ? job->user : "?",
		     job->state, reason, job->not_over ? "submitted" : "since", since ? when : "?");
}

static void say_workspace(const struct fb_why *why, struct fb_lines *lines)
{
	const struct fb_why_workspace *w = &why->workspace;
	const struct fb_why_limits *l = &why->limits;
	char quota[FB_SAY_MAX] = "quota unknown", until[2 * FB_SAY_MAX] = "", when[FB_SAY_MAX];

	if (why->job.from_history || why->job.phase == FB_JOB_OVER)
		quota[0] = '\0';
	else if (l->known && l->quota != FB_UNLIMITED)
		snprintf(quota, sizeof(quota), "%lld of %lld GPUs in use", (long long)l->quota_used, (long long)l->quota);
	else if (l->known)
		snprintf(quota, sizeof(quota), "%lld GPUs in use, no quota", (long long)l->quota_used);
	fb_say_when(w->until, why->now, when, sizeof(when));
	if (w->until)
		snprintf(until, sizeof(until), "%s%s %s", quota[0] ? ", " : "", w->until > why->now ? "ends" : "ended", when);
	if (w->name)
		fb_lines_add(lines, "Workspace", "%s%s%s%s", w->name, quota[0] || until[0] ? ": " : "", quota, until);
	else if (why->job.account)
		fb_lines_add(lines, "Account", "%s (no workspace)%s%s", why->job.account, quota[0] ? ": " : "", quota);
}

static void say_training(const struct fb_why *why, struct fb_lines *lines)
{
	const struct fb_decision *d = &why->job.decision;

	if (why->job.decided)
		fb_lines_add(lines, "Training", "%s%s%s%s, p2p %s, rdma %s", d->training, d->name[0] ? " '" : "", d->name,
			     d->name[0] ? "'" : "", d->p2p, d->rdma);
}

/* "n3 gave 3.1 of 46.3 GB/s" */
static void say_failure(const struct fb_preflight_failure *failure, char *text, size_t size)
{
	if (failure->model > 0)
		fb_say_append(text, size, "%s gave %.3g of %.3g GB/s", failure->node, failure->gbps, failure->model);
	else
		fb_say_append(text, size, "%s did not work", failure->node);
}

static void say_preflight(const struct fb_why *why, struct fb_lines *lines)
{
	const struct fb_decision *d = &why->job.decision;
	char failures[FB_LINE_TEXT_MAX / 2] = "";

	if (!why->job.decided || !d->preflight)
		return;
	for (unsigned int i = 0; i < d->requeues; i++)
		say_failure(&d->requeued[i], failures, sizeof(failures));
	if (d->requeues)
		fb_lines_add(lines, "Preflight", "requeued %u of %u times: %s (asked for: %u%%)", d->requeues, FB_PREFLIGHT_REQUEUES,
			     failures, d->preflight);
	else
		fb_lines_add(lines, "Preflight", "at least %u%% of the modelled allreduce bandwidth before its program", d->preflight);
}

static void say_amount(const struct fb_why_job *job, char *text, size_t size)
{
	char gpus[FB_SAY_MAX], cpus[FB_SAY_MAX], nodes[FB_SAY_MAX], memory[FB_SAY_MAX];

	fb_say_memory(job->memory, memory, sizeof(memory));
	fb_say_count(job->gpus, "GPU", gpus, sizeof(gpus));
	fb_say_count(job->cpus, "CPU", cpus, sizeof(cpus));
	fb_say_count(job->nodes, "node", nodes, sizeof(nodes));
	snprintf(text, size, "%s, %s, %s on %s", gpus, cpus, memory, nodes);
}

static void say_asks(const struct fb_why *why, struct fb_lines *lines)
{
	const struct fb_why_job *job = &why->job;
	char amount[FB_LINE_TEXT_MAX / 2], limit[FB_DURATION_TEXT_MAX] = "", least[FB_SAY_MAX] = "", span[FB_DURATION_TEXT_MAX];

	say_amount(job, amount, sizeof(amount));
	if (job->time_limit)
		fb_duration_format(job->time_limit, limit, sizeof(limit));
	if (job->time_min) {
		fb_duration_format(job->time_min, span, sizeof(span));
		snprintf(least, sizeof(least), " (at least %s)", span);
	}
	fb_lines_add(lines, "Asks for", "%s; time limit %s%s; partition %s; QOS %s", amount, job->time_limit ? limit : "none", least,
		     job->partition ? job->partition : "?", job->qos ? job->qos : "none");
}

static void say_causes(const struct fb_why *why, const struct fb_causes *causes, struct fb_lines *lines)
{
	char span[FB_SAY_MAX];

	fb_say_span(why->now - why->job.submit, span, sizeof(span));
	if (!causes->count || !causes->cause[0].stated)
		fb_lines_add(lines, "Why", "Slurm has not tried to start it yet (submitted %s ago)", span);
	for (size_t i = 0; i < causes->count; i++)
		for (size_t k = 0; k < causes->cause[i].lines; k++)
			fb_lines_add(lines, k ? "" : causes->cause[i].stated ? "Why" : "Also", "%s", causes->cause[i].line[k]);
}

static void say_limits(const struct fb_why *why, struct fb_lines *lines)
{
	const struct fb_why_limits *l = &why->limits;
	char text[FB_LINE_TEXT_MAX] = "";

	if (l->user_limit != FB_UNLIMITED)
		fb_say_append(text, sizeof(text), "%s uses %lld of %lld GPUs per user", why->job.user, (long long)l->user_used,
			      (long long)l->user_limit);
	if (l->job_limit != FB_UNLIMITED)
		fb_say_append(text, sizeof(text), "a job may use %lld GPUs", (long long)l->job_limit);
	if (text[0])
		fb_lines_add(lines, "Limits", "%s", text);
}

static void say_cluster(const struct fb_why *why, struct fb_lines *lines)
{
	const struct fb_why_cluster *c = &why->cluster;
	char kept[FB_SAY_MAX] = "", lent[FB_SAY_MAX] = "", nodes[FB_SAY_MAX], out[FB_SAY_MAX];

	if (!c->known)
		return;
	fb_say_count(c->all.nodes, "node", nodes, sizeof(nodes));
	fb_say_count(c->all.nodes_out, "node", out, sizeof(out));
	if (c->lent)
		snprintf(lent, sizeof(lent), ", %lld of those lent", (long long)c->lent);
	if (c->kept)
		snprintf(kept, sizeof(kept), "; %lld kept for guarantees of others", (long long)c->kept);
	fb_lines_add(lines, "Cluster", "%lld GPUs on %s: %lld free, %lld in use%s, %lld out of service (%s)%s", (long long)c->all.gpus,
		     nodes, (long long)c->all.free, (long long)c->all.used, lent, (long long)c->all.out, out, kept);
}

static void say_queue(const struct fb_why *why, struct fb_lines *lines)
{
	const struct fb_why_queue *q = &why->queue;

	if (q->known && q->position)
		fb_lines_add(lines, "Queue", "position %u of %u in partition %s; those before it ask for %lld GPUs", q->position,
			     q->length, why->job.partition, (long long)q->gpus_before);
	else if (q->known)
		fb_lines_add(lines, "Queue", "not in line; %u jobs are, in partition %s", q->length, why->job.partition);
}

static void say_factor(char *text, size_t size, const char *name, double value)
{
	if (fabs(value) >= 0.5)
		fb_say_append(text, size, "%s %+.0f", name, value);
}

static void say_priority(const struct fb_why *why, struct fb_lines *lines)
{
	const struct fb_why_priority *p = &why->priority;
	char parts[FB_LINE_TEXT_MAX] = "";

	if (!p->known)
		return;
	say_factor(parts, sizeof(parts), "age", p->age);
	say_factor(parts, sizeof(parts), "fair share", p->fairshare);
	say_factor(parts, sizeof(parts), "job size", p->job_size);
	say_factor(parts, sizeof(parts), "partition", p->partition);
	say_factor(parts, sizeof(parts), "QOS", p->qos);
	say_factor(parts, sizeof(parts), "association", p->association);
	say_factor(parts, sizeof(parts), "TRES", p->tres);
	say_factor(parts, sizeof(parts), "site", p->site);
	say_factor(parts, sizeof(parts), "nice", -(double)p->nice);
	fb_lines_add(lines, "Priority", "%u%s%s", why->job.priority, parts[0] ? ": " : "", parts);
}

static void say_start(const struct fb_why *why, struct fb_lines *lines)
{
	const struct fb_why_job *job = &why->job;
	char when[FB_SAY_MAX], deadline[FB_SAY_MAX];

	fb_say_when(job->start, why->now, when, sizeof(when));
	fb_say_when(job->deadline, why->now, deadline, sizeof(deadline));
	fb_lines_add(lines, "Start", "%s%s%s%s", job->start ? "Slurm expects " : "Slurm has no estimate", job->start ? when : "",
		     job->deadline ? "; deadline " : "", job->deadline ? deadline : "");
}

static void say_parts(const struct fb_why *why, struct fb_lines *lines)
{
	const struct fb_why_job *job = &why->job;

	if (job->array)
		fb_lines_add(lines, "Array", "%u tasks wait, %u run", job->array_waiting, job->array_running);
	if (job->components)
		fb_lines_add(lines, "Components", "%u of this heterogeneous job; they start together", job->components);
}

static void say_hidden(const struct fb_why *why, struct fb_lines *lines)
{
	char list[FB_LINE_TEXT_MAX] = "";

	if (why->hidden_jobs)
		fb_say_append(list, sizeof(list), "jobs of others");
	if (why->hidden_usage)
		fb_say_append(list, sizeof(list), "usage of others");
	if (why->hidden_nodes)
		fb_say_append(list, sizeof(list), "nodes");
	if (list[0])
		fb_lines_add(lines, "Hidden", "%s: Slurm does not show them to you (PrivateData); numbers leave them out", list);
}

static void say_pending(const struct fb_why *why, const struct fb_causes *causes, struct fb_lines *lines)
{
	say_asks(why, lines);
	say_causes(why, causes, lines);
	say_limits(why, lines);
	say_cluster(why, lines);
	say_queue(why, lines);
	say_priority(why, lines);
	say_start(why, lines);
	say_parts(why, lines);
	say_hidden(why, lines);
}

static void say_end(const struct fb_why *why, struct fb_lines *lines)
{
	const struct fb_why_job *job = &why->job;
	char when[FB_SAY_MAX], limit[FB_DURATION_TEXT_MAX], left[FB_SAY_MAX];

	if (job->time_limit) {
		fb_say_when(job->end, why->now, when, sizeof(when));
		fb_duration_format(job->time_limit, limit, sizeof(limit));
		fb_lines_add(lines, "Ends", "at the latest %s, by its time limit %s", when, limit);
	} else {
		fb_lines_add(lines, "Ends", "no time limit");
	}
	if (why->workspace.until > why->now) {
		fb_say_span(why->workspace.until - why->now, left, sizeof(left));
		fb_lines_add(lines, "", "%s are left to the end of workspace '%s'", left, why->workspace.name);
	}
}

/* Of jobs of several GPUs. */
static void say_wires(const struct fb_why *why, struct fb_lines *lines)
{
	const struct fb_why_wires *w = &why->wires;
	char groups[sizeof(w->groups) + 32] = "";

	if (w->gbps <= 0)
		return;
	if (w->groups[0])
		snprintf(groups, sizeof(groups), "; leaf group%s %s", strchr(w->groups, ',') ? "s" : "", w->groups);
	fb_lines_add(lines, "Wires", "modelled allreduce bandwidth %.1f GB/s, of %.1f at best on an empty cluster%s", w->gbps,
		     w->best_gbps, groups);
}

static void say_holding(const struct fb_why *why, struct fb_lines *lines)
{
	char amount[FB_LINE_TEXT_MAX];

	say_amount(&why->job, amount, sizeof(amount));
	fb_lines_add(lines, "Holds", "%s: %s", amount, why->job.held_nodes ? why->job.held_nodes : "?");
	for (size_t i = 0; i < why->holds && i < HOLDS_SHOWN; i++)
		if (why->hold[i].gpus[0])
			fb_lines_add(lines, i ? "" : "GPUs", "%s: %s%s%s%s%s%s", why->hold[i].nodes, why->hold[i].gpus,
				     why->hold[i].link[0] ? " (" : "", why->hold[i].link,
				     why->hold[i].link[0] ? " island " : "", why->hold[i].island, why->hold[i].link[0] ? ")" : "");
	if (why->holds > HOLDS_SHOWN)
		fb_lines_add(lines, "", "and %zu more groups of nodes", why->holds - HOLDS_SHOWN);
	say_wires(why, lines);
	say_end(why, lines);
	say_parts(why, lines);
}

static void say_over(const struct fb_why *why, struct fb_lines *lines)
{
	const struct fb_why_job *job = &why->job;
	const struct fb_reason *reason = fb_reason_find(job->reason);
	char amount[FB_LINE_TEXT_MAX / 2], from[FB_SAY_MAX], to[FB_SAY_MAX], span[FB_SAY_MAX];

	fb_say_time(job->start, from, sizeof(from));
	fb_say_time(job->end, to, sizeof(to));
	fb_say_span(job->end - job->start, span, sizeof(span));
	say_amount(job, amount, sizeof(amount));
	if (job->not_over)
		fb_lines_add(lines, "Asked for", "%s", amount);
	else if (job->start && job->held_nodes)
		fb_lines_add(lines, "Ran", "%s, from %s to %s, with %s: %s", span, from, to, amount, job->held_nodes);
	else
		fb_lines_add(lines, "Ran", "never");
	if (job->exit_signal)
		fb_lines_add(lines, "Exit", "signal %d", job->exit_signal);
	else if (job->held_nodes && !job->not_over)
		fb_lines_add(lines, "Exit", "status %d", job->exit_status);
	if (!job->from_history && reason->words)
		fb_lines_add(lines, "Reason", "%s: %s", job->reason_name, reason->words);
	if (job->from_history && job->not_over)
		fb_lines_add(lines, "Known by", "slurmdbd, which has not seen its end; slurmctld %s",
			     why->hidden_jobs ? "does not show you jobs of others (PrivateData)" : "does not know it");
	else
		fb_lines_add(lines, "Known by", "%s", job->from_history ? "slurmdbd (slurmctld has forgotten it)" : "slurmctld");
}

void fb_explain_text(const struct fb_why *why, const struct fb_causes *causes, struct fb_lines *lines)
{
	lines->count = 0;
	say_job(why, lines);
	say_workspace(why, lines);
	say_training(why, lines);
	say_preflight(why, lines);
	if (why->job.phase == FB_JOB_PENDING)
		say_pending(why, causes, lines);
	else if (why->job.phase == FB_JOB_HOLDING)
		say_holding(why, lines);
	else
		say_over(why, lines);
}
