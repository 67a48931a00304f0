/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flightbase/plan_words.h"

void fb_plan_free(struct fb_plan *plan)
{
	free(plan->step);
	*plan = (struct fb_plan){ .count = 0 };
}

int fb_plan_add(struct fb_plan *plan, const struct fb_step *step, struct fb_err *err)
{
	struct fb_step *grown = realloc(plan->step, (plan->count + 1) * sizeof(*grown));

	if (!grown)
		return fb_err_set(err, "out of memory");
	plan->step = grown;
	grown[plan->count++] = *step;
	return 0;
}

bool fb_plan_has(const struct fb_plan *plan, enum fb_step_kind kind)
{
	for (size_t i = 0; i < plan->count; i++)
		if (plan->step[i].kind == kind)
			return true;
	return false;
}

static uid_t owner_of(const struct fb_spec *spec)
{
	const struct fb_member *owner = fb_spec_member(spec, spec->owner);

	return owner ? owner->uid : FB_NO_UID;
}

static bool is_member(const struct fb_view *view, const char *user)
{
	const struct fb_member *member = fb_view_member(view, user);

	return member && member->member;
}

static bool members_come(const struct fb_spec *spec, const struct fb_view *view)
{
	for (size_t i = 0; i < spec->members; i++)
		if (!is_member(view, spec->member[i].name))
			return true;
	return false;
}

static bool members_go(const struct fb_spec *spec, const struct fb_view *view)
{
	for (size_t i = 0; i < view->members; i++)
		if (view->member[i].member && !fb_spec_member(spec, view->member[i].name))
			return true;
	return false;
}

static bool needs_tree(const struct fb_spec *spec, const struct fb_view *view, const struct fb_tree *tree)
{
	if (!tree->there)
		return true;
	bool by_group = spec->group[0];
	if (!tree->known)
		return tree->owner != owner_of(spec) || (by_group ? tree->group != spec->gid : members_come(spec, view));
	if (tree->owner != owner_of(spec) || !tree->parts || tree->gate != (by_group ? FB_GATE_GROUP : FB_GATE_NAMED))
		return true;
	if (by_group)
		return tree->group != spec->gid;
	for (size_t i = 0; i < spec->members; i++)
		if (spec->member[i].uid != FB_NO_UID && !fb_tree_lets_in(tree, spec->member[i].uid))
			return true;
	return false;
}

static bool has_uid(const struct fb_spec *spec, uid_t uid)
{
	for (size_t i = 0; i < spec->members; i++)
		if (spec->member[i].uid == uid)
			return true;
	return false;
}

static bool needs_gate(const struct fb_spec *spec, const struct fb_view *view, const struct fb_tree *tree)
{
	if (!tree->there || spec->group[0])
		return false;
	if (!tree->known)
		return members_go(spec, view);
	for (size_t i = 0; i < tree->entries; i++)
		if (!has_uid(spec, tree->entry[i]))
			return true;
	/* Who owned it until now has no entry to take away, but gets one if he stays a member. */
	return false;
}

static bool needs_qos(const struct fb_plan_site *site, const struct fb_spec *spec, const struct fb_view *view)
{
	return !view->qos || view->user_gpus != spec->user_gpus || view->job_gpus != spec->job_gpus ||
	       view->max_time != spec->max_time || (site->preemptible && !view->qos_preempts);
}

static bool needs_settings(const struct fb_spec *spec, const struct fb_view *view)
{
	return !view->settings || !json_object_equal(view->settings->source, spec->settings);
}

static bool needs_members(const struct fb_spec *spec, const struct fb_view *view)
{
	if (members_come(spec, view) || members_go(spec, view))
		return true;
	for (size_t i = 0; i < view->members; i++) {
		const struct fb_member *want = fb_spec_member(spec, view->member[i].name);

		if (view->member[i].manager != (want && want->manager))
			return true;
	}
	return false;
}

static const char *until_of(struct json_object *settings)
{
	struct json_object *until;

	return settings && json_object_object_get_ex(settings, "until", &until) ? json_object_get_string(until) : "";
}

/* Pending jobs carry the end they were submitted with. Without the old settings it is not known which of them do. */
static bool needs_deadlines(const struct fb_spec *spec, const struct fb_view *view)
{
	return view->account && view->settings && strcmp(until_of(view->settings->source), until_of(spec->settings)) != 0;
}

static bool guarantees(const struct fb_spec *spec)
{
	struct json_object *guarantee;

	return json_object_object_get_ex(spec->settings, "guarantee", &guarantee) && json_object_get_int64(guarantee) > 0;
}

int fb_plan_put(struct fb_plan *plan, struct fb_plan_site *site, const struct fb_spec *spec, const struct fb_view *view,
		const struct fb_tree *tree, struct fb_err *err)
{
	bool new_preemptible = guarantees(spec) && !site->preemptible;
	struct fb_plan_site after = { .settings = site->settings, .preemptible = site->preemptible || new_preemptible };
	const struct {
		enum fb_step_kind kind;
		bool needed;
	} steps[] = {
		{ FB_STEP_TREE, needs_tree(spec, view, tree) },
		{ FB_STEP_PREEMPTIBLE, new_preemptible },
		{ FB_STEP_QOS, needs_qos(&after, spec, view) },
		/* Before the settings: they tell what the end was, so this is done again if it is interrupted. */
		{ FB_STEP_DEADLINES, needs_deadlines(spec, view) },
		{ FB_STEP_SETTINGS, needs_settings(spec, view) },
		{ FB_STEP_ACCOUNT, !view->account || view->gpus != spec->gpus || view->closed != spec->closed || !view->qos_used || new_preemptible },
		{ FB_STEP_MEMBERS, needs_members(spec, view) },
		{ FB_STEP_GATE, needs_gate(spec, view, tree) },
	};

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct fb_step step = { .kind = steps[i].kind, .workspace = spec->name, .spec = spec, .view = view, .tree = tree };

		if (!steps[i].needed)
			continue;
		fb_plan_words(&step, site);
		if (fb_plan_add(plan, &step, err))
			return -1;
	}
	site->preemptible |= new_preemptible;
	return 0;
}

int fb_plan_drop(struct fb_plan *plan, const struct fb_plan_site *site, const struct fb_view *view, const struct fb_tree *tree,
		 bool drain, bool purge, struct fb_err *err)
{
	const struct {
		enum fb_step_kind kind;
		bool needed;
	} steps[] = {
		{ FB_STEP_CLOSE, view->account && !view->closed },
		{ FB_STEP_CANCEL, view->account && drain },
		{ FB_STEP_DROP_ACCOUNT, view->account || view->named },
		{ FB_STEP_DROP_SETTINGS, view->file },
		{ FB_STEP_DROP_QOS, view->qos },
		{ FB_STEP_DROP_TREE, purge && tree->there },
	};

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct fb_step step = { .kind = steps[i].kind, .workspace = view->name, .view = view, .tree = tree };

		if (!steps[i].needed)
			continue;
		fb_plan_words(&step, site);
		if (fb_plan_add(plan, &step, err))
			return -1;
	}
	return 0;
}
