/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The nodes that topology.json names: its hostlists expanded, each node with its type and its leaf group. For slurmctld and the
 * command line alike; of Slurm it needs the hostlists only.
 */
#ifndef FB_TOPOLOGY_WIRED_H
#define FB_TOPOLOGY_WIRED_H

#include "topology/engine/cluster.h"
#include "topology/topofile.h"

#define FB_WIRED_NODES_MAX (64 * 1024) /* what one Slurm cluster can have (MAX_SLURM_NODES) */

struct fb_wired_node {
	char *name;
	const struct fb_topofile_type *type; /* NULL: the file names the node in a leaf group only */
	uint32_t group;			     /* FB_ENGINE_NO_GROUP: in none */
};

struct fb_wired {
	size_t nodes;
	struct fb_wired_node *node; /* by name, as strcmp() compares */
	struct fb_engine_fabric fabric;
	struct fb_engine_group_info *group;
};

/*
 * Expand a file, which must live as long as the result. Return 0, or -1 with err ("FILE:LINE: KEY: fault"): not a hostlist, a node with
 * two types or in two leaf groups, too many; wired is then empty. fb_wired_free() takes an empty one.
 */
int fb_wired_create(struct fb_wired *wired, const struct fb_topofile *file, struct fb_err *err);
void fb_wired_free(struct fb_wired *wired);

/* NULL: the file does not name it. */
const struct fb_wired_node *fb_wired_find(const struct fb_wired *wired, const char *name);

#endif
