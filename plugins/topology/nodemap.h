/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The wiring of the cluster in slurmctld: topology.json mapped onto Slurm's node table. Read when the
 * controller builds its configuration, never while it schedules.
 */
#ifndef FB_TOPOLOGY_NODEMAP_H
#define FB_TOPOLOGY_NODEMAP_H

#include "topology/slurm_compat.h"
#include "topology/wired.h"

struct fb_nodemap;

/*
 * Read path and map it onto the node table; the caller holds Slurm's configuration or node lock. A good
 * file is copied to last_good. A broken one is refused with one line in the log and last_good is taken
 * instead; if that is not to be had either, or if there is no file at all, no node is wired. Never NULL.
 */
struct fb_nodemap *fb_nodemap_create(const char *path, const char *last_good);
void fb_nodemap_destroy(struct fb_nodemap *map); /* takes NULL */

/* What the file says of a node, or NULL if it does not name it. For an index of the node table; no allocation, no I/O. */
const struct fb_wired_node *fb_nodemap_node(const struct fb_nodemap *map, int index);

/* The leaf groups, which live as long as the map. */
const struct fb_engine_fabric *fb_nodemap_fabric(const struct fb_nodemap *map);

/* One line about the map, for `scontrol show topology`; the caller frees it with xfree(). */
char *fb_nodemap_describe(const struct fb_nodemap *map);

#endif
