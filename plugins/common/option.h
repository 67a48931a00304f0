/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The options that Flightbase adds to sbatch, salloc and srun: one table for the client, the
 * controller and the compute node, so that all three read the same syntax.
 */
#ifndef FB_COMMON_OPTION_H
#define FB_COMMON_OPTION_H

#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"

enum fb_option_id {
	FB_OPTION_WORKSPACE,
	FB_OPTION_TRAINING,
	FB_OPTION_TRAINING_NAME,
	FB_OPTION_TRAINING_SHARE,
	FB_OPTION_PARAMS,
	FB_OPTION_PARAMS_PARALLEL,
	FB_OPTION_PARAMS_SAMPLE,
	FB_OPTION_MODEL,
	FB_OPTION_IMAGE,
	FB_OPTION_DATASET,
	FB_OPTION_P2P,
	FB_OPTION_RDMA,
	FB_OPTION_PREFLIGHT,
	FB_OPTION_PREEMPTIBLE,
	FB_OPTION_CHECKPOINT_SIGNAL,
	FB_OPTION_IDLE_STOP,
	FB_OPTION_COUNT
};

enum fb_option_argument { FB_ARGUMENT_NONE = 0, FB_ARGUMENT_REQUIRED = 1, FB_ARGUMENT_OPTIONAL = 2 };

#define FB_OPTION_VALUE_MAX 4096

struct fb_option {
	const char *name;    /* without the leading "--" */
	const char *arginfo; /* for --help; NULL if there is no argument */
	const char *usage;   /* for --help */
	enum fb_option_argument argument;
	int (*check)(const char *value, struct fb_err *err); /* syntax of a given value; NULL: none */
	const char *effective; /* comma-separated values that have an effect in this version, "*" for all,
				  NULL for none: others are refused, never ignored */
};

extern const struct fb_option fb_options[FB_OPTION_COUNT];

/*
 * Check a value as given ("" or NULL for an option without an argument): its syntax, then whether it
 * has an effect in this version. Return 0, or -1 with a whole message, "option '--p2p': ...".
 */
int fb_option_check(enum fb_option_id id, const char *value, struct fb_err *err);

#endif
