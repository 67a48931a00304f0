/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The partitions that a job may run in. */
#ifndef FB_JOB_SUBMIT_PARTITIONS_H
#define FB_JOB_SUBMIT_PARTITIONS_H

#include "job_submit/slurm.h"

#define FB_PARTITIONS_MAX 16
#define FB_PARTITIONS_TEXT_MAX 1024 /* characters of --partition, as in slurmctld's own check */

struct fb_partitions {
	part_record_t *at[FB_PARTITIONS_MAX];
	size_t count;
	bool complete; /* every partition of the list is known and among them */
};

/* Of a list of names; NULL: the default partition. Under slurmctld's lock on partitions. */
void fb_partitions_find(struct fb_partitions *partitions, const char *names);

/* Copy the next name of a list and move on; false: there is none, or it is too long to be one. */
bool fb_partitions_next(const char **names, char *name, size_t size);

#endif
