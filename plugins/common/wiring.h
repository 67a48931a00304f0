/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether the cluster has the wires that a job requires, as the controller's topology plugin answers its job_submit plugin: a
 * look at the node types and leaf groups only. That nodes of that kind also have the rest (partition, features, memory) the
 * topology plugin sees when Slurm asks it, which then has no words for the user. The two plugins are loaded apart
 * and find each other by the names below.
 */
#ifndef FB_COMMON_WIRING_H
#define FB_COMMON_WIRING_H

#include <stdint.h>

#include "common/err.h"

#define FB_WIRING_PLUGIN "topology_flightbase.so"
#define FB_WIRING_CHECK "fb_wiring_check_1"

struct fb_wiring_ask {
	uint64_t gpus;	/* on one node, P2P to each other, at least; 0: not asked */
	uint32_t nodes; /* of one leaf group, at least; 0: not asked */
};

/* FB_WIRING_CHECK: 0, or -1 with err: no such wires in the cluster. Reads memory only. */
typedef int fb_wiring_check_fn(const struct fb_wiring_ask *ask, struct fb_err *err);

#endif
