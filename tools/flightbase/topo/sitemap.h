/* SPDX-License-Identifier: GPL-2.0-or-later */
/* topology.json with its lists of hosts expanded: which node is of which type and in which leaf group. */
#ifndef FB_TOPO_SITEMAP_H
#define FB_TOPO_SITEMAP_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "common/err.h"
#include "common/json.h"
#include "topology/topofile.h"

#define FB_SITEMAP_NONE UINT32_MAX

struct fb_sitemap_node {
	char *name;
	uint32_t type, group; /* FB_SITEMAP_NONE: the file does not tell */
};

struct fb_sitemap {
	struct fb_json_doc doc;
	struct fb_topofile file;
	size_t nodes;
	struct fb_sitemap_node *node; /* by name */
	size_t *type_nodes, *group_nodes;
};

/*
 * Read a file, or parse a text. Return 0, or -1 with err: the file is not good, or a node is named twice. fb_sitemap_free()
 * releases what a successful call made.
 */
int fb_sitemap_read(struct fb_sitemap *map, const char *path, struct fb_err *err);
int fb_sitemap_parse(struct fb_sitemap *map, const char *name, const char *text, size_t size, struct fb_err *err);
void fb_sitemap_free(struct fb_sitemap *map);

const struct fb_sitemap_node *fb_sitemap_find(const struct fb_sitemap *map, const char *name);

/* The nodes of a type in a group, folded, and how many they are; FB_SITEMAP_NONE stands for those that have none. The caller frees. */
char *fb_sitemap_hosts(const struct fb_sitemap *map, uint32_t type, uint32_t group, size_t *count);
/* The same of a whole type or group. */
char *fb_sitemap_type_hosts(const struct fb_sitemap *map, uint32_t type);
char *fb_sitemap_group_hosts(const struct fb_sitemap *map, uint32_t group);

/* The name of the l-th leaf of a group; "" if there is none. */
const char *fb_sitemap_leaf(const struct fb_sitemap *map, size_t group, size_t l);

/* GB/s in one direction of the adapters of a type that compute, and how many they are. */
double fb_sitemap_net_gbps(const struct fb_topofile_type *type, unsigned int *adapters);

/* What it holds in words: types and their islands, leaf groups. */
void fb_sitemap_print(const struct fb_sitemap *map, FILE *stream);
struct json_object *fb_sitemap_json(const struct fb_sitemap *map);

#endif
