/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a map has the wires that a job requires (common/wiring.h). */
#ifndef FB_TOPOLOGY_WIRING_H
#define FB_TOPOLOGY_WIRING_H

#include "common/wiring.h"
#include "topology/nodemap.h"

/* map may be NULL. Return 0, or -1 with err. */
int fb_wiring_find(const struct fb_nodemap *map, const struct fb_wiring_ask *ask, struct fb_err *err);

#endif
