/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The GPUs of a heterogeneous job as a whole. Its components run at the same time, but are submitted one by one:
 * slurmctld calls the plugin for each in their order, on one thread, within one message.
 */
#ifndef FB_JOB_SUBMIT_HET_H
#define FB_JOB_SUBMIT_HET_H

#include <stdint.h>

#include "common/name.h"

#define FB_HET_NONE UINT32_MAX /* in place of a component's number: no heterogeneous job */
#define FB_HET_WORKSPACES 8    /* whose components are added up; of further ones each counts for itself */

/* What one thread has seen of the job that it is at; all zero in the beginning. */
struct fb_het {
	uint32_t component, uid;
	unsigned int count;
	struct {
		char workspace[FB_NAME_MAX + 1];
		uint64_t gpus;
	} of[FB_HET_WORKSPACES];
};

/* At every submission. What is no heterogeneous job, or comes out of order, begins anew: nothing is added up that does
 * not belong together. */
void fb_het_enter(struct fb_het *het, uint32_t component, uint32_t uid);

/* Add the GPUs of the component that was entered; the sum of the job's components in the workspace so far. */
uint64_t fb_het_add(struct fb_het *het, const char *workspace, uint64_t gpus);

#endif
