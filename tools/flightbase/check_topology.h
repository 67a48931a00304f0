/* SPDX-License-Identifier: GPL-2.0-or-later */
/* topology.json against the nodes that slurmctld knows. Pure. */
#ifndef FB_CHECK_TOPOLOGY_H
#define FB_CHECK_TOPOLOGY_H

#include <stddef.h>
#include <stdint.h>

#include "flightbase/report.h"
#include "topology/topofile.h"

struct fb_check_node {
	const char *name;
	int64_t gpus;
	const char *type; /* of its GPUs; "": none */
};

void fb_check_topofile(const struct fb_topofile *file, const char *path, const struct fb_check_node *nodes, size_t count,
		       struct fb_report *report);

#endif
