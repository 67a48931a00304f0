/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "flightbase/gpus.h"
#include "flightbase/islands.h"
#include "flightbase/json_add.h"
#include "flightbase/memory.h"
#include "flightbase/table.h"
#include "flightbase/text.h"
#include "flightbase/topo/sitemap.h"

/* "NVLink 0-3 4-7, PCIe switch 0-7": the islands of each class of links. */
static void islands_text(const struct fb_topofile_type *type, char *text, size_t size)
{
	struct fb_island_level level[FB_ISLAND_LEVELS_MAX];
	unsigned int levels = fb_islands_levels(type->engine, level);
	char gpus[FB_GPUS_TEXT_MAX];

	*text = '\0';
	for (unsigned int l = 0; l < levels; l++) {
		/* All GPUs of a node reach each other somehow: that says nothing. */
		if (l && level[l].link < FB_LINK_PHB)
			continue;
		fb_text_append(text, size, "%s%s%s", l ? ", " : "", fb_island_link_name(level[l].link),
			       !l && type->nvswitch ? " (NVSwitch)" : "");
		for (unsigned int i = 0; i < level[l].count; i++) {
			fb_gpus_index_text(level[l].island[i], gpus, sizeof(gpus));
			fb_text_append(text, size, " %s", gpus);
		}
	}
}

static void print_types(const struct fb_sitemap *map)
{
	static const struct fb_column columns[] = { { "TYPE", FB_COLUMN_TEXT },	     { "NODES", FB_COLUMN_NUMBER }, { "GPUS", FB_COLUMN_NUMBER },
						    { "GB/S", FB_COLUMN_NUMBER },    { "NET GB/S", FB_COLUMN_NUMBER },
						    { "ISLANDS", FB_COLUMN_TEXT },   { "HOSTS", FB_COLUMN_TEXT },
						    { NULL, FB_COLUMN_TEXT } };
	struct fb_table *table = fb_table_create("types", columns, false);

	for (size_t t = 0; t < map->file.types; t++) {
		const struct fb_topofile_type *type = &map->file.type[t];
		char *hosts = fb_sitemap_type_hosts(map, (uint32_t)t), islands[256];
		unsigned int adapters;

		islands_text(type, islands, sizeof(islands));
		fb_table_row(table);
		fb_table_set(table, 0, "%s", type->name);
		fb_table_set(table, 1, "%zu", map->type_nodes[t]);
		fb_table_set(table, 2, "%u", type->wiring.gpus);
		fb_table_set(table, 3, "%.4g", fb_engine_best_value(type->engine, type->wiring.gpus));
		if (fb_sitemap_net_gbps(type, &adapters) > 0)
			fb_table_set(table, 4, "%.4g", fb_sitemap_net_gbps(type, &adapters));
		fb_table_set(table, 5, "%s", islands);
		fb_table_set(table, 6, "%s", hosts);
		free(hosts);
	}
	fb_table_print(table);
}

static void leaves_text(const struct fb_sitemap *map, size_t g, char *text, size_t size)
{
	*text = '\0';
	for (unsigned int l = 0; l < map->file.fabric.group[g].rails; l++)
		fb_text_list(text, size, fb_sitemap_leaf(map, g, l));
}

static void print_groups(const struct fb_sitemap *map)
{
	static const struct fb_column columns[] = { { "GROUP", FB_COLUMN_TEXT }, { "POD", FB_COLUMN_TEXT }, { "NODES", FB_COLUMN_NUMBER },
						    { "RAILS", FB_COLUMN_NUMBER }, { "LEAVES", FB_COLUMN_TEXT },
						    { "HOSTS", FB_COLUMN_TEXT }, { NULL, FB_COLUMN_TEXT } };
	struct fb_table *table = fb_table_create("groups", columns, false);

	for (size_t g = 0; g < map->file.fabric.groups; g++) {
		char *hosts = fb_sitemap_group_hosts(map, (uint32_t)g), leaves[512];

		leaves_text(map, g, leaves, sizeof(leaves));
		fb_table_row(table);
		fb_table_set(table, 0, "%s", map->file.fabric.group[g].name);
		fb_table_set(table, 1, "%s", map->file.fabric.group[g].pod);
		fb_table_set(table, 2, "%zu", map->group_nodes[g]);
		fb_table_set(table, 3, "%u", map->file.fabric.group[g].rails);
		fb_table_set(table, 4, "%s", leaves);
		fb_table_set(table, 5, "%s", hosts);
		free(hosts);
	}
	fb_table_print(table);
}

void fb_sitemap_print(const struct fb_sitemap *map, FILE *stream)
{
	size_t wired = 0;

	for (size_t t = 0; t < map->file.types; t++)
		wired += map->type_nodes[t];
	fprintf(stream, "%zu node%s of %zu type%s, %zu leaf group%s", wired, wired == 1 ? "" : "s", map->file.types, map->file.types == 1 ? "" : "s",
		map->file.fabric.groups, map->file.fabric.groups == 1 ? "" : "s");
	if (map->file.fabric.groups)
		fprintf(stream, "; oversubscription: leaf %.3g, pod %.3g", map->file.fabric.leaf_oversubscription,
			map->file.fabric.pod_oversubscription);
	fputc('\n', stream);
	fflush(stream);
	if (map->file.types)
		print_types(map);
	if (map->file.fabric.groups)
		print_groups(map);
}

static struct json_object *island_json(const struct fb_island_level *level)
{
	struct json_object *to = json_object_new_object(), *groups = json_object_new_array();
	char gpus[FB_GPUS_TEXT_MAX];

	fb_json_add_text(to, "link", fb_island_link_name(level->link));
	for (unsigned int i = 0; i < level->count; i++) {
		fb_gpus_index_text(level->island[i], gpus, sizeof(gpus));
		json_object_array_add(groups, json_object_new_string(gpus));
	}
	json_object_object_add(to, "gpus", groups);
	return to;
}

static struct json_object *type_json(const struct fb_sitemap *map, size_t t)
{
	const struct fb_topofile_type *type = &map->file.type[t];
	struct json_object *to = json_object_new_object(), *islands = json_object_new_array();
	struct fb_island_level level[FB_ISLAND_LEVELS_MAX];
	unsigned int levels = fb_islands_levels(type->engine, level), adapters;
	char *hosts = fb_sitemap_type_hosts(map, (uint32_t)t);
	double net = fb_sitemap_net_gbps(type, &adapters);

	fb_json_add_text(to, "name", type->name);
	fb_json_add_int(to, "count", (int64_t)map->type_nodes[t]);
	fb_json_add_text(to, "nodes", hosts);
	fb_json_add_text(to, "gpu", *type->gpu ? type->gpu : NULL);
	fb_json_add_int(to, "gpus", type->wiring.gpus);
	fb_json_add_number(to, "gbps", fb_engine_best_value(type->engine, type->wiring.gpus));
	fb_json_add_int(to, "adapters", adapters);
	fb_json_add_number(to, "net_gbps", net);
	json_object_object_add(to, "nvswitch", json_object_new_boolean(type->nvswitch));
	for (unsigned int l = 0; l < levels; l++)
		json_object_array_add(islands, island_json(&level[l]));
	json_object_object_add(to, "islands", islands);
	free(hosts);
	return to;
}

static struct json_object *group_json(const struct fb_sitemap *map, size_t g)
{
	const struct fb_topofile_group *group = &map->file.fabric.group[g];
	struct json_object *to = json_object_new_object(), *leaves = json_object_new_array();
	char *hosts = fb_sitemap_group_hosts(map, (uint32_t)g);

	fb_json_add_text(to, "name", group->name);
	fb_json_add_text(to, "pod", *group->pod ? group->pod : NULL);
	fb_json_add_int(to, "count", (int64_t)map->group_nodes[g]);
	fb_json_add_text(to, "nodes", hosts);
	for (unsigned int l = 0; l < group->rails; l++)
		json_object_array_add(leaves, json_object_new_string(fb_sitemap_leaf(map, g, l)));
	json_object_object_add(to, "leaves", leaves);
	free(hosts);
	return to;
}

struct json_object *fb_sitemap_json(const struct fb_sitemap *map)
{
	struct json_object *to = json_object_new_object(), *types = json_object_new_array(), *groups = json_object_new_array(),
			   *ratios = json_object_new_object();

	for (size_t t = 0; t < map->file.types; t++)
		json_object_array_add(types, type_json(map, t));
	for (size_t g = 0; g < map->file.fabric.groups; g++)
		json_object_array_add(groups, group_json(map, g));
	json_object_object_add(to, "types", types);
	json_object_object_add(to, "groups", groups);
	fb_json_add_number(ratios, "leaf", map->file.fabric.groups ? map->file.fabric.leaf_oversubscription : 1);
	fb_json_add_number(ratios, "pod", map->file.fabric.groups ? map->file.fabric.pod_oversubscription : 1);
	json_object_object_add(to, "oversubscription", ratios);
	return to;
}
