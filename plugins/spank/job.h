/* SPDX-License-Identifier: GPL-2.0-or-later */
/* slurmd's prolog and epilog, as root. */
#ifndef FB_SPANK_JOB_H
#define FB_SPANK_JOB_H

#include <slurm/spank.h>

int fb_job_begin(spank_t spank);
int fb_job_end(spank_t spank);

#endif
