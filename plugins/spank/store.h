/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What this node keeps of its jobs, root's alone: /run/flightbase/JOBID, the decision, one line of JSON; and beside it
 * JOBID.wires, the number of the job's nodes and topology.json's part for this node. Written by the prolog, read by
 * slurmstepd while it is root, removed by the epilog.
 */
#ifndef FB_SPANK_STORE_H
#define FB_SPANK_STORE_H

#include <stddef.h>
#include <stdint.h>

#include "common/decision.h"
#include "common/err.h"

#define FB_STORE_DIR "/run/flightbase"

/*
 * Each returns 0, or -1 with err. Reading a job that has no decision gives -1 with errno = ENOENT; an entry
 * that cannot be trusted, or that fb_store_refuse left, another errno. Removing takes away both files.
 */
int fb_store_write(uint32_t job, const struct fb_decision *decision, struct fb_err *err);
int fb_store_refuse(uint32_t job, struct fb_err *err); /* an entry that lets no step of the job run */
int fb_store_read(uint32_t job, struct fb_decision *decision, struct fb_err *err);
int fb_store_write_wires(uint32_t job, const char *text, size_t length, struct fb_err *err);
int fb_store_read_wires(uint32_t job, char **text, struct fb_err *err); /* for the caller to free */
int fb_store_remove(uint32_t job, struct fb_err *err);

#endif
