/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "topology/nodemap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/file.h"
#include "common/json.h"

/* By index of the node table; name tells whether the slot is still that node's. */
struct slot {
	char *name;
	const struct fb_wired_node *node; /* NULL: the file does not name it */
};

struct fb_nodemap {
	struct fb_topofile file;
	struct fb_wired nodes;
	int slots;
	struct slot *slot;
	int wired, unwired;
	char *state; /* where the map comes from, for people */
};

/* Read one file; text, if wanted, is what it held. */
static int file_load(struct fb_nodemap *map, const char *path, struct fb_json_doc *doc, struct fb_err *err)
{
	if (fb_json_doc_read(doc, path, FB_TOPOFILE_SIZE_MAX, err))
		return -1;
	if (fb_topofile_load(&map->file, doc, err) || fb_wired_create(&map->nodes, &map->file, err)) {
		fb_topofile_free(&map->file);
		fb_json_doc_free(doc);
		errno = EINVAL;
		return -1;
	}
	return 0;
}

static void source_load(struct fb_nodemap *map, const char *path, const char *last_good)
{
	struct fb_json_doc doc;
	struct fb_err err, why;

	if (!access(path, F_OK) || errno != ENOENT) {
		if (!file_load(map, path, &doc, &err)) {
			if (fb_file_replace(last_good, doc.text, doc.size, 0600, true, &why))
				error("flightbase: topology: no copy of the last good file: %s", why.text);
			map->state = xstrdup(path);
		} else if (!file_load(map, last_good, &doc, &why)) {
			error("flightbase: topology: %s; the last good copy is used: %s", err.text, last_good);
			map->state = xstrdup(last_good);
		} else {
			error("flightbase: topology: %s; there is no good copy either: no node is wired", err.text);
			map->state = xstrdup("no good file");
			return;
		}
		fb_json_doc_free(&doc);
		return;
	}
	warning("flightbase: topology: %s is not there: GPUs are placed as without flightbase", path);
	map->state = xstrdup("no file");
}

static void slots_fill(struct fb_nodemap *map)
{
	node_record_t *node;

	map->slots = node_record_count;
	map->slot = xcalloc((size_t)map->slots + 1, sizeof(map->slot[0]));
	for (int i = 0; (node = next_node(&i)) && i < map->slots; i++) {
		map->slot[i].name = xstrdup(node->name);
		map->slot[i].node = fb_wired_find(&map->nodes, node->name);
		if (map->slot[i].node && map->slot[i].node->type)
			map->wired++;
		else
			map->unwired++;
	}
}

struct fb_nodemap *fb_nodemap_create(const char *path, const char *last_good)
{
	struct fb_nodemap *map = xmalloc(sizeof(*map));

	source_load(map, path, last_good);
	slots_fill(map);
	return map;
}

void fb_nodemap_destroy(struct fb_nodemap *map)
{
	if (!map)
		return;
	for (int i = 0; i < map->slots; i++)
		xfree(map->slot[i].name);
	xfree(map->slot);
	fb_wired_free(&map->nodes);
	fb_topofile_free(&map->file);
	xfree(map->state);
	xfree(map);
}

const struct fb_wired_node *fb_nodemap_node(const struct fb_nodemap *map, int index)
{
	const char *name = node_record_table_ptr[index]->name;

	if (index < map->slots && map->slot[index].name && !strcmp(map->slot[index].name, name))
		return map->slot[index].node;
	return fb_wired_find(&map->nodes, name); /* a node that joined after the map was made */
}

const struct fb_engine_fabric *fb_nodemap_fabric(const struct fb_nodemap *map)
{
	return &map->nodes.fabric;
}

char *fb_nodemap_describe(const struct fb_nodemap *map)
{
	return xstrdup_printf("flightbase: %zu node types, %d nodes wired, %d not, %zu leaf groups (%s)", map->file.types, map->wired,
			      map->unwired, map->nodes.fabric.groups, map->state);
}
