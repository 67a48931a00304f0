/* SPDX-License-Identifier: GPL-2.0-or-later */
/* After a change: waiting until the controller works by it, so that what is typed next meets it. */
#ifndef FB_SETTLE_H
#define FB_SETTLE_H

#include "flightbase/change.h"

/* Return 0, also with a note when slurmctld is down, or -1 with err: it runs, but has not learned of the change. */
int fb_settle(struct fb_run *run, const struct fb_change *change, struct fb_err *err);

#endif
