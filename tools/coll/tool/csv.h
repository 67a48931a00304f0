/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sweep as CSV (RFC 4180, but lines end with a newline alone): one line of names, one line for each size. */
#ifndef FB_ALLREDUCE_CSV_H
#define FB_ALLREDUCE_CSV_H

#include <stdio.h>

#include "coll/tool/run.h"

/* One field, quoted where it must be: a comma, a quote, a line's end. */
void fb_csv_field(FILE *file, const char *text);

void fb_csv_header(FILE *file, const struct fb_params *params);
/* model: GB/s, 0 where there is none. */
void fb_csv_row(FILE *file, const struct fb_params *params, const char *backend, int ranks, const struct fb_row *row, double model);

#endif
