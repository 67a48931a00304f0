/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lengths of time as Slurm's --time takes them. */
#ifndef FB_COMMON_DURATION_H
#define FB_COMMON_DURATION_H

#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

#define FB_DURATION_MAX (366 * 24 * 60)
#define FB_DURATION_TEXT_MAX 24

/*
 * Parse MINUTES, MINUTES:SECONDS, HOURS:MINUTES:SECONDS, DAYS-HOURS, DAYS-HOURS:MINUTES or
 * DAYS-HOURS:MINUTES:SECONDS into whole minutes, rounded up; 1 minute to 366 days. Return 0, or -1 with err.
 */
int fb_duration_parse(const char *text, uint32_t *minutes, struct fb_err *err);

/* Write [D-]HH:MM:SS, as Slurm prints it. size is at least FB_DURATION_TEXT_MAX. */
void fb_duration_format(uint32_t minutes, char *text, size_t size);

#endif
