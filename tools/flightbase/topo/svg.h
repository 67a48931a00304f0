/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A drawing of topology.json: leaf groups with their leaves, nodes and speeds, and the wiring of each type. Groups that are equal are one
 * card, so that a thousand nodes fit a page. One file: no fonts, pictures or scripts from elsewhere.
 */
#ifndef FB_TOPO_SVG_H
#define FB_TOPO_SVG_H

#include <stddef.h>

#include "flightbase/topo/sitemap.h"

/* The text of the SVG file, for the caller to free. */
char *fb_svg_draw(const struct fb_sitemap *map, size_t *size);

#endif
