/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What must happen before libslurm is asked for anything. */
#ifndef FB_SLURM_START_H
#define FB_SLURM_START_H

/* Read slurm.conf, once; libslurm ends the program with its own words if it cannot. */
void fb_slurm_start(void);

#endif
