/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/settle.h"

#include <stdio.h>
#include <time.h>

#include "common/policy_parse.h"
#include "flightbase/cli.h"
#include "flightbase/controller.h"
#include "flightbase/deadlines.h"
#include "flightbase/libslurm.h"

#define KNOWS_SECONDS 15   /* for slurmctld to learn of what slurmdbd keeps */
#define SETTINGS_SECONDS 4 /* job_submit looks at the settings files once a second */

static void pause_briefly(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 50 * 1000 * 1000 }, NULL);
}

static void note_later(void)
{
	fb_cli_note("slurmctld does not answer: the change takes effect when it is back");
}

/* Does slurmctld have of a workspace what slurmdbd has by now, whoever changed it last? 1, 0, or -1 with err. */
static int accounting_known(struct fb_run *run, const char *workspace, struct fb_err *err)
{
	struct fb_spec spec = { .members = 0 };
	struct fb_views views;
	int knows = -1;

	if (fb_db_refresh(&run->db, err) || fb_views_load(&run->db, workspace, &views, err))
		return -1;
	const struct fb_view *view = &views.view[0];
	if (!fb_spec_from_view(&spec, view, NULL, err))
		knows = fb_controller_knows(&run->db, workspace, view->account ? &spec : NULL, err);
	fb_spec_free(&spec);
	fb_views_free(&views);
	return knows;
}

/* slurmctld learns of a commit at once, as a rule. A submission before it has would be held against the old. */
static int wait_for_accounting(struct fb_run *run, const struct fb_change *change, struct fb_err *err)
{
	time_t end = time(NULL) + KNOWS_SECONDS;

	for (size_t i = 0; i < change->count; i++) {
		const struct fb_target *target = &change->target[i];
		int knows = 1;

		while (target->accounting_change && !(knows = accounting_known(run, target->spec.name, err)) && time(NULL) < end)
			pause_briefly();
		if (knows < 0) {
			note_later(); /* it went down meanwhile */
			return 0;
		}
		if (!knows)
			return fb_err_set(err, "workspace '%s': slurmdbd keeps the change, but slurmctld has not learned of it in %d seconds; "
					       "scontrol reconfigure makes it read all anew", target->spec.name, KNOWS_SECONDS);
	}
	return 0;
}

/* Has job_submit read this? It keeps a copy of what it read. */
static bool settings_known(const struct fb_change *change, const char *path)
{
	struct fb_policy *policy = fb_policy_restore(path, NULL);
	bool known = policy;

	for (size_t i = 0; known && i < change->count; i++) {
		const struct fb_target *target = &change->target[i];
		const struct fb_workspace *found = fb_policy_find(policy, target->spec.name);

		if (target->settings_change)
			known = target->drop ? !found : found && json_object_equal(found->source, target->spec.settings);
	}
	fb_policy_destroy(policy);
	return known;
}

/* A site may keep the state where this machine cannot see it; then the time that it takes is waited out. */
static void wait_for_settings(const struct fb_change *change)
{
	char path[4096];
	bool changed = false;

	for (size_t i = 0; i < change->count; i++)
		changed |= change->target[i].settings_change;
	if (!changed)
		return;
	snprintf(path, sizeof(path), "%s/flightbase/policy.json", slurm_conf.state_save_location);
	time_t end = time(NULL) + SETTINGS_SECONDS;
	while (!settings_known(change, path) && time(NULL) < end)
		pause_briefly();
	/* It keeps the copy just before it works by it. */
	pause_briefly();
}

/* Jobs that were submitted while the controller still had the old settings carry the old end. */
static int move_stragglers(const struct fb_change *change, struct fb_err *err)
{
	for (size_t i = 0; i < change->count; i++) {
		const struct fb_target *target = &change->target[i];
		struct fb_workspace *settings = target->end_moves ? fb_spec_settings(&target->spec, err) : NULL;

		if (!settings)
			continue;
		int rc = fb_deadlines_move(target->spec.name, target->old_end, settings->until,
					   settings->min_run ? settings->min_run : FB_POLICY_MIN_RUN, err);
		fb_workspace_destroy(settings);
		if (rc)
			return -1;
	}
	return 0;
}

int fb_settle(struct fb_run *run, const struct fb_change *change, struct fb_err *err)
{
	if (!run->up) {
		note_later();
		return 0;
	}
	if (wait_for_accounting(run, change, err))
		return -1;
	wait_for_settings(change);
	return move_stragglers(change, err);
}
