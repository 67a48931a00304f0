/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What would stop a plan half way is found before its first step. */
#ifndef FB_PREFLIGHT_H
#define FB_PREFLIGHT_H

#include "flightbase/change.h"

/* Return 0, or -1 with err: the caller may not, jobs are in the way, more is guaranteed than there is. */
int fb_preflight(struct fb_run *run, const struct fb_change *change, const struct fb_plan *plan, const struct fb_views *views,
		 struct fb_err *err);

#endif
