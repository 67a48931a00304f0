/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GPU-hours of the last 7 and 30 days. slurmdbd adds usage up for each full hour and each day; the days are today and
 * the 6 or 29 before it, in local time, and the current hour is not in them yet.
 */
#ifndef FB_HOURS_H
#define FB_HOURS_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "flightbase/db.h"

/* Midnights, and the full hour that has passed. */
struct fb_hours_window {
	time_t month; /* 29 days before today */
	time_t week;  /* 6 days before today */
	time_t today;
	time_t until;
};

struct fb_hours {
	double week, month; /* GPU-hours */
	time_t until;	    /* up to here; 0: slurmdbd does not show them to the caller (PrivateData) */
};

void fb_hours_window(time_t now, struct fb_hours_window *window);

/* Count a record of usage: GPU-seconds of a period that begins at start. */
void fb_hours_add(struct fb_hours *hours, const struct fb_hours_window *window, time_t start, uint64_t seconds);

/*
 * Where a query by days has to begin for the month's window to come by days: from the first of a month to the first
 * of a month slurmdbd answers with months, in which a week cannot be told.
 */
time_t fb_hours_query_start(const struct fb_hours_window *window);

/*
 * Ask slurmdbd for the usage of an account with all its members, also those who left. It looks through all the
 * cluster's records for it, which have no index by time: with 900,000 (30 days of 10,000 members who compute every day)
 * half a second. Return 0, or -1 with err.
 */
int fb_hours_load(struct fb_db *db, const char *account, time_t now, struct fb_hours *hours, struct fb_err *err);

/* The same of one user in some accounts. Each of them takes a fifth of that time more. */
int fb_hours_load_user(struct fb_db *db, const char *user, const char *const *accounts, size_t count, time_t now,
		       struct fb_hours *hours, struct fb_err *err);

#endif
