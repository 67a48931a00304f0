/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of flightbase-allreduce: nccl-tests' letters with nccl-tests' meaning, and options of its own. */
#ifndef FB_ALLREDUCE_PARAMS_H
#define FB_ALLREDUCE_PARAMS_H

#include <stdbool.h>
#include <stddef.h>

#include "coll/tool/backend.h"
#include "coll/type.h"
#include "common/err.h"

#define FB_HISTOGRAM_ITERS_MAX 1000000 /* whose times are kept */

enum fb_average { FB_AVERAGE_RANK0, FB_AVERAGE_MEAN, FB_AVERAGE_MIN, FB_AVERAGE_MAX };
enum fb_pairs_mode { FB_PAIRS_NONE, FB_PAIRS_AUTO, FB_PAIRS_RANKS, FB_PAIRS_NODES };
enum fb_format { FB_FORMAT_TABLE, FB_FORMAT_JSON, FB_FORMAT_CSV };

struct fb_params {
	size_t min_bytes, max_bytes, step_bytes, step_factor;
	int iters, warmup_iters;
	double seconds; /* for the iterations of one size, which are then at most iters; 0: all of iters */
	int agg_iters; /* allreduces in one timed iteration */
	int cycles;    /* times that the sweep is run; 0: until it is stopped */
	int check;     /* iterations that are checked */
	int blocking;  /* 0 to 3 as in nccl-tests */
	enum fb_average average;
	bool types[FB_COLL_TYPES], ops[FB_COLL_OPS];
	size_t unalign; /* elements that the vectors begin beyond an aligned address */
	bool library_memory; /* buffers of fb_coll_alloc */
	bool clean;	/* inputs are not rewritten between timed iterations */
	bool cpu_time, timestamps, per_iter, histogram;
	int per_iter_skip;
	enum fb_format format; /* on standard output */
	const char *output;    /* file for JSON, or CSV by its name, beside standard output; or NULL */
	const char *backend;
	int setting[FB_SETTINGS]; /* for the back end; -1: not given */
	double model;		  /* GB/s; 0: what the step's environment says */
	double expect;		  /* percent of the model; 0: nothing is expected */
	size_t expect_from;	  /* bytes from which on; SIZE_MAX: of the largest size */
	enum fb_pairs_mode pairs;
	const char *svg; /* file for the heat map, or NULL */
	const char *tune; /* file for the table of algorithms, or NULL; nothing else is measured then */
	bool help, version;
};

/* 0, or -1 with err set: one line that names the option. */
int fb_params_parse(int argc, char **argv, struct fb_params *params, struct fb_err *err);

/* Are times of single iterations kept? */
bool fb_params_keeps_times(const struct fb_params *params);

extern const char fb_params_usage[];

#endif
