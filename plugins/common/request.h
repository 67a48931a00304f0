/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a user asked for with Flightbase's options, read from the variables Slurm carries them in. */
#ifndef FB_COMMON_REQUEST_H
#define FB_COMMON_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"
#include "common/option.h"

/* The option --p2p=off travels as "_SLURM_SPANK_OPTION_flightbase_p2p=off". */
#define FB_REQUEST_VARIABLE "_SLURM_SPANK_OPTION_flightbase_"

struct fb_request {
	bool given[FB_OPTION_COUNT];
	const char *value[FB_OPTION_COUNT]; /* borrowed from the variables; NULL if not given */
};

/*
 * Collect the options from count variables "NAME=VALUE" (NULL entries are passed over) and check each.
 * Return 0, or -1 with err: an unknown option, one that is there twice, a bad value.
 */
int fb_request_read(struct fb_request *request, char *const *variables, size_t count, struct fb_err *err);

/* The first option that was given, or NULL. */
const struct fb_option *fb_request_first(const struct fb_request *request);

#endif
