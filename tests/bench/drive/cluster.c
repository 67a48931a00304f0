/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cluster.h"

#include <stdlib.h>

static int node_fill(struct drive_cluster *cluster, struct drive_node *node, const struct fb_wired_node *from, struct fb_err *err)
{
	if (!from->type)
		return fb_err_set(err, "node '%s' has no type", from->name);
	*node = (struct drive_node){
		.name = from->name,
		.type = from->type,
		.group = from->group == FB_ENGINE_NO_GROUP ? cluster->file.fabric.groups : from->group,
		.gpus = from->type->wiring.gpus,
	};
	cluster->gpus += node->gpus;
	if (node->gpus > cluster->node_gpus)
		cluster->node_gpus = node->gpus;
	return 0;
}

int drive_cluster_load(struct drive_cluster *cluster, const char *path, struct fb_err *err)
{
	*cluster = (struct drive_cluster){ 0 };
	if (fb_topofile_read(&cluster->file, path, err) || fb_wired_create(&cluster->wired, &cluster->file, err))
		return -1;
	if (!cluster->wired.nodes)
		return fb_err_set(err, "%s: no nodes", path);
	if (!(cluster->node = calloc(cluster->wired.nodes, sizeof(cluster->node[0]))))
		return fb_err_set(err, "out of memory");
	for (; cluster->nodes < cluster->wired.nodes; cluster->nodes++)
		if (node_fill(cluster, &cluster->node[cluster->nodes], &cluster->wired.node[cluster->nodes], err))
			return -1;
	return 0;
}

void drive_cluster_free(struct drive_cluster *cluster)
{
	free(cluster->node);
	fb_wired_free(&cluster->wired);
	fb_topofile_free(&cluster->file);
	*cluster = (struct drive_cluster){ 0 };
}

long drive_cluster_find(const struct drive_cluster *cluster, const char *name)
{
	const struct fb_wired_node *found = fb_wired_find(&cluster->wired, name);

	return found ? found - cluster->wired.node : -1;
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
