/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The choice of nodes: any occupation, any fabric, any request. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "input.h"
#include "topology/engine/cluster.h"

#define NODES_MAX 80
#define GROUPS_MAX 8
#define TYPES 3

static struct fb_engine_type *type_make(struct input *in)
{
	unsigned int shape = take(in), island = 1 + (shape >> 4);
	struct fb_engine_wiring w = { .gpus = 1 + (shape & 7), .lane_gbps = 20 };

	for (unsigned int i = 0; i < w.gpus; i++)
		for (unsigned int j = 0; j < w.gpus; j++) {
			bool near = i / island == j / island;

			w.link[i][j] = i == j ? FB_LINK_SELF : near ? FB_LINK_NVLINK : FB_LINK_SYS;
			w.lanes[i][j] = near && i != j ? 4 : 0;
		}
	return fb_engine_type_create(&w, NULL);
}

struct cluster {
	struct fb_engine_group_info group[GROUPS_MAX];
	struct fb_engine_fabric fabric;
	struct fb_engine_node node[NODES_MAX];
	size_t nodes;
	struct fb_engine_job job;
	bool simple; /* every node may give one GPU, and all weigh the same */
};

static void node_make(struct input *in, struct fb_engine_type *const *type, struct fb_engine_node *node)
{
	static const float nets[] = { 0, 24, 48, 192, NAN, -1, 1e30f, 12 };
	unsigned int kind = take(in), limits = take(in);

	*node = (struct fb_engine_node){ .type = kind % 4 < TYPES ? type[kind % 4] : NULL,
					 .free = (fb_gpuset)take(in),
					 .idle = (fb_gpuset)take(in),
					 .least = (uint16_t)(1 + (limits & 1 ? limits >> 5 : 0)),
					 .group = (kind >> 2 & 15) < 12 ? kind >> 2 & 15 : FB_ENGINE_NO_GROUP,
					 .weight = limits >> 1 & 1,
					 .required = (limits & 0x1c) == 0x1c,
					 .net_gbps = nets[kind >> 5] };
	node->most = (uint16_t)(limits & 2 ? 8 : node->least + (limits >> 5));
}

static void cluster_make(struct input *in, struct cluster *c, struct fb_engine_type *const *type)
{
	unsigned int flags = take(in), nodes_min = 1 + take(in) % 40;

	c->nodes = take(in) % (NODES_MAX + 1);
	c->simple = true;
	c->fabric = (struct fb_engine_fabric){ .groups = flags & 7,
					       .group = c->group,
					       .leaf_oversubscription = 1 + (flags >> 6),
					       .pod_oversubscription = 1 + (flags >> 4 & 1) };
	for (uint32_t g = 0; g < GROUPS_MAX; g++)
		c->group[g].pod = g % (1 + (flags >> 3 & 3));
	for (size_t n = 0; n < c->nodes; n++) {
		node_make(in, type, &c->node[n]);
		c->simple = c->simple && c->node[n].least == 1 && !c->node[n].required;
	}
	c->job = (struct fb_engine_job){ .nodes_min = nodes_min,
					 .nodes_max = nodes_min + take(in) % 40,
					 .gpus = flags & 0x20 ? 0 : 1 + take(in),
					 .per_node = flags & 0x20 ? 1 + take(in) % 12 : 0 };
	flags = take(in);
	c->job.one_group = flags & 1;
	c->job.one_island = flags & 2;
}

static unsigned int node_most(const struct fb_engine_node *node)
{
	unsigned int all = node->type ? (1u << fb_engine_type_gpus(node->type)) - 1 : 0;
	unsigned int most = node->type ? (unsigned int)__builtin_popcount(node->free & all) : node->most;

	return most < node->most ? most : node->most;
}

static void place_check(const struct cluster *c, const struct fb_engine_place *place)
{
	const struct fb_engine_node *node = &c->node[place->node];

	if (place->count < node->least || place->count > node_most(node) ||
	    (c->job.per_node && place->count != c->job.per_node))
		abort();
	if (node->type && ((place->gpus & ~node->free) || __builtin_popcount(place->gpus) != place->count))
		abort();
	if (c->job.one_island && place->count > 1 && (!node->type || !fb_engine_p2p(node->type, place->gpus)))
		abort();
}

static void placement_check(const struct cluster *c, const struct fb_engine_place *place,
			    const struct fb_engine_placement *placement)
{
	size_t required = 0, found = 0;
	uint32_t gpus = 0;

	if (placement->places < c->job.nodes_min || placement->places > c->job.nodes_max ||
	    !isfinite(placement->score) || !isfinite(placement->gbps) || placement->gbps < 0)
		abort();
	for (size_t i = 0; i < placement->places; i++) {
		if (place[i].node >= c->nodes || (i && place[i].node <= place[i - 1].node))
			abort();
		place_check(c, &place[i]);
		gpus += place[i].count;
		found += c->node[place[i].node].required;
		if (c->job.one_group && placement->places > 1 &&
		    (c->node[place[i].node].group >= c->fabric.groups ||
		     c->node[place[i].node].group != c->node[place[0].node].group))
			abort();
	}
	for (size_t n = 0; n < c->nodes; n++)
		required += c->node[n].required;
	if (found != required || (!c->job.per_node && gpus != c->job.gpus))
		abort();
}

/* Where counts alone decide, whether there is a placement. */
static bool possible(const struct cluster *c)
{
	unsigned int most[NODES_MAX], sum = 0;
	size_t nodes = 0;

	for (size_t n = 0; n < c->nodes; n++) {
		unsigned int can = node_most(&c->node[n]);
		size_t at = nodes;

		if (can < (c->job.per_node ? c->job.per_node : 1))
			continue;
		for (; at > 0 && most[at - 1] < can; at--)
			most[at] = most[at - 1];
		most[at] = can;
		nodes++;
	}
	for (size_t n = 0; n < nodes && n < c->job.nodes_max; n++)
		sum += most[n];
	return nodes >= c->job.nodes_min && (c->job.per_node || (sum >= c->job.gpus && c->job.gpus >= c->job.nodes_min));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	struct fb_engine_type *type[TYPES];
	struct fb_engine_place place[NODES_MAX];
	struct fb_engine_placement placement = { 0 };
	struct cluster c;

	memset(&c, 0, sizeof(c));
	for (int t = 0; t < TYPES; t++)
		type[t] = type_make(&in);
	cluster_make(&in, &c, type);
	void *scratch = malloc(fb_engine_scratch_size(c.nodes, c.fabric.groups));
	if (scratch) {
		const struct fb_engine_mix *mix = take(&in) & 1 ? &fb_engine_mix_default : NULL;
		int rc = fb_engine_place(&c.fabric, c.node, c.nodes, &c.job, mix, scratch, place, &placement);

		if (!rc)
			placement_check(&c, place, &placement);
		if (c.simple && !c.job.one_group && !c.job.one_island && !rc != possible(&c))
			abort();
	}
	free(scratch);
	for (int t = 0; t < TYPES; t++)
		fb_engine_type_destroy(type[t]);
	return 0;
}
