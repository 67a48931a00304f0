/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The decisions of the jobs on this node: /run/flightbase/JOBID, one line of JSON, root's alone. Written
 * by the prolog, read by slurmstepd while it is root, removed by the epilog.
 */
#ifndef FB_SPANK_STORE_H
#define FB_SPANK_STORE_H

#include <stdint.h>

#include "common/decision.h"
#include "common/err.h"

#define FB_STORE_DIR "/run/flightbase"

/*
 * Each returns 0, or -1 with err. Reading a job that has no decision gives -1 with errno = ENOENT; an entry
 * that cannot be trusted, or that fb_store_refuse left, another errno.
 */
int fb_store_write(uint32_t job, const struct fb_decision *decision, struct fb_err *err);
int fb_store_refuse(uint32_t job, struct fb_err *err); /* an entry that lets no step of the job run */
int fb_store_read(uint32_t job, struct fb_decision *decision, struct fb_err *err);
int fb_store_remove(uint32_t job, struct fb_err *err);

#endif
