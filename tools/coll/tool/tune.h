/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --tune: every algorithm of allreduce is timed at every size, and the fastest ones become a table (coll/tuning.h). */
#ifndef FB_ALLREDUCE_TUNE_H
#define FB_ALLREDUCE_TUNE_H

#include "coll/tool/params.h"
#include "coll/tuning.h"

#define FB_TUNE_SIZES 64
#define FB_TUNE_KINDS (FB_ALGORITHM_RAILS + 1) /* indices; AUTO's stays unused */

/* What was measured of one shape. */
struct fb_tune_shape {
	int nodes, per_node;
	size_t sizes, bytes[FB_TUNE_SIZES]; /* ascending */
	double us[FB_TUNE_SIZES][FB_TUNE_KINDS];  /* INFINITY: it does not exist for that size and shape */
	enum fb_algorithm_kind shipped[FB_TUNE_SIZES]; /* without a table */
	enum fb_algorithm_kind picked[FB_TUNE_SIZES];
};

/* Sizes of the sweep that params ask for; the rest of the shape is zero or INFINITY. 0, or -1 with err: too many. */
int fb_tune_begin(struct fb_tune_shape *shape, const struct fb_params *params, int nodes, int per_node, struct fb_err *err);

/*
 * For each size an algorithm, such that the sum over sizes of log(time) and FB_TUNE_CHANGE for each change from one size to the
 * next is least: noise makes no change, and what is lost by that is less than the gain that a change has to give.
 */
#define FB_TUNE_CHANGE 0.03
void fb_tune_pick(struct fb_tune_shape *shape);

/* What was picked, in place of what the table has of this shape. 0, or -1 with err. */
int fb_tune_enter(const struct fb_tune_shape *shape, struct fb_tuning *tuning, struct fb_err *err);

/* A row per size: times, which was picked, and what the shipped choice costs more. */
void fb_tune_print(FILE *file, const struct fb_tune_shape *shape);

/* The same as JSON text of one object, allocated; NULL where there is no memory. */
char *fb_tune_json(const struct fb_tune_shape *shapes, size_t count);

/* Does it all, on every rank; returns the exit status. */
int fb_tune_run(const struct fb_params *params);

#endif
