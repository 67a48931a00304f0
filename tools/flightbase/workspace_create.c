/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/change.h"
#include "flightbase/commands.h"
#include "flightbase/spec_options.h"

/* Everything of it is there, so that it was created before, by whomever. */
static bool whole(const struct fb_view *view)
{
	bool managed = false;

	for (size_t i = 0; i < view->members; i++)
		managed |= view->member[i].manager && view->member[i].member;
	return view->file && view->qos && view->account && managed;
}

static int check_new(struct fb_run *run, const struct fb_spec *spec, struct fb_err *err)
{
	struct fb_views views;
	int rc = 0;

	if (fb_views_load(&run->db, spec->name, &views, err))
		return -1;
	if (whole(&views.view[0]))
		rc = fb_err_set(err, "workspace '%s': it exists already; change it with workspace modify", spec->name);
	fb_views_free(&views);
	return rc;
}

static int create(const struct fb_args *args, struct fb_target *target)
{
	struct fb_change change = { .target = target, .count = 1, .json = args->json, .dry_run = args->value[FB_SPEC_DRY_RUN] };
	struct fb_run run;
	struct fb_err err;
	int rc;

	if (fb_run_open(&run, &err))
		return fb_cli_failed(&err);
	if (check_new(&run, &target->spec, &err))
		rc = fb_cli_failed(&err);
	else
		rc = fb_change_run(&run, &change);
	fb_run_close(&run);
	return rc;
}

int fb_workspace_create(const struct fb_args *args)
{
	struct fb_target target = { .drop = false };
	struct fb_err err;
	int rc;

	if (fb_name_check(args->word[0], &err))
		return fb_cli_usage(args, "workspace '%.80s': %s", args->word[0], err.text);
	if (!args->value[FB_SPEC_GPUS])
		return fb_cli_usage(args, "workspace '%s': give its quota with --gpus", args->word[0]);
	if (!args->value[FB_SPEC_MANAGER])
		return fb_cli_usage(args, "workspace '%s': name its manager with --manager", args->word[0]);
	if (fb_spec_init(&target.spec, args->word[0], &err))
		rc = fb_cli_failed(&err);
	else if (fb_spec_apply_options(&target.spec, args, &err))
		rc = fb_cli_usage(args, "%s", err.text);
	else if (fb_spec_check(&target.spec, &err))
		rc = fb_cli_failed(&err);
	else
		rc = create(args, &target);
	fb_target_free(&target);
	return rc;
}
