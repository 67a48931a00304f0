/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cluster.h"

#include <slurm/slurm.h>
#include <stdlib.h>
#include <string.h>

static int name_compare(const void *a, const void *b)
{
	const struct drive_node *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static double net_gbps(const struct fb_topofile_type *type)
{
	double sum = 0;

	for (unsigned int n = 0; n < type->nics; n++)
		if (type->nic[n].use == FB_TOPOFILE_COMPUTE)
			sum += type->nic[n].gbps;
	return sum > 0 ? sum : DRIVE_NET_GBPS;
}

/* Calls each() for every name of a hostlist. */
static int hosts_each(struct drive_cluster *cluster, const char *hosts, size_t value,
		      int (*each)(struct drive_cluster *, const char *, size_t, struct fb_err *), struct fb_err *err)
{
	hostlist_t *list = slurm_hostlist_create(hosts);
	char *name;
	int rc = 0;

	if (!list)
		return fb_err_set(err, "'%s' is not a list of nodes", hosts);
	while (!rc && (name = slurm_hostlist_shift(list))) {
		rc = each(cluster, name, value, err);
		free(name);
	}
	slurm_hostlist_destroy(list);
	return rc;
}

static int node_add(struct drive_cluster *cluster, const char *name, size_t type, struct fb_err *err)
{
	const struct fb_topofile_type *t = &cluster->file.type[type];
	struct drive_node *grown = realloc(cluster->node, (cluster->nodes + 1) * sizeof(*grown));

	if (!grown)
		return fb_err_set(err, "out of memory");
	cluster->node = grown;
	grown[cluster->nodes] = (struct drive_node){
		.name = strdup(name), .type = type, .group = cluster->file.fabric.groups, .gpus = t->wiring.gpus, .net_gbps = net_gbps(t),
	};
	if (!grown[cluster->nodes].name)
		return fb_err_set(err, "out of memory");
	cluster->nodes++;
	cluster->gpus += t->wiring.gpus;
	if (t->wiring.gpus > cluster->node_gpus)
		cluster->node_gpus = t->wiring.gpus;
	return 0;
}

static int node_group(struct drive_cluster *cluster, const char *name, size_t group, struct fb_err *err)
{
	long at = drive_cluster_find(cluster, name);

	if (at < 0)
		return fb_err_set(err, "group '%s' names node '%s', which has no type", cluster->file.fabric.group[group].name, name);
	cluster->node[at].group = group;
	return 0;
}

int drive_cluster_load(struct drive_cluster *cluster, const char *path, struct fb_err *err)
{
	*cluster = (struct drive_cluster){ 0 };
	if (fb_topofile_read(&cluster->file, path, err))
		return -1;
	for (size_t e = 0; e < cluster->file.entries; e++)
		if (hosts_each(cluster, cluster->file.entry[e].hosts, cluster->file.entry[e].type, node_add, err))
			return -1;
	if (!cluster->nodes)
		return fb_err_set(err, "%s: no nodes", path);
	qsort(cluster->node, cluster->nodes, sizeof(cluster->node[0]), name_compare);
	for (size_t g = 0; g < cluster->file.fabric.groups; g++)
		if (hosts_each(cluster, cluster->file.fabric.group[g].hosts, g, node_group, err))
			return -1;
	return 0;
}

void drive_cluster_free(struct drive_cluster *cluster)
{
	for (size_t n = 0; n < cluster->nodes; n++)
		free(cluster->node[n].name);
	free(cluster->node);
	fb_topofile_free(&cluster->file);
	*cluster = (struct drive_cluster){ 0 };
}

long drive_cluster_find(const struct drive_cluster *cluster, const char *name)
{
	struct drive_node key = { .name = (char *)(uintptr_t)name };
	const struct drive_node *found = bsearch(&key, cluster->node, cluster->nodes, sizeof(key), name_compare);

	return found ? found - cluster->node : -1;
}

int drive_cluster_take(struct drive_cluster *cluster, const struct drive_part *part, size_t parts, struct fb_err *err)
{
	for (size_t p = 0; p < parts; p++) {
		struct drive_node *node = &cluster->node[part[p].node];

		if (node->busy & part[p].gpus)
			return fb_err_set(err, "node '%s': GPUs %#x were given to two jobs", node->name,
					  (unsigned int)(node->busy & part[p].gpus));
		node->busy |= part[p].gpus;
	}
	return 0;
}

int drive_cluster_give(struct drive_cluster *cluster, const struct drive_part *part, size_t parts, struct fb_err *err)
{
	for (size_t p = 0; p < parts; p++) {
		struct drive_node *node = &cluster->node[part[p].node];

		if ((node->busy & part[p].gpus) != part[p].gpus)
			return fb_err_set(err, "node '%s': GPUs %#x come back that were not held", node->name,
					  (unsigned int)(part[p].gpus & ~node->busy));
		node->busy &= (fb_gpuset)~part[p].gpus;
	}
	return 0;
}

const struct fb_engine_type *drive_node_type(const struct drive_cluster *cluster, const struct drive_node *node)
{
	return cluster->file.type[node->type].engine;
}
