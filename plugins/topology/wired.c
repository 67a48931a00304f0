/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "topology/wired.h"

#include <stdlib.h>
#include <string.h>

/* For the hostlists; the header is not clean under our warnings. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wstrict-prototypes"
#include <slurm/slurm.h>
#pragma GCC diagnostic pop

/* A host as one key of the file names it. */
struct host {
	char *name;
	size_t index; /* of its type, or of its group */
	const char *where;
};

struct hosts {
	size_t count, room;
	struct host *host;
};

static int host_compare(const void *a, const void *b)
{
	return strcmp(((const struct host *)a)->name, ((const struct host *)b)->name);
}

static int host_add(struct hosts *hosts, char *name, size_t index, const char *where, struct fb_err *err)
{
	if (hosts->count == FB_WIRED_NODES_MAX) {
		free(name);
		return fb_err_set(err, "%smore than %d hosts in the file", where, FB_WIRED_NODES_MAX);
	}
	if (hosts->count == hosts->room) {
		size_t room = hosts->room ? 2 * hosts->room : 64;
		struct host *grown = realloc(hosts->host, room * sizeof(*grown));

		if (!grown) {
			free(name);
			return fb_err_set(err, "%sout of memory", where);
		}
		hosts->host = grown;
		hosts->room = room;
	}
	hosts->host[hosts->count++] = (struct host){ name, index, where };
	return 0;
}

static int list_expand(struct hosts *hosts, const char *text, size_t index, const char *where, struct fb_err *err)
{
	hostlist_t *list = slurm_hostlist_create(text);
	char *name;
	int rc = 0;

	if (!list)
		return fb_err_set(err, "%s'%s' is not a hostlist", where, text);
	while (!rc && (name = slurm_hostlist_shift(list)))
		rc = host_add(hosts, name, index, where, err);
	slurm_hostlist_destroy(list);
	return rc;
}

/* Sort them; returns one that is there twice, with its like just before it, or NULL. */
static const struct host *hosts_sort(struct hosts *hosts)
{
	if (hosts->count)
		qsort(hosts->host, hosts->count, sizeof(hosts->host[0]), host_compare);
	for (size_t i = 1; i < hosts->count; i++)
		if (!strcmp(hosts->host[i - 1].name, hosts->host[i].name))
			return &hosts->host[i];
	return NULL;
}

static int types_expand(struct hosts *typed, const struct fb_topofile *file, struct fb_err *err)
{
	const struct host *twice;

	for (size_t i = 0; i < file->entries; i++)
		if (list_expand(typed, file->entry[i].hosts, file->entry[i].type, file->entry[i].where, err))
			return -1;
	if (!(twice = hosts_sort(typed)))
		return 0;
	return fb_err_set(err, "%snode '%s' is named twice (types '%s' and '%s')", twice->where, twice->name,
			  file->type[twice[-1].index].name, file->type[twice->index].name);
}

static int groups_expand(struct hosts *grouped, const struct fb_topofile_fabric *fabric, struct fb_err *err)
{
	const struct host *twice;

	for (size_t i = 0; i < fabric->groups; i++)
		if (list_expand(grouped, fabric->group[i].hosts, i, fabric->group[i].where, err))
			return -1;
	if (!(twice = hosts_sort(grouped)))
		return 0;
	return fb_err_set(err, "%snode '%s' is in two leaf groups ('%s' and '%s')", twice->where, twice->name,
			  fabric->group[twice[-1].index].name, fabric->group[twice->index].name);
}

static void hosts_free(struct hosts *hosts)
{
	for (size_t i = 0; i < hosts->count; i++)
		free(hosts->host[i].name);
	free(hosts->host);
}

/* One node of both lists; its name is taken from them. */
static struct fb_wired_node node_merge(struct host *typed, struct host *grouped, const struct fb_topofile *file)
{
	struct fb_wired_node node = { .group = FB_ENGINE_NO_GROUP };

	if (typed) {
		node.type = &file->type[typed->index];
		node.name = typed->name;
		typed->name = NULL;
	}
	if (grouped) {
		node.group = (uint32_t)grouped->index;
		if (!node.name) {
			node.name = grouped->name;
			grouped->name = NULL;
		}
	}
	return node;
}

static int nodes_merge(struct fb_wired *wired, struct hosts *typed, struct hosts *grouped, const struct fb_topofile *file,
		       struct fb_err *err)
{
	size_t t = 0, g = 0;

	wired->node = calloc(typed->count + grouped->count + 1, sizeof(wired->node[0]));
	if (!wired->node)
		return fb_err_set(err, "out of memory");
	while (t < typed->count || g < grouped->count) {
		int order = t == typed->count	? 1 :
			    g == grouped->count ? -1 :
						  strcmp(typed->host[t].name, grouped->host[g].name);

		wired->node[wired->nodes++] = node_merge(order <= 0 ? &typed->host[t] : NULL,
							 order >= 0 ? &grouped->host[g] : NULL, file);
		t += order <= 0;
		g += order >= 0;
	}
	return 0;
}

/* Number of a group's pod: of the first group that is in it. */
static uint32_t pod_number(const struct fb_topofile_fabric *fabric, size_t group)
{
	for (size_t i = 0; i < group; i++)
		if (!strcmp(fabric->group[i].pod, fabric->group[group].pod))
			return (uint32_t)i;
	return (uint32_t)group;
}

static int fabric_fill(struct fb_wired *wired, const struct fb_topofile_fabric *fabric, struct fb_err *err)
{
	wired->group = calloc(fabric->groups + 1, sizeof(wired->group[0]));
	if (!wired->group)
		return fb_err_set(err, "out of memory");
	for (size_t i = 0; i < fabric->groups; i++)
		wired->group[i] = (struct fb_engine_group_info){ pod_number(fabric, i), fabric->group[i].rails };
	wired->fabric = (struct fb_engine_fabric){
		.groups = fabric->groups,
		.group = wired->group,
		.leaf_oversubscription = fabric->groups ? fabric->leaf_oversubscription : 1,
		.pod_oversubscription = fabric->groups ? fabric->pod_oversubscription : 1,
	};
	return 0;
}

int fb_wired_create(struct fb_wired *wired, const struct fb_topofile *file, struct fb_err *err)
{
	struct hosts typed = { 0 }, grouped = { 0 };
	int rc;

	*wired = (struct fb_wired){ 0 };
	rc = types_expand(&typed, file, err) || groups_expand(&grouped, &file->fabric, err) ||
	     nodes_merge(wired, &typed, &grouped, file, err) || fabric_fill(wired, &file->fabric, err);
	hosts_free(&typed);
	hosts_free(&grouped);
	if (rc)
		fb_wired_free(wired);
	return rc ? -1 : 0;
}

void fb_wired_free(struct fb_wired *wired)
{
	for (size_t i = 0; i < wired->nodes; i++)
		free(wired->node[i].name);
	free(wired->node);
	free(wired->group);
	*wired = (struct fb_wired){ 0 };
}

static int node_compare(const void *name, const void *node)
{
	return strcmp(name, ((const struct fb_wired_node *)node)->name);
}

const struct fb_wired_node *fb_wired_find(const struct fb_wired *wired, const char *name)
{
	return wired->nodes ? bsearch(name, wired->node, wired->nodes, sizeof(wired->node[0]), node_compare) : NULL;
}
