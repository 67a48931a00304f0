/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a screen is made of: settings, accounting and the controller's state. Each daemon may be away: the rest is
 * shown, and a note says what is missing.
 */
#ifndef FB_STATE_H
#define FB_STATE_H

#include <stdbool.h>

#include "flightbase/cache.h"
#include "flightbase/db.h"
#include "flightbase/hours.h"
#include "flightbase/later.h"
#include "flightbase/me.h"
#include "flightbase/page.h"
#include "flightbase/snapshot.h"
#include "flightbase/view.h"

/* Seconds that the cache serves what one process has loaded. slurmdbd adds usage up once an hour. */
#define FB_STATE_CONTROLLER_AGE 4
#define FB_STATE_ACCOUNTING_AGE 15
#define FB_STATE_HOURS_AGE 600

struct fb_state {
	bool cached;	  /* dashboards share; else each load asks the daemons */
	bool hours_cached; /* GPU-hours are shared in any case */
	bool everybody;	  /* of all workspaces all members, not one user alone */
	const char *whose; /* that user; NULL: the caller */
	const char *only; /* one workspace, with its members; NULL: all */

	struct fb_me me;
	struct fb_views views;
	struct fb_snapshot snapshot;
	struct fb_hours hours;
	bool accounting, controller, usage; /* was it there; without accounting, views are what the settings say */
	bool failed;			    /* something was not */

	struct fb_db db;
	bool db_open;
	struct fb_err db_fault; /* why it is not, after the first try */
	struct fb_cache cache;
	struct fb_later later; /* the process that asks for GPU-hours */
	bool hours_awaited;    /* another viewer's process asks for them */
	struct fb_page *page; /* gets the notes */
};

/* Begin; page gets a note if the cache cannot be used. fb_state_close takes what was begun. */
void fb_state_open(struct fb_state *state, struct fb_page *page);
void fb_state_close(struct fb_state *state);

/* Each loads its part, or notes why it is not there. Accounting first: it has the settings. Return -1 with err: out of memory. */
int fb_state_accounting(struct fb_state *state, struct fb_err *err);
void fb_state_controller(struct fb_state *state);

/*
 * GPU-hours of the one workspace, or of the user in the workspaces. slurmdbd may take seconds for them, of which a viewer
 * waits some milliseconds and then shows the last ones that there are; a process that goes on brings the new ones to the
 * next viewer. Begin early: the rest is loaded meanwhile. Where nothing is shared, they are waited for.
 */
void fb_state_hours_begin(struct fb_state *state);
void fb_state_hours(struct fb_state *state, int milliseconds);
#define FB_STATE_HOURS_WAIT 300

bool fb_state_is_admin(const struct fb_state *state);

/* The connection, opened when it is first wanted; NULL with err. */
struct fb_db *fb_state_db(struct fb_state *state, struct fb_err *err);

/* For the parts: a note of what is missing, or of what is shown instead, as old as taken. */
void fb_state_note(struct fb_state *state, const struct fb_err *fault);
void fb_state_note_old(struct fb_state *state, const struct fb_err *fault, const char *what, time_t taken);

/* The key of the cache. Two clusters may share a login node. of may be NULL. */
void fb_state_key(const char *what, const char *of, char *key, size_t size);

#endif
