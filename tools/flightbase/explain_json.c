/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/explain_json.h"

typedef struct json_object object;

static void put_text(object *to, const char *key, const char *text)
{
	json_object_object_add(to, key, text ? json_object_new_string(text) : NULL);
}

static void put_number(object *to, const char *key, int64_t number)
{
	json_object_object_add(to, key, json_object_new_int64(number));
}

/* A number that is there only sometimes. */
static void put_maybe(object *to, const char *key, bool known, int64_t number)
{
	json_object_object_add(to, key, known ? json_object_new_int64(number) : NULL);
}

static void put_flag(object *to, const char *key, bool flag)
{
	json_object_object_add(to, key, json_object_new_boolean(flag));
}

static object *put_object(object *to, const char *key)
{
	object *made = json_object_new_object();

	json_object_object_add(to, key, made);
	return made;
}

static object *put_array(object *to, const char *key)
{
	object *made = json_object_new_array();

	json_object_object_add(to, key, made);
	return made;
}

static object *append_object(object *array)
{
	object *made = json_object_new_object();

	json_object_array_add(array, made);
	return made;
}

static void put_times(object *to, const struct fb_why_job *job)
{
	put_maybe(to, "submit", job->submit, (int64_t)job->submit);
	put_maybe(to, "eligible", job->eligible, (int64_t)job->eligible);
	put_maybe(to, "start", job->start, (int64_t)job->start);
	put_maybe(to, "end", job->end, (int64_t)job->end);
	put_maybe(to, "deadline", job->deadline, (int64_t)job->deadline);
	put_maybe(to, "time_limit", job->time_limit, job->time_limit);
	put_maybe(to, "time_min", job->time_min, job->time_min);
}

static void put_job(object *root, const struct fb_why *why)
{
	static const char *const phases[] = { [FB_JOB_PENDING] = "pending", [FB_JOB_HOLDING] = "running", [FB_JOB_OVER] = "over" };
	const struct fb_why_job *job = &why->job;
	object *to = put_object(root, "job");

	put_text(to, "id", job->id);
	put_text(to, "phase", phases[job->phase]);
	put_text(to, "state", job->state);
	put_text(to, "reason", job->reason_name);
	put_text(to, "reason_text", job->reason_text);
	put_text(to, "name", job->name);
	put_text(to, "user", job->user);
	put_text(to, "account", job->account);
	put_text(to, "partition", job->partition);
	put_text(to, "qos", job->qos);
	put_number(to, "gpus", job->gpus);
	put_maybe(to, "gpus_per_node", job->gpus_per_node, job->gpus_per_node);
	put_number(to, "cpus", job->cpus);
	put_number(to, "memory_mib", job->memory);
	put_number(to, "nodes", job->nodes);
	put_text(to, "dependency", job->dependency);
	put_text(to, "reservation", job->reservation);
	put_flag(to, "preemptible", job->preemptible);
	put_flag(to, "from_history", job->from_history);
	put_times(to, job);
	put_maybe(to, "exit_status", job->phase == FB_JOB_OVER, job->exit_status);
	put_maybe(to, "exit_signal", job->phase == FB_JOB_OVER, job->exit_signal);
}

static void put_workspace(object *root, const struct fb_why *why)
{
	const struct fb_why_workspace *w = &why->workspace;

	if (!w->name) {
		json_object_object_add(root, "workspace", NULL);
		return;
	}
	object *to = put_object(root, "workspace");
	put_text(to, "name", w->name);
	put_maybe(to, "from", w->from, (int64_t)w->from);
	put_maybe(to, "until", w->until, (int64_t)w->until);
	put_number(to, "guarantee", w->guarantee);
	put_text(to, "training", why->job.decided ? why->job.decision.training : NULL);
	put_text(to, "training_name", why->job.decided && why->job.decision.name[0] ? why->job.decision.name : NULL);
	put_text(to, "p2p", why->job.decided ? why->job.decision.p2p : NULL);
	put_text(to, "rdma", why->job.decided ? why->job.decision.rdma : NULL);
}

static void put_preflight(object *root, const struct fb_why *why)
{
	const struct fb_decision *d = &why->job.decision;

	if (!why->job.decided || !d->preflight) {
		json_object_object_add(root, "preflight", NULL);
		return;
	}
	object *to = put_object(root, "preflight"), *nodes;
	put_number(to, "percent", d->preflight);
	put_number(to, "requeues_at_most", FB_PREFLIGHT_REQUEUES);
	nodes = put_array(to, "requeued");
	for (unsigned int i = 0; i < d->requeues; i++) {
		object *node = append_object(nodes);

		put_text(node, "node", d->requeued[i].node);
		json_object_object_add(node, "gbps", d->requeued[i].model > 0 ? json_object_new_double(d->requeued[i].gbps) : NULL);
		json_object_object_add(node, "modelled_gbps", d->requeued[i].model > 0 ? json_object_new_double(d->requeued[i].model) : NULL);
	}
}

static void put_limits(object *root, const struct fb_why *why)
{
	const struct fb_why_limits *l = &why->limits;
	object *to = put_object(root, "limits"), *users;

	put_maybe(to, "quota", l->known && l->quota != FB_UNLIMITED, l->quota);
	put_maybe(to, "quota_used", l->known, l->quota_used);
	put_text(to, "quota_account", l->quota_account);
	put_maybe(to, "user_limit", l->user_limit != FB_UNLIMITED, l->user_limit);
	put_maybe(to, "user_used", l->user_limit != FB_UNLIMITED, l->user_used);
	put_maybe(to, "job_limit", l->job_limit != FB_UNLIMITED, l->job_limit);
	users = put_array(to, "users");
	for (size_t i = 0; i < l->uses; i++) {
		object *use = append_object(users);

		put_text(use, "user", l->use[i].user);
		put_number(use, "gpus", l->use[i].gpus);
		put_number(use, "jobs", l->use[i].jobs);
	}
	if (!l->stated)
		return;
	object *stated = put_object(to, "named");
	put_text(stated, "of", l->stated_object);
	put_text(stated, "tres", l->stated_tres);
	put_number(stated, "limit", l->stated_limit);
	put_maybe(stated, "used", l->stated_used != FB_UNLIMITED, l->stated_used);
	put_number(stated, "asked", l->stated_asked);
}

static void put_pool(object *to, const char *key, const struct fb_why_pool *pool)
{
	object *at = put_object(to, key);

	put_number(at, "nodes", pool->nodes);
	put_number(at, "nodes_out", pool->nodes_out);
	put_number(at, "gpus", pool->gpus);
	put_number(at, "used", pool->used);
	put_number(at, "free", pool->free);
	put_number(at, "out", pool->out);
	put_number(at, "most_free_on_node", pool->most_free);
	put_number(at, "fitting_nodes", pool->fitting);
}

static void put_cluster(object *root, const struct fb_why *why)
{
	const struct fb_why_cluster *c = &why->cluster;

	if (!c->known) {
		json_object_object_add(root, "cluster", NULL);
		return;
	}
	object *to = put_object(root, "cluster");
	put_pool(to, "all", &c->all);
	put_pool(to, "usable", &c->mine);
	put_text(to, "out_nodes", c->out_nodes);
	put_text(to, "out_reason", c->out_reason);
	put_number(to, "required_out", c->required_out);
	put_number(to, "reserved_nodes", c->reserved);
	put_number(to, "idle", c->idle);
	put_number(to, "lent", c->lent);
	put_number(to, "kept", c->kept);
	put_number(to, "takable", fb_why_takable(why));
	object *keeps = put_array(to, "kept_for");
	for (size_t i = 0; i < c->keeps; i++) {
		object *keep = append_object(keeps);

		put_text(keep, "workspace", c->keep[i].workspace);
		put_number(keep, "guarantee", c->keep[i].guarantee);
		put_number(keep, "used", c->keep[i].used);
	}
}

static void put_queue(object *root, const struct fb_why *why)
{
	const struct fb_why_queue *q = &why->queue;
	const struct fb_why_priority *p = &why->priority;
	object *to = put_object(root, "queue");

	put_maybe(to, "position", q->known && q->position, q->position);
	put_maybe(to, "length", q->known, q->length);
	put_maybe(to, "gpus_before", q->known, q->gpus_before);
	put_number(to, "priority", why->job.priority);
	if (!p->known)
		return;
	object *parts = put_object(to, "priority_parts");
	json_object_object_add(parts, "age", json_object_new_double(p->age));
	json_object_object_add(parts, "fairshare", json_object_new_double(p->fairshare));
	json_object_object_add(parts, "job_size", json_object_new_double(p->job_size));
	json_object_object_add(parts, "partition", json_object_new_double(p->partition));
	json_object_object_add(parts, "qos", json_object_new_double(p->qos));
	json_object_object_add(parts, "association", json_object_new_double(p->association));
	json_object_object_add(parts, "tres", json_object_new_double(p->tres));
	json_object_object_add(parts, "site", json_object_new_double(p->site));
	put_number(parts, "nice", -p->nice);
}

static void put_causes(object *root, const struct fb_causes *causes)
{
	object *array = put_array(root, "causes");

	for (size_t i = 0; i < causes->count; i++) {
		const struct fb_cause *cause = &causes->cause[i];
		object *to = append_object(array), *details;

		put_text(to, "cause", fb_cause_name(cause->kind));
		put_flag(to, "stated", cause->stated);
		put_text(to, "text", cause->lines ? cause->line[0] : NULL);
		details = put_array(to, "details");
		for (size_t k = 1; k < cause->lines; k++)
			json_object_array_add(details, json_object_new_string(cause->line[k]));
	}
}

static void put_holds(object *root, const struct fb_why *why)
{
	object *array = put_array(root, "holds");

	for (size_t i = 0; i < why->holds; i++) {
		object *to = append_object(array);

		put_text(to, "nodes", why->hold[i].nodes);
		put_text(to, "gpus", why->hold[i].gpus);
		put_text(to, "link", why->hold[i].link[0] ? why->hold[i].link : NULL);
		put_text(to, "island", why->hold[i].island[0] ? why->hold[i].island : NULL);
	}
}

/* GB/s; null where the wires are not known. */
static void put_wires(object *root, const struct fb_why *why)
{
	const struct fb_why_wires *w = &why->wires;
	object *to;

	if (w->gbps <= 0) {
		json_object_object_add(root, "wires", NULL);
		return;
	}
	to = put_object(root, "wires");
	json_object_object_add(to, "gbps", json_object_new_double(w->gbps));
	json_object_object_add(to, "best_gbps", json_object_new_double(w->best_gbps));
	put_text(to, "leaf_groups", w->groups[0] ? w->groups : NULL);
}

static void put_hidden(object *root, const struct fb_why *why)
{
	object *to = put_object(root, "hidden");

	put_flag(to, "jobs", why->hidden_jobs);
	put_flag(to, "usage", why->hidden_usage);
	put_flag(to, "nodes", why->hidden_nodes);
}

struct json_object *fb_explain_json(const struct fb_why *why, const struct fb_causes *causes)
{
	object *root = json_object_new_object();

	put_job(root, why);
	put_workspace(root, why);
	put_preflight(root, why);
	put_hidden(root, why);
	if (why->job.array) {
		object *array = put_object(root, "array");

		put_number(array, "waiting", why->job.array_waiting);
		put_number(array, "running", why->job.array_running);
		put_maybe(array, "limit", why->job.array_limit, why->job.array_limit);
	}
	if (why->job.phase != FB_JOB_OVER)
		put_limits(root, why);
	if (why->job.phase == FB_JOB_HOLDING) {
		put_holds(root, why);
		put_wires(root, why);
	}
	if (causes) {
		put_causes(root, causes);
		put_cluster(root, why);
		put_queue(root, why);
	}
	return root;
}
