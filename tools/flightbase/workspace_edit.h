/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the verbs that change a workspace share: it is read, a function edits the wish, and it is made so. */
#ifndef FB_WORKSPACE_EDIT_H
#define FB_WORKSPACE_EDIT_H

#include "flightbase/change.h"
#include "flightbase/cli.h"

struct fb_edit {
	/*
	 * Change spec, which is what is there at this look: at the second, what was asked for is done already. Return 0, or
	 * -1 with err; usage set: err tells of a mistake on the command line.
	 */
	int (*edit)(struct fb_spec *spec, const struct fb_args *args, struct fb_err *err, bool *usage);
	bool dry_run, cancel;
	const char *nothing; /* as fb_change.nothing */
	bool keep_closed; /* leave it closed to submissions if it is */
};

/* args->word[0] is the workspace. Return the exit status. */
int fb_workspace_edit(const struct fb_args *args, const struct fb_edit *edit);

/* The owner of a workspace's directories by name; "" if there are none or nobody knows him. */
void fb_workspace_owner(const struct fb_views *views, const char *workspace, char *owner, size_t size);

#endif
