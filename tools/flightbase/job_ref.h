/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A job as people name it: ID, ID_TASK of an array, ID+OFFSET of a heterogeneous job. */
#ifndef FB_JOB_REF_H
#define FB_JOB_REF_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"

#define FB_JOB_REF_TEXT_MAX 32

struct fb_job_ref {
	uint32_t id;
	bool has_task, has_offset; /* at most one */
	uint32_t task, offset;
};

/* Return 0, or -1 with err. */
int fb_job_ref_parse(struct fb_job_ref *ref, const char *text, struct fb_err *err);

/* Is the task in a list as Slurm prints it, "1-3,7,20-40:4%2"? */
bool fb_job_ref_task_listed(const char *list, uint32_t task);

#endif
