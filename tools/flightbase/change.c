/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/change.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flightbase/cli.h"
#include "flightbase/ledger.h"
#include "flightbase/plan_words.h"
#include "flightbase/preflight.h"
#include "flightbase/settle.h"
#include "flightbase/steps.h"
#include "flightbase/table.h"

#define ROUNDS 4 /* the last must find nothing to do */

void fb_target_free(struct fb_target *target)
{
	fb_spec_free(&target->spec);
	fb_tree_free(&target->tree);
}

static int load_views(struct fb_run *run, const struct fb_change *change, struct fb_views *views, struct fb_err *err)
{
	if (fb_db_refresh(&run->db, err))
		return -1;
	if (!change->all)
		return fb_views_load(&run->db, change->target[0].spec.name, views, err);
	const char **names = calloc(change->count + 1, sizeof(*names));
	if (!names)
		return fb_err_set(err, "out of memory");
	for (size_t i = 0; i < change->count; i++)
		names[i] = change->target[i].spec.name;
	int rc = fb_views_load_with(&run->db, names, change->count, views, err);
	free(names);
	return rc;
}

/* What fb_settle has to wait for. */
static void note_changes(struct fb_target *target, const struct fb_plan *plan, size_t from, const struct fb_view *view)
{
	for (size_t i = from; i < plan->count; i++) {
		enum fb_step_kind kind = plan->step[i].kind;

		target->settings_change |= kind == FB_STEP_SETTINGS || kind == FB_STEP_DROP_SETTINGS;
		target->accounting_change |= kind == FB_STEP_ACCOUNT || kind == FB_STEP_MEMBERS || kind == FB_STEP_DROP_ACCOUNT;
		if (kind != FB_STEP_DEADLINES)
			continue;
		target->end_moves = true;
		target->old_end = view->settings->until;
	}
}

static int plan_target(struct fb_plan *plan, struct fb_plan_site *site, struct fb_target *target, const struct fb_views *views,
		       struct fb_err *err)
{
	const struct fb_view *view = fb_views_find(views, target->spec.name);
	size_t before = plan->count;

	fb_tree_free(&target->tree);
	if (fb_view_foreign(view))
		return fb_err_set(err, "workspace '%s': there is an account of that name that is no workspace; choose another name", view->name);
	if (fb_tree_read(&target->tree, site->settings->root, view->name, err))
		return -1;
	if (target->drop) {
		if (fb_plan_drop(plan, site, view, &target->tree, target->drain, target->purge, err))
			return -1;
	} else {
		if (fb_spec_resolve(&target->spec, view, err))
			return fb_err_prefix(err, "workspace '%s'", view->name);
		if (fb_plan_put(plan, site, &target->spec, view, &target->tree, err))
			return -1;
	}
	note_changes(target, plan, before, view);
	return 0;
}

/* The settings that will hold: those of the change, or those that are there. */
static const struct fb_site *settings_of(const struct fb_change *change, const struct fb_views *views)
{
	return change->site ? change->site : views->policy ? &views->policy->site : NULL;
}

static int make_plan(struct fb_plan *plan, struct fb_run *run, const struct fb_change *change, const struct fb_views *views,
		     struct fb_err *err)
{
	struct fb_plan_site site = { .settings = settings_of(change, views) };
	struct fb_step write_site = { .kind = FB_STEP_SITE };
	uint32_t preemptible;

	if (!site.settings)
		return fb_err_set(err, "%s", views->report.faults ? views->report.fault[0].text : "the site's settings cannot be read");
	if (fb_ledger_find_qos(&run->db, site.settings->preemptible_qos, &preemptible, err))
		return -1;
	site.preemptible = preemptible != 0;
	fb_plan_words(&write_site, &site);
	if (change->site && !(views->policy && json_object_equal(views->policy->site.source, change->site->source)) &&
	    fb_plan_add(plan, &write_site, err))
		return -1;
	for (size_t i = 0; i < change->count; i++)
		if (plan_target(plan, &site, &change->target[i], views, err))
			return -1;
	return 0;
}

static void print_plan(const struct fb_plan *plan, bool json)
{
	static const struct fb_column columns[] = { { "WORKSPACE", FB_COLUMN_TEXT }, { "STEP", FB_COLUMN_TEXT }, { .name = NULL } };
	struct fb_table *table = json ? fb_table_create("plan", columns, true) : NULL;

	for (size_t i = 0; i < plan->count; i++) {
		const struct fb_step *step = &plan->step[i];

		if (!json) {
			printf(step->workspace ? "workspace '%s': %s\n" : "%.0s%s\n", step->workspace ? step->workspace : "", step->words);
			continue;
		}
		fb_table_row(table);
		if (step->workspace)
			fb_table_set(table, 0, "%s", step->workspace);
		fb_table_set(table, 1, "%s", step->words);
	}
	if (table)
		fb_table_print(table);
	fflush(stdout);
}

static int do_plan(struct fb_run *run, const struct fb_change *change, const struct fb_plan *plan, const struct fb_site *site,
		   struct fb_err *err)
{
	for (size_t i = 0; i < plan->count; i++) {
		const struct fb_step *step = &plan->step[i];

		if (!fb_step_do(run, change, step, site, err))
			continue;
		if (step->workspace)
			fb_err_prefix(err, "workspace '%s'", step->workspace);
		return i ? fb_err_set(err, "%.430s (%zu of %zu steps are done; run it again to finish)", err->text, i, plan->count) : -1;
	}
	return 0;
}

static int do_round(struct fb_run *run, const struct fb_change *change, int round, const struct fb_plan *plan,
		    const struct fb_views *views, struct fb_err *err)
{
	if (round == 0 && !plan->count && change->nothing)
		return fb_err_set(err, "%s", change->nothing);
	if (fb_preflight(run, change, plan, views, err))
		return -1;
	if (round > 0 && plan->count)
		fb_cli_note("the accounting is not as it was left: somebody else changes it too, or slurmdbd lost a change; doing it again");
	if (round == 0 || !change->json)
		print_plan(plan, change->json);
	if (round == 0 && !plan->count && !change->json)
		printf("nothing to change\n");
	return change->dry_run ? 0 : do_plan(run, change, plan, settings_of(change, views), err);
}

/* One look and what it finds to do. Returns 1 when there is nothing left, 0 when something was done, -1 with err. */
static int go_round(struct fb_run *run, struct fb_change *change, int round, struct fb_err *err)
{
	struct fb_views views;
	struct fb_plan plan = { .count = 0 };

	if (load_views(run, change, &views, err))
		return -1;
	int rc = change->wish ? change->wish(change, round, &views, err) : 0;
	if (!rc)
		rc = make_plan(&plan, run, change, &views, err);
	if (!rc)
		rc = do_round(run, change, round, &plan, &views, err);
	if (!rc)
		rc = !plan.count || change->dry_run;
	fb_plan_free(&plan);
	fb_views_free(&views);
	return rc;
}

int fb_change_run(struct fb_run *run, struct fb_change *change)
{
	struct fb_err err;
	int round = 0, rc;

	do
		rc = go_round(run, change, round, &err);
	while (!rc && ++round < ROUNDS);
	if (!rc)
		rc = fb_err_set(&err, "the accounting still differs after %d tries; look into slurmdbd's log, then run it again", ROUNDS);
	if (rc < 0)
		return change->usage ? fb_cli_usage(change->args, "%s", err.text) : fb_cli_failed(&err);
	if (round > 0 && fb_settle(run, change, &err))
		return fb_cli_failed(&err);
	return FB_EXIT_DONE;
}
