/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/islands.h"

#include <errno.h>
#include <slurm/slurm.h>
#include <string.h>

#include "flightbase/places.h"

int fb_topology_load(struct fb_topology *topology, struct fb_err *err)
{
	*topology = (struct fb_topology){ .there = false };
	errno = 0;
	topology->there = !fb_topofile_read(&topology->file, FB_TOPOLOGY_FILE, err);
	return topology->there || errno == ENOENT ? 0 : -1;
}

void fb_topology_free(struct fb_topology *topology)
{
	if (topology->there)
		fb_topofile_free(&topology->file);
	*topology = (struct fb_topology){ .there = false };
}

static bool names(const char *hosts, const char *node)
{
	hostlist_t *list = slurm_hostlist_create(hosts);
	bool found = list && slurm_hostlist_find(list, node) >= 0;

	if (list)
		slurm_hostlist_destroy(list);
	return found;
}

const struct fb_topofile_type *fb_topology_type(const struct fb_topology *topology, const char *node)
{
	for (size_t i = 0; topology->there && i < topology->file.entries; i++)
		if (names(topology->file.entry[i].hosts, node))
			return &topology->file.type[topology->file.entry[i].type];
	return NULL;
}

const struct fb_topofile_group *fb_topology_group(const struct fb_topology *topology, const char *node)
{
	for (size_t i = 0; topology->there && i < topology->file.fabric.groups; i++)
		if (names(topology->file.fabric.group[i].hosts, node))
			return &topology->file.fabric.group[i];
	return NULL;
}

const char *fb_island_link_name(enum fb_link link)
{
	static const char *const names[] = {
		[FB_LINK_SELF] = "itself",	      [FB_LINK_SYS] = "across sockets",
		[FB_LINK_NODE] = "in a socket",	      [FB_LINK_PHB] = "host bridge",
		[FB_LINK_PXB] = "PCIe switches",      [FB_LINK_PIX] = "PCIe switch",
		[FB_LINK_NVLINK] = "NVLink",
	};

	return names[link];
}

static bool same(const struct fb_island_level *a, const struct fb_island_level *b)
{
	return a->count == b->count && !memcmp(a->island, b->island, a->count * sizeof(a->island[0]));
}

unsigned int fb_islands_levels(const struct fb_engine_type *type, struct fb_island_level *levels)
{
	unsigned int count = 0;

	for (enum fb_link link = FB_LINK_NVLINK; link >= FB_LINK_SYS; link--) {
		struct fb_island_level level = { .link = link };
		fb_gpuset islands[FB_ENGINE_GPUS_MAX];
		unsigned int found = fb_engine_islands(type, link, islands);

		for (unsigned int i = 0; i < found; i++)
			if (islands[i] & (islands[i] - 1))
				level.island[level.count++] = islands[i];
		if (level.count && (!count || !same(&levels[count - 1], &level)))
			levels[count++] = level;
	}
	return count;
}
