/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one checked parser of whole numbers in text. */
#ifndef FB_COMMON_NUMBER_H
#define FB_COMMON_NUMBER_H

#include <stdint.h>

#include "common/err.h"

/*
 * Parse all of text as a decimal whole number in [min, max]. No sign but '-', no blanks, no suffix.
 * Return 0, or -1 with err set ("'12x' is not a whole number", "300 is outside 1 to 100").
 */
int fb_number_parse(const char *text, int64_t min, int64_t max, int64_t *value, struct fb_err *err);

#endif
