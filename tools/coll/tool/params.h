/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of flightbase-allreduce: nccl-tests' letters with nccl-tests' meaning. */
#ifndef FB_ALLREDUCE_PARAMS_H
#define FB_ALLREDUCE_PARAMS_H

#include <stdbool.h>
#include <stddef.h>

#include "coll/type.h"
#include "common/err.h"

enum fb_average { FB_AVERAGE_RANK0, FB_AVERAGE_MEAN, FB_AVERAGE_MIN, FB_AVERAGE_MAX };

struct fb_params {
	size_t min_bytes, max_bytes, step_bytes, step_factor;
	int iters, warmup_iters;
	int check;    /* iterations that are checked */
	int blocking; /* 0, 1 or 3 as in nccl-tests */
	enum fb_average average;
	bool types[FB_COLL_TYPES], ops[FB_COLL_OPS];
	bool library_memory; /* buffers of fb_coll_alloc */
	bool clean;	     /* inputs are not rewritten between timed iterations */
	bool json;	     /* on standard output in place of the table */
	const char *output;  /* file for JSON beside the table, or NULL */
	const char *backend; /* "ucx" or "mpi" */
	bool help, version;
};

/* 0, or -1 with err set: one line that names the option. */
int fb_params_parse(int argc, char **argv, struct fb_params *params, struct fb_err *err);

extern const char fb_params_usage[];

#endif
