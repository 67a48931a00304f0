/* SPDX-License-Identifier: GPL-2.0-or-later */
/* slurm.conf, held against what Flightbase needs. Pure. */
#ifndef FB_CHECK_SLURM_H
#define FB_CHECK_SLURM_H

#include <slurm/slurm.h>

#include "flightbase/report.h"

void fb_check_slurm_conf(const slurm_conf_t *conf, struct fb_report *report);

/* What a job of one GPU gets of a node's memory when nobody says so. memory_per_gpu: of slurm.conf; -1: not set. */
void fb_check_slurm_memory(const slurm_conf_t *conf, int64_t memory_per_gpu, const partition_info_t *partition,
			   int64_t partition_memory_per_gpu, struct fb_report *report);

#endif
