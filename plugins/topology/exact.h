/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How many GPUs each chosen node gives, once the nodes are known: for --gpus and --gpus-per-task Slurm decides it only then. On
 * each node exactly so many are left on offer, so that they are the ones that the engine chooses.
 */
#ifndef FB_TOPOLOGY_EXACT_H
#define FB_TOPOLOGY_EXACT_H

#include "topology/attempt.h"

void fb_exact_mask(struct fb_attempt *attempt);

#endif
