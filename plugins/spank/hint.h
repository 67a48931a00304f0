/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a job's tasks are told of the wires of this node (topology/hints.h), from prolog to task. */
#ifndef FB_SPANK_HINT_H
#define FB_SPANK_HINT_H

#include <slurm/spank.h>
#include <stdint.h>

#include "common/decision.h"

/* The prolog, as root: keep what topology.json says of this node for the job. A fault is logged; the job has no hints then. */
void fb_hint_keep(uint32_t job);

/* slurmstepd, as root, before its tasks: read what the prolog kept, and which GPUs the step has. */
void fb_hint_load(spank_t spank, uint32_t job, uint32_t step);

/* In a task, as the user: set the variables that the user did not write, by what the step was granted. */
void fb_hint_set(spank_t spank, const struct fb_decision *step);

/* A job without hints: take away what was set for a job around it. */
void fb_hint_clear(spank_t spank);

#endif
