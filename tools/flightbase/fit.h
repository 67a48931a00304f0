/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What fits on a screen: lines shared out among tables, lines cut to a width. */
#ifndef FB_FIT_H
#define FB_FIT_H

#include <stddef.h>

/*
 * Share lines among count tables that want so many each. None gets more than it wants; who wants least is served
 * first, the rest get equal shares, the first ones the odd lines.
 */
void fb_fit_share(size_t lines, const size_t *wanted, size_t count, size_t *given);

/* The bytes of a line (up to its newline or end) that fit in so many columns, in the locale's character set. */
size_t fb_fit_width(const char *line, size_t columns);

#endif
