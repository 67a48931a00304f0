/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The site's QOS for jobs that give way, which every workspace may use. */
#ifndef FB_PREEMPTIBLE_H
#define FB_PREEMPTIBLE_H

#include "flightbase/db.h"

/* Create it, and give it to the workspaces that are there. Return 0, or -1 with err. */
int fb_preemptible_create(struct fb_db *db, const char *name, struct fb_err *err);

#endif
