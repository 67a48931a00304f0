/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/commands.h"
#include "flightbase/spec_options.h"
#include "flightbase/workspace_edit.h"

#define REOPEN FB_SPEC_OPTIONS /* the option behind the shared ones */

static int edit(struct fb_spec *spec, const struct fb_args *args, struct fb_err *err, bool *usage)
{
	*usage = fb_spec_apply_options(spec, args, err) != 0;
	return *usage ? -1 : 0;
}

int fb_workspace_modify(const struct fb_args *args)
{
	const struct fb_edit edits = { .edit = edit, .dry_run = args->value[FB_SPEC_DRY_RUN], .keep_closed = !args->value[REOPEN] };

	return fb_workspace_edit(args, &edits);
}
