/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why a job waits, in words with numbers. Pure: from the facts alone. */
#ifndef FB_CAUSES_H
#define FB_CAUSES_H

#include <stdbool.h>
#include <stddef.h>

#include "flightbase/why.h"
#include "flightbase/say.h"

enum fb_cause_kind {
	FB_CAUSE_HELD,
	FB_CAUSE_DEPENDENCY,
	FB_CAUSE_BEGIN,
	FB_CAUSE_PERIOD,
	FB_CAUSE_QUOTA,
	FB_CAUSE_USER_LIMIT,
	FB_CAUSE_JOB_LIMIT,
	FB_CAUSE_LIMIT,
	FB_CAUSE_ARRAY,
	FB_CAUSE_RESERVATION,
	FB_CAUSE_PARTITION,
	FB_CAUSE_NODES,
	FB_CAUSE_GUARANTEE,
	FB_CAUSE_WIRES,
	FB_CAUSE_RESOURCES,
	FB_CAUSE_PRIORITY,
	FB_CAUSE_OTHER,
};

#define FB_CAUSES_MAX 16
#define FB_CAUSE_LINES_MAX 3

struct fb_cause {
	enum fb_cause_kind kind;
	bool stated; /* the one that Slurm names; others were found to hold as well */
	size_t lines;
	char line[FB_CAUSE_LINES_MAX][FB_LINE_TEXT_MAX]; /* what; then details; last what to do */
};

struct fb_causes {
	size_t count;
	struct fb_cause cause[FB_CAUSES_MAX]; /* the stated one first; without one, Slurm has not looked yet */
};

/* Of a pending job. */
void fb_causes_find(const struct fb_why *why, struct fb_causes *causes);

const char *fb_cause_name(enum fb_cause_kind kind); /* "user-limit" */

/* GPUs that are free now, or can be had back, and that this job may take: without what others are owed. */
int64_t fb_why_takable(const struct fb_why *why);

#endif
