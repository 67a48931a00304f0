/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/preflight.h"

#include <inttypes.h>
#include <string.h>

#include "flightbase/account_jobs.h"
#include "flightbase/cli.h"
#include "flightbase/controller.h"
#include "flightbase/groups.h"
#include "flightbase/names.h"
#include "flightbase/text.h"

static int need_root(const struct fb_step *step, struct fb_err *err)
{
	return fb_err_set(err, "%.200s: that takes root on the controller: run it as root on '%s'", step->words,
			  fb_controller_host());
}

/* The directory's ACL is its owner's to change, and root's. */
static int may_tree(const struct fb_run *run, const struct fb_step *step, struct fb_err *err)
{
	const struct fb_tree *tree = step->tree;

	if (run->caller.root)
		return 0;
	if (!tree->there)
		return need_root(step, err);
	const struct fb_member *owner = fb_spec_member(step->spec, step->spec->owner);
	bool mine = tree->owner == run->caller.uid && owner && owner->uid == tree->owner;
	if (mine && step->spec->group[0] && tree->group != step->spec->gid && !fb_group_is_mine(step->spec->gid))
		return fb_err_set(err, "its directories are to be given to group '%s', which takes root or who is in it; ask an "
				       "administrator, or whoever maintains the group", step->spec->group);
	if (mine)
		return 0;
	if (tree->owner == run->caller.uid)
		return need_root(step, err);
	return fb_err_set(err, "its directories belong to %s, who alone lets members in; ask %s, or an administrator",
			  fb_user_text(tree->owner).text, fb_user_text(tree->owner).text);
}

/* Who manages is an administrator's to say; a manager who removes himself changes it too. */
static bool managers_change(const struct fb_step *step)
{
	for (size_t i = 0; i < step->spec->members; i++) {
		const struct fb_member *have = fb_view_member(step->view, step->spec->member[i].name);

		if (step->spec->member[i].manager != (have && have->manager))
			return true;
	}
	for (size_t i = 0; i < step->view->members; i++)
		if (step->view->member[i].manager && !fb_spec_member(step->spec, step->view->member[i].name))
			return true;
	return false;
}

static int may_account(const struct fb_run *run, const struct fb_step *step, struct fb_err *err)
{
	const struct fb_member *self = step->view ? fb_view_member(step->view, run->caller.name) : NULL;
	bool manager = self && self->manager;

	if (run->caller.operator || (manager && step->kind == FB_STEP_MEMBERS && !managers_change(step)))
		return 0;
	return fb_err_set(err, "%.200s: that takes an administrator (Slurm's AdminLevel Operator)%s; you are %s", step->words,
			  step->kind == FB_STEP_MEMBERS && !managers_change(step) ? " or a manager of the workspace" : "",
			  manager ? "a manager" : self ? "a member" : "neither");
}

static int may(const struct fb_run *run, const struct fb_step *step, struct fb_err *err)
{
	switch (step->kind) {
	case FB_STEP_TREE:
	case FB_STEP_GATE:
		return may_tree(run, step, err);
	case FB_STEP_SITE:
	case FB_STEP_DEADLINES: /* only ever beside the next */
	case FB_STEP_SETTINGS:
	case FB_STEP_DROP_SETTINGS:
		return run->caller.root && run->caller.here ? 0 : need_root(step, err);
	case FB_STEP_DROP_TREE:
		return run->caller.root ? 0 : need_root(step, err);
	case FB_STEP_PREEMPTIBLE:
	case FB_STEP_QOS:
	case FB_STEP_DROP_QOS:
		return run->caller.administrator ? 0 :
						   fb_err_set(err, "%.200s: that takes Slurm's AdminLevel Administrator", step->words);
	default:
		return may_account(run, step, err);
	}
}

static int check_rights(const struct fb_run *run, const struct fb_plan *plan, struct fb_err *err)
{
	for (int accounting = 1; accounting >= 0; accounting--)
		for (size_t i = 0; i < plan->count; i++) {
			const struct fb_step *step = &plan->step[i];
			/* Who may not touch the account at all should not be told of directories first. */
			bool first = step->kind == FB_STEP_ACCOUNT || step->kind == FB_STEP_MEMBERS || step->kind == FB_STEP_DROP_ACCOUNT;

			if (first != accounting || !may(run, step, err))
				continue;
			return step->workspace ? fb_err_prefix(err, "workspace '%s'", step->workspace) : -1;
		}
	return 0;
}

/* Members who leave, and everybody of a workspace that goes, must have no jobs there. */
static int check_leavers(const struct fb_step *step, const struct fb_jobs *jobs, bool cancel, struct fb_err *err)
{
	for (size_t i = 0; !cancel && i < step->view->members; i++) {
		const char *user = step->view->member[i].name;
		struct fb_account_jobs of = { .pending = 0 };

		if (step->view->member[i].member && !fb_spec_member(step->spec, user))
			of = fb_account_jobs_count(jobs, step->view->name, user);
		if (of.pending || of.running)
			return fb_err_set(err, "workspace '%s': %s cannot be removed: %u jobs run there and %u wait; wait for them, or "
					       "cancel them with --cancel", step->view->name, user, of.running, of.pending);
	}
	return 0;
}

static int check_removal(const struct fb_step *step, const struct fb_jobs *jobs, bool drain, struct fb_err *err)
{
	struct fb_account_jobs of = fb_account_jobs_count(jobs, step->workspace, NULL);

	if (drain || (!of.pending && !of.running))
		return 0;
	return fb_err_set(err, "workspace '%s': it cannot be removed: %u of its jobs run and %u wait; wait for them%s", step->workspace,
			  of.running, of.pending, of.running ? ", or cancel them with scancel; --drain cancels those that wait and "
							       "takes no new ones" : ", or cancel them with --drain");
}

static bool drained(const struct fb_plan *plan, const char *workspace)
{
	for (size_t i = 0; i < plan->count; i++)
		if (plan->step[i].kind == FB_STEP_CANCEL && !strcmp(plan->step[i].workspace, workspace))
			return true;
	return false;
}

static int check_jobs(struct fb_run *run, const struct fb_change *change, const struct fb_plan *plan, struct fb_err *err)
{
	struct fb_jobs jobs;
	int rc = 0;

	if (!run->up && fb_plan_has(plan, FB_STEP_DEADLINES))
		return fb_err_set(err, "slurmctld does not answer: the end of pending jobs cannot be moved; see that it runs, then try again");
	if (!fb_plan_has(plan, FB_STEP_MEMBERS) && !fb_plan_has(plan, FB_STEP_DROP_ACCOUNT))
		return 0;
	if (!run->up) {
		/* slurmdbd knows of the jobs too, and refuses. */
		return fb_plan_has(plan, FB_STEP_CANCEL) ? fb_err_set(err, "slurmctld does not answer: jobs cannot be cancelled; see that it "
								      "runs, then try again") : 0;
	}
	if (fb_jobs_load(&jobs, err))
		return -1;
	for (size_t i = 0; !rc && i < plan->count; i++) {
		const struct fb_step *step = &plan->step[i];

		if (step->kind == FB_STEP_MEMBERS)
			rc = check_leavers(step, &jobs, change->cancel, err);
		else if (step->kind == FB_STEP_DROP_ACCOUNT)
			rc = check_removal(step, &jobs, drained(plan, step->workspace), err);
	}
	fb_jobs_free(&jobs);
	return rc;
}

static unsigned int guarantee_of(const struct fb_target *target)
{
	struct json_object *guarantee;

	return !target->drop && json_object_object_get_ex(target->spec.settings, "guarantee", &guarantee) ?
		       (unsigned int)json_object_get_int64(guarantee) : 0;
}

static const struct fb_target *find_target(const struct fb_change *change, const char *name)
{
	for (size_t i = 0; i < change->count; i++)
		if (!strcmp(change->target[i].spec.name, name))
			return &change->target[i];
	return NULL;
}

/* Guarantees of those that stay as they are. */
static int64_t guaranteed_elsewhere(const struct fb_change *change, const struct fb_policy *policy)
{
	int64_t sum = 0;

	for (size_t i = 0; policy && i < policy->bucket_count; i++)
		for (const struct fb_workspace *w = policy->buckets[i]; w; w = w->next)
			sum += find_target(change, w->name) ? 0 : w->guarantee;
	return sum;
}

/* More can be guaranteed than there is only by a change that raises a guarantee, so others are let pass. */
static int check_guarantees(struct fb_run *run, const struct fb_change *change, const struct fb_views *views, struct fb_err *err)
{
	const struct fb_target *raised = NULL;
	int64_t others = guaranteed_elsewhere(change, views->policy), gpus, sum = others;

	for (size_t i = 0; i < change->count; i++) {
		const struct fb_target *target = &change->target[i];
		const struct fb_view *view = fb_views_find(views, target->spec.name);

		sum += guarantee_of(target);
		if (guarantee_of(target) > (view && view->settings ? view->settings->guarantee : 0))
			raised = target;
	}
	if (!raised)
		return 0;
	if (!run->up) {
		fb_cli_note("slurmctld does not answer: it was not checked that the cluster has the GPUs that are guaranteed");
		return 0;
	}
	if (fb_controller_gpus(&gpus, err))
		return -1;
	if (sum <= gpus)
		return 0;
	return fb_err_set(err, "workspace '%s': %u GPUs cannot be guaranteed: with the %" PRId64 " of the others that makes %" PRId64
			       ", and the cluster has %" PRId64 "; guarantee at most %" PRId64, raised->spec.name, guarantee_of(raised),
			  sum - guarantee_of(raised), sum, gpus,
			  gpus - (sum - guarantee_of(raised)) > 0 ? gpus - (sum - guarantee_of(raised)) : 0);
}

/* What is over a quota that falls goes on; who lowers it should know. */
static void note_overuse(const struct fb_run *run, const struct fb_plan *plan)
{
	for (size_t i = 0; run->up && i < plan->count; i++) {
		const struct fb_step *step = &plan->step[i];
		struct fb_account_jobs of;

		if (step->kind != FB_STEP_ACCOUNT || !step->view->account || step->spec->gpus == FB_UNLIMITED ||
		    (step->view->gpus != FB_UNLIMITED && step->view->gpus <= step->spec->gpus) ||
		    fb_account_jobs_load(step->workspace, NULL, &of, NULL) || of.gpus <= step->spec->gpus)
			continue;
		fb_cli_note("workspace '%s': %" PRId64 " GPUs are in use, %" PRId64 " above its new quota of %" PRId64
			    "; running jobs go on, and no other starts until they fit", step->workspace, of.gpus,
			    of.gpus - step->spec->gpus, step->spec->gpus);
	}
}

/* Whom its group still lacks; the owner comes in without it. */
static void note_missing(const struct fb_step *step)
{
	const struct fb_spec *spec = step->spec;
	char names[300] = "";

	for (size_t i = 0; i < spec->members; i++)
		if (strcmp(spec->member[i].name, spec->owner) && !fb_group_has(spec->gid, spec->member[i].name))
			fb_text_list(names, sizeof(names), spec->member[i].name);
	if (*names)
		fb_cli_note("workspace '%s': not yet in group '%s': %s; its directories let them in when the site has added them to the "
			    "group", spec->name, spec->group, names);
}

static void note_left(const struct fb_step *step)
{
	const struct fb_spec *spec = step->spec;
	char names[300] = "";

	for (size_t i = 0; i < step->view->members; i++) {
		const char *name = step->view->member[i].name;

		if (!fb_spec_member(spec, name) && fb_group_has(spec->gid, name))
			fb_text_list(names, sizeof(names), name);
	}
	if (*names)
		fb_cli_note("workspace '%s': still in group '%s': %s; its directories let them in until the site has removed them from the "
			    "group", spec->name, spec->group, names);
}

/* The group is the site's to change: said is what is left to do. */
static void note_groups(const struct fb_plan *plan)
{
	const struct fb_spec *last = NULL;

	for (size_t i = 0; i < plan->count; i++) {
		const struct fb_step *step = &plan->step[i];

		if ((step->kind != FB_STEP_MEMBERS && step->kind != FB_STEP_TREE) || !step->spec->group[0] || step->spec == last)
			continue;
		last = step->spec;
		note_missing(step);
		note_left(step);
	}
}

int fb_preflight(struct fb_run *run, const struct fb_change *change, const struct fb_plan *plan, const struct fb_views *views,
		 struct fb_err *err)
{
	if (check_rights(run, plan, err) || check_jobs(run, change, plan, err) || check_guarantees(run, change, views, err))
		return -1;
	note_overuse(run, plan);
	note_groups(plan);
	return 0;
}
