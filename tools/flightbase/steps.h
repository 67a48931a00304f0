/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Doing one step of a plan. */
#ifndef FB_STEPS_H
#define FB_STEPS_H

#include "flightbase/change.h"

/* Return 0, or -1 with err; what the step may have done by then is completed when it is done again. */
int fb_step_do(struct fb_run *run, const struct fb_change *change, const struct fb_step *step, const struct fb_site *site,
	       struct fb_err *err);

#endif
