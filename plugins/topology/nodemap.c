/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "topology/nodemap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/file.h"
#include "common/json.h"

#define HOSTS_MAX MAX_RANGE /* host names in the whole file: what one Slurm cluster can have */

/* Every host the file names, sorted, for nodes that join later. */
struct host {
	char *name;
	const struct fb_topofile_type *type;
	const char *where;
};

/* By index of the node table; name tells whether the slot is still that node's. */
struct slot {
	char *name;
	const struct fb_topofile_type *type;
};

struct fb_nodemap {
	struct fb_topofile file;
	size_t hosts, hosts_room;
	struct host *host;
	int slots;
	struct slot *slot;
	int wired, unwired;
	char *state; /* where the map comes from, for people */
};

static int host_compare(const void *a, const void *b)
{
	return strcmp(((const struct host *)a)->name, ((const struct host *)b)->name);
}

static const struct host *host_find(const struct fb_nodemap *map, const char *name)
{
	struct host key = { .name = (char *)name };

	return map->hosts ? bsearch(&key, map->host, map->hosts, sizeof(key), host_compare) : NULL;
}

static int host_add(struct fb_nodemap *map, char *name, const struct fb_topofile_entry *entry, struct fb_err *err)
{
	if (map->hosts == HOSTS_MAX)
		return fb_err_set(err, "%smore than %d hosts in the file", entry->where, HOSTS_MAX);
	if (map->hosts == map->hosts_room) {
		map->hosts_room = map->hosts_room ? 2 * map->hosts_room : 64;
		xrecalloc(map->host, map->hosts_room, sizeof(map->host[0]));
	}
	map->host[map->hosts++] = (struct host){ xstrdup(name), &map->file.type[entry->type], entry->where };
	return 0;
}

static int entry_expand(struct fb_nodemap *map, const struct fb_topofile_entry *entry, struct fb_err *err)
{
	hostlist_t *list = hostlist_create(entry->hosts);
	char *name;
	int rc = 0;

	if (!list)
		return fb_err_set(err, "%s'%s' is not a hostlist", entry->where, entry->hosts);
	while (!rc && (name = hostlist_shift(list))) {
		rc = host_add(map, name, entry, err);
		free(name);
	}
	hostlist_destroy(list);
	return rc;
}

static int hosts_expand(struct fb_nodemap *map, struct fb_err *err)
{
	for (size_t i = 0; i < map->file.entries; i++)
		if (entry_expand(map, &map->file.entry[i], err))
			return -1;
	if (map->hosts)
		qsort(map->host, map->hosts, sizeof(map->host[0]), host_compare);
	for (size_t i = 1; i < map->hosts; i++)
		if (!strcmp(map->host[i - 1].name, map->host[i].name))
			return fb_err_set(err, "%snode '%s' is named twice (types '%s' and '%s')",
					  map->host[i].where, map->host[i].name, map->host[i - 1].type->name,
					  map->host[i].type->name);
	return 0;
}

static void hosts_free(struct fb_nodemap *map)
{
	for (size_t i = 0; i < map->hosts; i++)
		xfree(map->host[i].name);
	xfree(map->host);
	map->hosts = map->hosts_room = 0;
	fb_topofile_free(&map->file);
}

/* Read one file; text, if wanted, is what it held. */
static int file_load(struct fb_nodemap *map, const char *path, struct fb_json_doc *doc, struct fb_err *err)
{
	if (fb_json_doc_read(doc, path, FB_TOPOFILE_SIZE_MAX, err))
		return -1;
	if (fb_topofile_load(&map->file, doc, err) || hosts_expand(map, err)) {
		hosts_free(map);
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
		const struct host *host = host_find(map, node->name);

		map->slot[i].name = xstrdup(node->name);
		map->slot[i].type = host ? host->type : NULL;
		map->wired += host != NULL;
		map->unwired += host == NULL;
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
	hosts_free(map);
	xfree(map->state);
	xfree(map);
}

const struct fb_topofile_type *fb_nodemap_type(const struct fb_nodemap *map, int index)
{
	const char *name = node_record_table_ptr[index]->name;

	if (index < map->slots && map->slot[index].name && !strcmp(map->slot[index].name, name))
		return map->slot[index].type;
	/* A node that joined after the map was made. */
	const struct host *host = host_find(map, name);
	return host ? host->type : NULL;
}

char *fb_nodemap_describe(const struct fb_nodemap *map)
{
	return xstrdup_printf("flightbase: %zu node types, %d nodes wired, %d not (%s)", map->file.types, map->wired,
			      map->unwired, map->state);
}
