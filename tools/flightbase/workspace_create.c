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

/* Whom a manager has added since the first look stays. */
static int keep_members(struct fb_spec *spec, const struct fb_view *view, struct fb_err *err)
{
	for (size_t i = 0; i < view->members; i++)
		if (fb_spec_add_member(spec, view->member[i].name, view->member[i].manager, err))
			return -1;
	return 0;
}

static int wish(struct fb_change *change, int round, const struct fb_views *views, struct fb_err *err)
{
	struct fb_spec *spec = &change->target->spec;
	const struct fb_view *view = &views->view[0];

	if (round > 0)
		return keep_members(spec, view, err);
	return whole(view) ? fb_err_set(err, "workspace '%s': it exists already; change it with workspace modify", spec->name) : 0;
}

static int create(const struct fb_args *args, struct fb_target *target)
{
	struct fb_change change = { .target = target, .count = 1, .json = args->json, .dry_run = args->value[FB_SPEC_DRY_RUN],
				    .wish = wish };
	struct fb_run run;
	struct fb_err err;

	if (fb_run_open(&run, &err))
		return fb_cli_failed(&err);
	int rc = fb_change_run(&run, &change);
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
