/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Making workspaces as they should be: plan, show, check, do, and look again until nothing is left to do. slurmdbd may
 * lose a commit without saying so, and somebody else may change the same at the same time: the second look finds both.
 */
#ifndef FB_CHANGE_H
#define FB_CHANGE_H

#include "flightbase/cli.h"
#include "flightbase/plan.h"
#include "flightbase/run.h"

struct fb_target {
	struct fb_spec spec; /* with drop only the name counts */
	bool drop, drain, purge;
	struct fb_tree tree; /* as last looked at */
	bool accounting_change; /* its account or its members changed */
	bool settings_change; /* its settings file was written or removed */
	bool end_moves;	     /* its period's end changed from old_end */
	time_t old_end;
};

struct fb_change {
	struct fb_target *target;
	size_t count;
	const struct fb_site *site; /* the site's settings as they should be; NULL: they stay */
	bool all;		    /* load all workspaces, not only the target */
	bool cancel;		    /* jobs of members who leave are cancelled; false: their owners cannot leave */
	bool dry_run, json;
	const char *nothing; /* what to say if there is nothing to do, as a failure; NULL: that is none */

	/*
	 * Make the first target's spec from what is there now; called at each look, so that what somebody else changes
	 * meanwhile is kept. round counts from 0. NULL: the specs are fixed. Return 0, or -1 with err; with usage set it
	 * is a mistake on the command line.
	 */
	int (*wish)(struct fb_change *change, int round, const struct fb_views *views, struct fb_err *err);
	const void *context; /* for wish */
	const struct fb_args *args;
	bool usage;
};

/* Return the exit status; what went wrong has been said. */
int fb_change_run(struct fb_run *run, struct fb_change *change);

void fb_target_free(struct fb_target *target);

#endif
