/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/topo/sitemap.h"

#include <stdlib.h>
#include <string.h>

#include "flightbase/memory.h"
#include "flightbase/topo/hosts.h"

/* What an entry or a group says of a node. */
struct claim {
	char *name;
	uint32_t type, group;
	const char *where;
};

struct claims {
	size_t count, room;
	struct claim *claim;
};

static int claims_add(struct claims *claims, const char *hosts, struct claim claim, struct fb_err *err)
{
	char **name;
	size_t count;

	if (fb_hosts_expand(hosts, &name, &count, err))
		return fb_err_set(err, "%s%s", claim.where, err->text);
	for (size_t i = 0; i < count; i++) {
		claims->claim = fb_grow(claims->claim, claims->count, &claims->room, sizeof(claim));
		claims->claim[claims->count] = claim;
		claims->claim[claims->count++].name = name[i];
	}
	free(name);
	return 0;
}

/* By name; what types say comes before what groups say. */
static int compare_claims(const void *a, const void *b)
{
	const struct claim *x = a, *y = b;
	int by_name = strverscmp(x->name, y->name);

	return by_name ? by_name : (x->type == FB_SITEMAP_NONE) - (y->type == FB_SITEMAP_NONE);
}

static int claims_join(struct fb_sitemap *map, struct claims *claims, struct fb_err *err)
{
	map->node = fb_need_array(claims->count, sizeof(*map->node));
	for (size_t i = 0; i < claims->count; i++) {
		struct claim *claim = &claims->claim[i], *before = i ? claim - 1 : NULL;
		struct fb_sitemap_node *node = map->nodes ? &map->node[map->nodes - 1] : NULL;

		if (!before || strverscmp(before->name, claim->name)) {
			map->node[map->nodes++] = (struct fb_sitemap_node){ claim->name, claim->type, claim->group };
			continue;
		}
		if ((before->type == FB_SITEMAP_NONE) == (claim->type == FB_SITEMAP_NONE))
			return fb_err_set(err, "%snode '%s' is named twice (%s '%s' and '%s')", claim->where, claim->name,
					  claim->type == FB_SITEMAP_NONE ? "groups" : "types",
					  claim->type == FB_SITEMAP_NONE ? map->file.fabric.group[before->group].name :
									   map->file.type[before->type].name,
					  claim->type == FB_SITEMAP_NONE ? map->file.fabric.group[claim->group].name :
									   map->file.type[claim->type].name);
		node->group = claim->group;
	}
	return 0;
}

static int nodes_make(struct fb_sitemap *map, struct fb_err *err)
{
	const struct fb_topofile *file = &map->file;
	struct claims claims = { .count = 0 };
	int rc = 0;

	for (size_t i = 0; !rc && i < file->entries; i++)
		rc = claims_add(&claims, file->entry[i].hosts,
				(struct claim){ NULL, (uint32_t)file->entry[i].type, FB_SITEMAP_NONE, file->entry[i].where }, err);
	for (size_t g = 0; !rc && g < file->fabric.groups; g++)
		rc = claims_add(&claims, file->fabric.group[g].hosts,
				(struct claim){ NULL, FB_SITEMAP_NONE, (uint32_t)g, file->fabric.group[g].where }, err);
	if (claims.count)
		qsort(claims.claim, claims.count, sizeof(*claims.claim), compare_claims);
	if (!rc)
		rc = claims_join(map, &claims, err);
	/* The first claim of a name gave it to the node. */
	for (size_t i = 0, n = 0; i < claims.count; i++) {
		bool given = !rc && n < map->nodes && map->node[n].name == claims.claim[i].name;

		n += given;
		if (!given)
			free(claims.claim[i].name);
	}
	free(claims.claim);
	if (rc) {
		free(map->node);
		map->node = NULL;
		map->nodes = 0;
	}
	return rc;
}

static int map_fill(struct fb_sitemap *map, struct fb_err *err)
{
	if (fb_topofile_load(&map->file, &map->doc, err) || nodes_make(map, err)) {
		fb_sitemap_free(map);
		return -1;
	}
	map->type_nodes = fb_need_array(map->file.types, sizeof(*map->type_nodes));
	map->group_nodes = fb_need_array(map->file.fabric.groups, sizeof(*map->group_nodes));
	for (size_t n = 0; n < map->nodes; n++) {
		if (map->node[n].type != FB_SITEMAP_NONE)
			map->type_nodes[map->node[n].type]++;
		if (map->node[n].group != FB_SITEMAP_NONE)
			map->group_nodes[map->node[n].group]++;
	}
	return 0;
}

int fb_sitemap_read(struct fb_sitemap *map, const char *path, struct fb_err *err)
{
	*map = (struct fb_sitemap){ .nodes = 0 };
	return fb_json_doc_read(&map->doc, path, FB_TOPOFILE_SIZE_MAX, err) ? -1 : map_fill(map, err);
}

int fb_sitemap_parse(struct fb_sitemap *map, const char *name, const char *text, size_t size, struct fb_err *err)
{
	*map = (struct fb_sitemap){ .nodes = 0 };
	return fb_json_doc_parse(&map->doc, name, text, size, err) ? -1 : map_fill(map, err);
}

void fb_sitemap_free(struct fb_sitemap *map)
{
	for (size_t n = 0; n < map->nodes; n++)
		free(map->node[n].name);
	free(map->node);
	free(map->type_nodes);
	free(map->group_nodes);
	fb_topofile_free(&map->file);
	fb_json_doc_free(&map->doc);
	*map = (struct fb_sitemap){ .nodes = 0 };
}

static int compare_node(const void *name, const void *node)
{
	return strverscmp(name, ((const struct fb_sitemap_node *)node)->name);
}

const struct fb_sitemap_node *fb_sitemap_find(const struct fb_sitemap *map, const char *name)
{
	return map->nodes ? bsearch(name, map->node, map->nodes, sizeof(*map->node), compare_node) : NULL;
}

/* The nodes for which pick says so. */
typedef bool picks(const struct fb_sitemap_node *node, uint32_t type, uint32_t group);

static bool pick_both(const struct fb_sitemap_node *node, uint32_t type, uint32_t group)
{
	return node->type == type && node->group == group;
}

static bool pick_type(const struct fb_sitemap_node *node, uint32_t type, uint32_t group)
{
	(void)group;
	return node->type == type;
}

static bool pick_group(const struct fb_sitemap_node *node, uint32_t type, uint32_t group)
{
	(void)type;
	return node->group == group;
}

static char *fold(const struct fb_sitemap *map, picks *pick, uint32_t type, uint32_t group, size_t *count)
{
	const char **name = fb_need_array(map->nodes, sizeof(*name));
	size_t found = 0;

	for (size_t n = 0; n < map->nodes; n++)
		if (pick(&map->node[n], type, group))
			name[found++] = map->node[n].name;
	char *text = fb_hosts_fold(name, found);
	free(name);
	*count = found;
	return text;
}

char *fb_sitemap_hosts(const struct fb_sitemap *map, uint32_t type, uint32_t group, size_t *count)
{
	return fold(map, pick_both, type, group, count);
}

char *fb_sitemap_type_hosts(const struct fb_sitemap *map, uint32_t type)
{
	size_t count;

	return fold(map, pick_type, type, FB_SITEMAP_NONE, &count);
}

char *fb_sitemap_group_hosts(const struct fb_sitemap *map, uint32_t group)
{
	size_t count;

	return fold(map, pick_group, FB_SITEMAP_NONE, group, &count);
}

const char *fb_sitemap_leaf(const struct fb_sitemap *map, size_t group, size_t l)
{
	struct fb_json root = fb_json_root(&map->doc), fabric, groups, leaves, at, leaf;

	if (!fb_json_member(&root, "fabric", &fabric) || !fb_json_member(&fabric, "groups", &groups) || group >= fb_json_length(&groups))
		return "";
	at = fb_json_element(&groups, group);
	if (!fb_json_member(&at, "leaves", &leaves) || l >= fb_json_length(&leaves))
		return "";
	leaf = fb_json_element(&leaves, l);
	return json_object_get_string(leaf.value);
}

double fb_sitemap_net_gbps(const struct fb_topofile_type *type, unsigned int *adapters)
{
	double gbps = 0;

	*adapters = 0;
	for (unsigned int n = 0; n < type->nics; n++)
		if (type->nic[n].use == FB_TOPOFILE_COMPUTE) {
			gbps += type->nic[n].gbps;
			++*adapters;
		}
	return gbps;
}
