/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The cluster of a replay as topology.json describes it, and which of its GPUs are held now. */
#ifndef FB_DRIVE_CLUSTER_H
#define FB_DRIVE_CLUSTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "topology/wired.h"

struct drive_node {
	const char *name;
	const struct fb_topofile_type *type;
	size_t group; /* leaf group, or the number of groups: in none */
	unsigned int gpus;
	fb_gpuset busy;
};

struct drive_cluster {
	struct fb_topofile file;
	struct fb_wired wired;
	size_t nodes;
	struct drive_node *node; /* by name */
	unsigned int gpus;	 /* of all nodes */
	unsigned int node_gpus;	 /* of the largest node */
};

/* What a job holds of a node. */
struct drive_part {
	size_t node;
	fb_gpuset gpus;
};

/* Return 0, or -1 with err. drive_cluster_free() takes one that failed to load too. */
int drive_cluster_load(struct drive_cluster *cluster, const char *path, struct fb_err *err);
void drive_cluster_free(struct drive_cluster *cluster);

/* Index of a node, or -1. */
long drive_cluster_find(const struct drive_cluster *cluster, const char *name);

/* A GPU that is taken twice, or is given back without being held, is -1 with err: what was observed is then not trusted. */
int drive_cluster_take(struct drive_cluster *cluster, const struct drive_part *part, size_t parts, struct fb_err *err);
int drive_cluster_give(struct drive_cluster *cluster, const struct drive_part *part, size_t parts, struct fb_err *err);

#endif
