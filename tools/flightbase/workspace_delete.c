/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/change.h"
#include "flightbase/commands.h"

enum { DRAIN, PURGE, DRY_RUN };

const struct fb_cli_option fb_workspace_delete_options[] = {
	[DRAIN] = { "drain", NULL, "take no more submissions, and cancel the jobs that wait", NULL },
	[PURGE] = { "purge", NULL, "remove its directories too, with all that is in them", NULL },
	[DRY_RUN] = { "dry-run", NULL, "print what would be done, and do nothing", NULL },
	{ .name = NULL },
};

/* With --purge directories that were left behind are something to remove, too. */
static bool directories(const struct fb_views *views, const char *workspace)
{
	struct fb_tree tree;

	if (!views->policy || fb_tree_read(&tree, views->policy->site.root, workspace, NULL))
		return false;
	bool there = tree.there;
	fb_tree_free(&tree);
	return there;
}

static int wish(struct fb_change *change, int round, const struct fb_views *views, struct fb_err *err)
{
	const struct fb_view *view = &views->view[0];

	if (round > 0 || view->file || view->qos || view->account || view->named ||
	    (change->target->purge && directories(views, view->name)))
		return 0;
	return fb_err_set(err, "workspace '%s': unknown; flightbase workspace list shows those that there are", view->name);
}

int fb_workspace_delete(const struct fb_args *args)
{
	struct fb_target target = { .drop = true, .drain = args->value[DRAIN], .purge = args->value[PURGE] };
	struct fb_change change = { .target = &target, .count = 1, .json = args->json, .dry_run = args->value[DRY_RUN], .wish = wish };
	struct fb_run run;
	struct fb_err err;

	if (fb_name_check(args->word[0], &err))
		return fb_cli_usage(args, "workspace '%.80s': %s", args->word[0], err.text);
	if (fb_spec_init(&target.spec, args->word[0], &err) || fb_run_open(&run, &err)) {
		fb_target_free(&target);
		return fb_cli_failed(&err);
	}
	int rc = fb_change_run(&run, &change);
	fb_target_free(&target);
	fb_run_close(&run);
	return rc;
}
