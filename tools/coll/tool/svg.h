/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The heat map of the pairs: one file, nothing loaded from elsewhere. */
#ifndef FB_ALLREDUCE_SVG_H
#define FB_ALLREDUCE_SVG_H

#include <stdio.h>

#include "coll/tool/pairs.h"

void fb_svg_print(FILE *file, const struct fb_pairs *pairs, const char *backend);

#endif
