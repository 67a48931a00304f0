/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The clusters: 64 nodes of three types mixed in each leaf group, 64 of one type each, and the SuperPOD's fabric. */
#include <string.h>

#include "replay.h"

#define PER_NODE 8
#define PER_GROUP 8
#define NODES 64

enum machine { NVSWITCH, PAIRS, QUADS, PCIE, MESH, MACHINES };

/*
 * Adapters in GB/s together as NCCL reaches them, 24 for each HDR and 12 for each EDR port: HGX A100 eight HDR, the others
 * one HDR for four GPUs, DGX-1V four EDR. Weights: the less, the better the wires, so that stock Slurm takes these first;
 * the other order sends jobs of eight GPUs to pairs.
 */
static const struct {
	float net;
	uint32_t weight;
} machines[MACHINES] = {
	[NVSWITCH] = { 192, 1 }, [PAIRS] = { 48, 3 }, [QUADS] = { 48, 2 }, [PCIE] = { 48, 2 }, [MESH] = { 48, 2 },
};

/* NVLink lanes of a DGX-1V (test_engine.c has the matrix as nvidia-smi prints it). */
static const uint8_t mesh[PER_NODE][PER_NODE] = { { 0, 1, 1, 2, 2 },	      { 1, 0, 2, 1, 0, 2 },
						  { 1, 2, 0, 2, 0, 0, 1 },    { 2, 1, 2, 0, 0, 0, 0, 1 },
						  { 2, 0, 0, 0, 0, 1, 1, 2 }, { 0, 2, 0, 0, 1, 0, 2, 1 },
						  { 0, 0, 1, 0, 1, 2, 0, 2 }, { 0, 0, 0, 1, 2, 1, 2, 0 } };

/* Pairs by a bridge of 12 lanes, quads of four lanes between any two or below one PCIe switch, the rest across sockets. */
static enum fb_link link_of(enum machine machine, unsigned int i, unsigned int j, uint8_t *lanes)
{
	*lanes = machine == NVSWITCH || machine == PAIRS ? 12 : machine == QUADS ? 4 : machine == MESH ? mesh[i][j] : 0;
	switch (machine) {
	case NVSWITCH:
		return FB_LINK_NVLINK;
	case PAIRS:
		return i / 2 == j / 2 ? FB_LINK_NVLINK : FB_LINK_SYS;
	case QUADS:
		return i / 4 == j / 4 ? FB_LINK_NVLINK : FB_LINK_SYS;
	case PCIE:
		return i / 4 == j / 4 ? FB_LINK_PIX : FB_LINK_SYS;
	default:
		return *lanes ? FB_LINK_NVLINK : FB_LINK_SYS;
	}
}

static int type_add(struct cluster *cluster, enum machine machine)
{
	struct fb_engine_wiring w = { .gpus = PER_NODE, .lane_gbps = FB_ENGINE_LANE_GBPS };

	for (unsigned int i = 0; i < PER_NODE; i++) {
		for (unsigned int j = 0; j < PER_NODE; j++) {
			w.link[i][j] = (uint8_t)(i == j ? FB_LINK_SELF : link_of(machine, i, j, &w.lanes[i][j]));
			if (w.link[i][j] != FB_LINK_NVLINK)
				w.lanes[i][j] = 0;
		}
	}
	cluster->net[cluster->types] = machines[machine].net;
	cluster->weight[cluster->types] = machines[machine].weight;
	cluster->type[cluster->types] = fb_engine_type_create(&w, NULL);
	return cluster->type[cluster->types++] ? 0 : -1;
}

/* 24, 20 and 20 of 64, each leaf group with two or three of each. */
static const uint8_t mixed[16] = { 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0 };

static int mixed_make(struct cluster *cluster, enum machine quads)
{
	for (size_t n = 0; n < NODES; n++)
		cluster->type_of[n] = mixed[n % sizeof(mixed)];
	return type_add(cluster, NVSWITCH) || type_add(cluster, PAIRS) || type_add(cluster, quads) ? -1 : 0;
}

/* Nodes by name on each leaf group of shared/data/fabrics/superpod-ndr-rail.ibnetdiscover; one group lacks a rail. */
static int superpod_make(struct cluster *cluster)
{
	static const uint8_t groups[] = { 11, 11, 18, 17, 18, 15, 16, 14 };

	cluster->nodes = 0;
	cluster->fabric.leaf_oversubscription = 1;
	for (uint32_t g = 0; g < sizeof(groups); g++)
		for (uint8_t n = 0; n < groups[g]; n++)
			cluster->group_of[cluster->nodes++] = g;
	return type_add(cluster, NVSWITCH);
}

const char *const cluster_names[] = { "mixed", "mixed-pcie", "superpod", "nvswitch", "pairs", "quads", "pcie", "mesh", NULL };

int cluster_make(struct cluster *cluster, const char *name)
{
	memset(cluster, 0, sizeof(*cluster));
	cluster->name = name;
	cluster->nodes = NODES;
	for (uint32_t n = 0; n < NODES; n++)
		cluster->group_of[n] = n / PER_GROUP;
	for (uint32_t g = 0; g < REPLAY_GROUPS_MAX; g++)
		cluster->group[g] = (struct fb_engine_group_info){ .pod = 0, .rails = 4 };
	cluster->fabric = (struct fb_engine_fabric){ .groups = NODES / PER_GROUP,
						     .group = cluster->group,
						     .leaf_oversubscription = 2,
						     .pod_oversubscription = 1 };
	if (!strcmp(name, "mixed"))
		return mixed_make(cluster, QUADS);
	if (!strcmp(name, "mixed-pcie"))
		return mixed_make(cluster, PCIE);
	if (!strcmp(name, "superpod"))
		return superpod_make(cluster);
	for (int m = 0; m < MACHINES; m++)
		if (!strcmp(name, cluster_names[3 + m]))
			return type_add(cluster, (enum machine)m);
	return -1;
}

void cluster_free(struct cluster *cluster)
{
	for (size_t t = 0; t < cluster->types; t++)
		fb_engine_type_destroy(cluster->type[t]);
}

unsigned int cluster_gpus(const struct cluster *cluster)
{
	return (unsigned int)cluster->nodes * PER_NODE;
}
