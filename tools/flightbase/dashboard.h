/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The screens that `dashboard` and `workspace show` print. */
#ifndef FB_DASHBOARD_H
#define FB_DASHBOARD_H

#include "flightbase/page.h"
#include "flightbase/state.h"

/* Print a page that is filled: as JSON with this name, or as text. */
struct fb_screen_output {
	bool json, compact;
	const char *hint; /* behind the time; NULL: nothing */
	struct fb_page_size size;
	FILE *out;
};

/* All workspaces, or those the caller belongs to. Return 0, -1 with err: there is nothing to show. */
int fb_screen_all(struct fb_state *state, bool all, const struct fb_screen_output *output, struct fb_err *err);

/* One workspace; whole: with settings and members. walk: with the size of its tree. */
int fb_screen_workspace(struct fb_state *state, bool whole, bool walk, const struct fb_screen_output *output,
			struct fb_err *err);

#endif
