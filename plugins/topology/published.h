/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guarantees that the job_submit plugin publishes in this process (common/guarantees.h). */
#ifndef FB_TOPOLOGY_PUBLISHED_H
#define FB_TOPOLOGY_PUBLISHED_H

#include "common/guarantees.h"

/*
 * Look for the job_submit plugin, which Slurm has loaded before it builds the topology; it lies in this
 * plugin's folder. Nothing is loaded here. Without it there are no guarantees.
 */
void fb_published_find(void);
void fb_published_forget(void);

/* NULL: no guarantees. Otherwise fb_published_release() on the same thread. */
const struct fb_guarantees *fb_published_acquire(void);
void fb_published_release(void);

#endif
