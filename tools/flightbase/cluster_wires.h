/* SPDX-License-Identifier: GPL-2.0-or-later */
/* topology.json with its nodes, for the whole cluster. */
#ifndef FB_CLUSTER_WIRES_H
#define FB_CLUSTER_WIRES_H

#include "flightbase/islands.h"
#include "topology/wired.h"

struct fb_cluster_wires {
	struct fb_topology topology;
	struct fb_wired wired;
};

/* Return 0 also if there is no file; -1 with err: it is broken. fb_cluster_wires_free takes any. */
int fb_cluster_wires_load(struct fb_cluster_wires *wires, struct fb_err *err);
void fb_cluster_wires_free(struct fb_cluster_wires *wires);

/*
 * The best modelled bandwidth that so many GPUs could have on an empty cluster, in GB/s: on at most nodes nodes, or, if
 * per_node is not 0, on exactly so many with per_node GPUs each. 0: not to be had, or one GPU.
 */
double fb_cluster_wires_best(const struct fb_cluster_wires *wires, uint32_t gpus, uint32_t nodes, uint32_t per_node);

#endif
