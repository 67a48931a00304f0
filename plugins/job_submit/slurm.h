/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of Slurm's source tree that the job_submit plugin uses. */
#ifndef FB_JOB_SUBMIT_SLURM_H
#define FB_JOB_SUBMIT_SLURM_H

/* Slurm's headers are not clean under our warnings. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wextra"
#pragma GCC diagnostic ignored "-Wstrict-prototypes"
#include "slurm/slurm_errno.h"
#include "src/common/slurm_xlator.h"
#include "src/common/assoc_mgr.h"
#include "src/common/log.h"
#include "src/common/xmalloc.h"
#include "src/common/xstring.h"
#include "src/slurmctld/slurmctld.h"
#pragma GCC diagnostic pop

#endif
