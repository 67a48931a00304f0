/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a node's GPUs are wired, by topology.json and the placement engine. */
#ifndef FB_ISLANDS_H
#define FB_ISLANDS_H

#include <stdbool.h>

#include "topology/topofile.h"

struct fb_topology {
	struct fb_topofile file;
	bool there; /* the file was read */
};

/* Read topology.json. Return 0 also if there is none; -1 with err: it is broken. fb_topology_free takes any. */
int fb_topology_load(struct fb_topology *topology, struct fb_err *err);
void fb_topology_free(struct fb_topology *topology);

/* The type of a node; NULL: the file does not name it. */
const struct fb_topofile_type *fb_topology_type(const struct fb_topology *topology, const char *node);

/* The leaf group of a node; NULL: the file has none with it. */
const struct fb_topofile_group *fb_topology_group(const struct fb_topology *topology, const char *node);

/*
 * The islands of a type from the best class of links down, each class only if its islands are not those of the class
 * above. Return how many levels there are.
 */
struct fb_island_level {
	enum fb_link link;
	unsigned int count;
	fb_gpuset island[FB_ENGINE_GPUS_MAX]; /* of two GPUs or more */
};
#define FB_ISLAND_LEVELS_MAX 6
unsigned int fb_islands_levels(const struct fb_engine_type *type, struct fb_island_level *levels);
const char *fb_island_link_name(enum fb_link link);

#endif
