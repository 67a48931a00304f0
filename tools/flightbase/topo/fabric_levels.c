/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is above the leaves: spines, core switches, pods, and how much bandwidth each level has. */
#include <stdlib.h>
#include <string.h>

#include "flightbase/memory.h"
#include "flightbase/topo/fabric_parts.h"

/* Calls each for every cable of a switch to another one. */
typedef void each_cable(struct fb_fabric *fabric, uint32_t sw, uint32_t other, double gbps, void *context);

static void cables(struct fb_fabric *fabric, uint32_t sw, each_cable *each, void *context)
{
	const struct fb_ibnet *net = fabric->net;
	const struct fb_ibnet_node *node = &net->node[fabric->sw[sw].node];

	for (uint32_t p = node->first; p < node->first + node->ports; p++) {
		uint32_t other = fb_fabric_switch_of(fabric, net->port[net->port[p].peer].node);

		if (other != FB_FABRIC_NONE && other != sw)
			each(fabric, sw, other, net->port[p].gbps, context);
	}
}

struct around {
	const enum fb_fabric_level *level;
	unsigned int cables, bottom; /* to switches; of them to leaves */
};

static void around_count(struct fb_fabric *fabric, uint32_t sw, uint32_t other, double gbps, void *context)
{
	struct around *around = context;

	(void)gbps;
	(void)sw;
	(void)fabric;
	around->cables++;
	around->bottom += around->level[other] == FB_FABRIC_LEAF || around->level[other] == FB_FABRIC_EDGE;
}

/* Leaves of groups are known; then those with other adapters alone; then what hangs above either; the rest is core. */
static void levels_set(struct fb_fabric *fabric)
{
	enum fb_fabric_level *level = fb_need_array(fabric->switches, sizeof(*level));

	for (uint32_t s = 0; s < fabric->switches; s++)
		level[s] = fabric->sw[s].group != FB_FABRIC_NONE || (!fabric->groups && fabric->sw[s].adapters) ? FB_FABRIC_LEAF :
														   FB_FABRIC_CORE;
	for (uint32_t s = 0; s < fabric->switches; s++) {
		struct around around = { .level = level };

		if (level[s] == FB_FABRIC_LEAF || !fabric->sw[s].adapters)
			continue;
		cables(fabric, s, around_count, &around);
		if (!around.bottom || fabric->sw[s].adapters >= around.cables)
			fabric->sw[s].level = FB_FABRIC_EDGE;
	}
	for (uint32_t s = 0; s < fabric->switches; s++)
		if (level[s] != FB_FABRIC_LEAF && fabric->sw[s].level == FB_FABRIC_EDGE)
			level[s] = FB_FABRIC_EDGE;
	for (uint32_t s = 0; s < fabric->switches; s++) {
		struct around around = { .level = level };

		fabric->sw[s].level = level[s];
		if (level[s] != FB_FABRIC_CORE)
			continue;
		cables(fabric, s, around_count, &around);
		fabric->sw[s].level = around.bottom ? FB_FABRIC_SPINE : FB_FABRIC_CORE;
	}
	free(level);
}

static void uplink_add(struct fb_fabric *fabric, uint32_t sw, uint32_t other, double gbps, void *context)
{
	struct fb_fabric_switch *from = &fabric->sw[sw];
	enum fb_fabric_level to = fabric->sw[other].level;
	const bool *between_leaves = context;

	if (from->level == FB_FABRIC_CORE || (from->level == FB_FABRIC_SPINE && to != FB_FABRIC_CORE))
		return;
	if (from->level != FB_FABRIC_SPINE && *between_leaves != (to == FB_FABRIC_LEAF || to == FB_FABRIC_EDGE))
		return;
	from->uplinks++;
	from->up += gbps;
}

/* A leaf without a spine reaches others over the cables between leaves. */
static void uplinks_count(struct fb_fabric *fabric)
{
	static const bool no = false, yes = true;

	for (uint32_t s = 0; s < fabric->switches; s++) {
		cables(fabric, s, uplink_add, (void *)&no);
		if (!fabric->sw[s].uplinks && fabric->sw[s].level != FB_FABRIC_SPINE)
			cables(fabric, s, uplink_add, (void *)&yes);
	}
}

static uint32_t find(uint32_t *parent, uint32_t i)
{
	while (parent[i] != i)
		i = parent[i] = parent[parent[i]];
	return i;
}

static void pod_join(struct fb_fabric *fabric, uint32_t sw, uint32_t other, double gbps, void *context)
{
	uint32_t *parent = context;

	(void)gbps;
	if (fabric->sw[sw].level == FB_FABRIC_LEAF && fabric->sw[other].level != FB_FABRIC_CORE && fabric->sw[other].level != FB_FABRIC_EDGE)
		parent[find(parent, sw)] = find(parent, other);
}

static void pods_make(struct fb_fabric *fabric)
{
	uint32_t *parent = fb_need_array(fabric->switches, sizeof(*parent)), *number = fb_need_array(fabric->switches, sizeof(*number));

	for (uint32_t s = 0; s < fabric->switches; s++)
		parent[s] = s;
	for (uint32_t s = 0; s < fabric->switches; s++)
		cables(fabric, s, pod_join, parent);
	for (size_t g = 0; g < fabric->groups; g++)
		for (unsigned int l = 1; l < fabric->group[g].leaves; l++)
			parent[find(parent, fabric->group[g].leaf[l])] = find(parent, fabric->group[g].leaf[0]);
	for (size_t g = 0; g < fabric->groups; g++) {
		uint32_t root = find(parent, fabric->group[g].leaf[0]);

		if (!number[root])
			number[root] = ++fabric->pods;
		fabric->group[g].pod = number[root] - 1;
	}
	free(parent);
	free(number);
}

static double ratio(double down, double up)
{
	return up > 0 && down > up ? down / up : 1;
}

static void oversubscription(struct fb_fabric *fabric)
{
	double down = 0, up = 0, below = 0, above = 0, worst = 0;

	for (uint32_t s = 0; s < fabric->switches; s++) {
		const struct fb_fabric_switch *sw = &fabric->sw[s];

		if (sw->level == FB_FABRIC_SPINE)
			above += sw->up;
		if (sw->level != FB_FABRIC_LEAF)
			continue;
		below += sw->down;
		if (sw->up <= 0)
			continue;
		down += sw->down;
		up += sw->up;
		if (sw->down / sw->up > worst) {
			worst = sw->down / sw->up;
			fabric->worst_leaf = s;
		}
	}
	fabric->leaf_oversubscription = ratio(down, up);
	/* What leaves hold back never comes to a pod's uplinks. */
	fabric->pod_oversubscription = ratio(below / fabric->leaf_oversubscription, above);
}

void fb_fabric_levels(struct fb_fabric *fabric)
{
	levels_set(fabric);
	uplinks_count(fabric);
	pods_make(fabric);
	oversubscription(fabric);
}
