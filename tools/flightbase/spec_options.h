/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The options of `workspace create` and `workspace modify`, and what they make of a workspace. */
#ifndef FB_SPEC_OPTIONS_H
#define FB_SPEC_OPTIONS_H

#include "flightbase/cli.h"
#include "flightbase/spec.h"

/* The tables of both commands begin with these, in this order. */
enum fb_spec_option {
	FB_SPEC_GPUS,
	FB_SPEC_MANAGER,
	FB_SPEC_USER,
	FB_SPEC_FROM,
	FB_SPEC_UNTIL,
	FB_SPEC_GUARANTEE,
	FB_SPEC_USER_GPUS,
	FB_SPEC_JOB_GPUS,
	FB_SPEC_MAX_TIME,
	FB_SPEC_IMAGES,
	FB_SPEC_TRAINING,
	FB_SPEC_MIN_RUN,
	FB_SPEC_DESCRIPTION,
	FB_SPEC_ACCESS,
	FB_SPEC_DRY_RUN,
	FB_SPEC_OPTIONS,
};

extern const struct fb_cli_option fb_workspace_create_options[];
extern const struct fb_cli_option fb_workspace_modify_options[];

/*
 * Write what was given into spec; "none" takes a limit or a date away. --manager and --user each replace who was.
 * Return 0, or -1 with err: "option '--gpus': ...".
 */
int fb_spec_apply_options(struct fb_spec *spec, const struct fb_args *args, struct fb_err *err);

/* The names in "a,b,c", each once and with a user's form; the caller frees the array and the first name. */
int fb_users_split(const char *text, char ***names, size_t *count, struct fb_err *err);

#endif
