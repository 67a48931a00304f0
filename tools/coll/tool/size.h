/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FB_ALLREDUCE_SIZE_H
#define FB_ALLREDUCE_SIZE_H

#include <stddef.h>

#include "common/err.h"

/* Bytes: a whole number, optionally with K, M, G or T (powers of 1,024). 0, or -1 with err set. */
int fb_size_parse(const char *text, size_t *bytes, struct fb_err *err);

/* The next size of a sweep after `size`: times factor where that is above 1, else plus step; 0 when there is none up to last. */
size_t fb_size_next(size_t size, size_t last, size_t factor, size_t step);

#endif
