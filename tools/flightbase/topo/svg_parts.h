/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of the drawing share. Not for others. Lengths are pixels. */
#ifndef FB_TOPO_SVG_PARTS_H
#define FB_TOPO_SVG_PARTS_H

#include <stdio.h>

#include "flightbase/topo/sitemap.h"

#define FB_SVG_WIDTH 1240
#define FB_SVG_MARGIN 24

/* Text at its baseline, escaped, cut with an ellipsis at max characters (0: not cut). class is one of the style sheet's. */
void fb_svg_text(FILE *svg, double x, double y, const char *class, size_t max, const char *format, ...)
	__attribute__((format(printf, 6, 7)));

/* Text over at most lines lines of max characters, broken at commas; the last is cut. Returns how many lines there are. */
unsigned int fb_svg_lines(FILE *svg, double x, double y, const char *class, size_t max, unsigned int lines, const char *text);

void fb_svg_box(FILE *svg, double x, double y, double width, double height, const char *class);

/* What a pointer that rests on the group sees. */
void fb_svg_tip(FILE *svg, const char *text);

/* Class of a link in the style sheet: "nv", "pix"... */
const char *fb_svg_link_class(enum fb_link link);

/* The best island that each GPU is in: 0 for the first; the GPUs that are in none follow with numbers of their own. */
unsigned int fb_svg_islands(const struct fb_topofile_type *type, unsigned int *island);

/* Each draws from y on and returns where the next goes. */
double fb_svg_fabric(FILE *svg, const struct fb_sitemap *map, double y);
double fb_svg_types(FILE *svg, const struct fb_sitemap *map, double y);

#endif
