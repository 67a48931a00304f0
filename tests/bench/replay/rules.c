/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rules: what stock Slurm does, in outline, and the engine. */
#include <time.h>

#include "replay.h"

#define PER_NODE 8

const char *const rule_names[RULES] = {
	[RULE_FIRST] = "first-fit",   [RULE_TREE] = "tree",	    [RULE_TUNED] = "tree+weight",
	[RULE_VALUE] = "best-value", [RULE_FIT] = "best-fit", [RULE_OURS] = "ours",
};

/* Up to a node's GPUs a job sits on one node; beyond, on whole nodes, or evenly on two. */
struct fb_engine_job job_shape(uint32_t gpus)
{
	uint32_t nodes = (gpus + PER_NODE - 1) / PER_NODE;
	struct fb_engine_job job = { .nodes_min = nodes, .nodes_max = nodes, .per_node = gpus / nodes };

	return job;
}

static unsigned int bits(fb_gpuset set)
{
	return (unsigned int)__builtin_popcount(set);
}

static fb_gpuset lowest(fb_gpuset set, uint32_t count)
{
	fb_gpuset taken = 0;

	for (; count; count--, set = (fb_gpuset)(set & (set - 1)))
		taken = (fb_gpuset)(taken | (set & -set));
	return taken;
}

bool cluster_fits(const struct cluster *cluster, const fb_gpuset *idle, uint32_t gpus)
{
	struct fb_engine_job job = job_shape(gpus);
	uint32_t nodes = 0;

	for (size_t n = 0; n < cluster->nodes && nodes < job.nodes_min; n++)
		nodes += bits(idle[n]) >= job.per_node;
	return nodes == job.nodes_min;
}

/* The island of a node that holds a job with the fewest idle GPUs; 0 if none does. */
static fb_gpuset island_of(const struct fb_engine_type *type, fb_gpuset idle, uint32_t gpus, unsigned int *size)
{
	fb_gpuset islands[FB_ENGINE_GPUS_MAX], best = 0;
	unsigned int count = fb_engine_islands(type, FB_LINK_PXB, islands);

	for (unsigned int i = 0; i < count; i++) {
		fb_gpuset room = islands[i] & idle;

		if (bits(room) >= gpus && (!best || bits(room) < bits(best))) {
			best = room;
			*size = bits(islands[i]);
		}
	}
	return best;
}

bool cluster_island_free(const struct cluster *cluster, const fb_gpuset *idle, uint32_t gpus)
{
	for (size_t n = 0; n < cluster->nodes; n++) {
		const struct fb_engine_type *type = cluster->type[cluster->type_of[n]];
		struct fb_engine_request request = { .free = idle[n], .count = gpus };
		struct fb_engine_choice choice;

		if (!fb_engine_choose(type, &request, &choice) && fb_engine_p2p(type, choice.gpus))
			return true;
	}
	return false;
}

/* Leaf groups in which a job fits, the one with the fewest such nodes; NO_GROUP if none does alone. */
static uint32_t group_fit(const struct cluster *cluster, const fb_gpuset *idle, const struct fb_engine_job *job)
{
	uint32_t room[REPLAY_GROUPS_MAX] = { 0 }, best = FB_ENGINE_NO_GROUP;

	for (size_t n = 0; n < cluster->nodes; n++)
		room[cluster->group_of[n]] += bits(idle[n]) >= job->per_node;
	for (uint32_t g = 0; g < cluster->fabric.groups; g++)
		if (room[g] >= job->nodes_min && (best == FB_ENGINE_NO_GROUP || room[g] < room[best]))
			best = g;
	return best;
}

/*
 * Stock Slurm: the first nodes by index that have as many idle GPUs, of the least weight, with topology/tree of the leaf
 * group that fits best if one is enough; the lowest GPUs. Weights go before leaf groups (_eval_nodes_topo).
 */
static bool stock_place(const struct cluster *cluster, const fb_gpuset *idle, const struct fb_engine_job *job, bool tree,
			bool weights, struct placed *placed)
{
	static const uint32_t weights_all[] = { 1, 2, 3 };
	uint32_t only = tree && !weights ? group_fit(cluster, idle, job) : FB_ENGINE_NO_GROUP;

	placed->places = 0;
	for (size_t w = 0; w < (weights ? 3 : 1); w++) {
		for (size_t n = 0; n < cluster->nodes && placed->places < job->nodes_min; n++) {
			if ((weights && cluster->weight[cluster->type_of[n]] != weights_all[w]) ||
			    (only != FB_ENGINE_NO_GROUP && cluster->group_of[n] != only) || bits(idle[n]) < job->per_node)
				continue;
			placed->place[placed->places++] = (struct fb_engine_place){
				(uint32_t)n, (uint16_t)job->per_node, lowest(idle[n], job->per_node) };
		}
	}
	return placed->places == job->nodes_min;
}

/* Smallest island that holds the job, then the fewest idle GPUs in it; without one, the node with the fewest idle. */
static bool fit_place(const struct cluster *cluster, const fb_gpuset *idle, const struct fb_engine_job *job,
		      struct placed *placed)
{
	unsigned int best = UINT32_MAX;

	if (job->nodes_min > 1)
		return stock_place(cluster, idle, job, true, false, placed);
	for (size_t n = 0; n < cluster->nodes; n++) {
		unsigned int size = 0;
		fb_gpuset room = island_of(cluster->type[cluster->type_of[n]], idle[n], job->per_node, &size);
		unsigned int cost = room ? size * 16 + bits(room) : 1000 + bits(idle[n]);

		if (bits(idle[n]) < job->per_node || cost >= best)
			continue;
		best = cost;
		placed->places = 1;
		placed->place[0] = (struct fb_engine_place){ (uint32_t)n, (uint16_t)job->per_node,
							     lowest(room ? room : idle[n], job->per_node) };
	}
	return best != UINT32_MAX;
}

static bool engine_place(struct rule_room *room, const fb_gpuset *idle, const struct fb_engine_job *job,
			 const struct fb_engine_mix *mix, struct placed *placed)
{
	const struct cluster *cluster = room->cluster;
	struct fb_engine_node node[REPLAY_NODES_MAX];
	uint32_t index[REPLAY_NODES_MAX];
	struct fb_engine_placement placement;
	struct timespec start, end;
	size_t nodes = 0;
	int rc;

	for (uint32_t n = 0; n < cluster->nodes; n++) {
		if (!idle[n])
			continue;
		index[nodes] = n;
		node[nodes++] = (struct fb_engine_node){ .type = cluster->type[cluster->type_of[n]],
							 .free = idle[n],
							 .idle = idle[n],
							 .least = 1,
							 .most = PER_NODE,
							 .group = cluster->group_of[n],
							 .net_gbps = cluster->net[cluster->type_of[n]] };
	}
	clock_gettime(CLOCK_MONOTONIC, &start);
	rc = fb_engine_place(&cluster->fabric, node, nodes, job, mix, room->scratch, placed->place, &placement);
	clock_gettime(CLOCK_MONOTONIC, &end);
	room->choices++;
	room->seconds += (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) * 1e-9;
	placed->places = rc ? 0 : placement.places;
	for (size_t i = 0; i < placed->places; i++)
		placed->place[i].node = index[placed->place[i].node];
	return !rc;
}

bool rule_place(struct rule_room *room, enum rule rule, const fb_gpuset *idle, uint32_t gpus, struct placed *placed)
{
	struct fb_engine_job job = job_shape(gpus);

	switch (rule) {
	case RULE_FIRST:
		return stock_place(room->cluster, idle, &job, false, false, placed);
	case RULE_TREE:
		return stock_place(room->cluster, idle, &job, true, false, placed);
	case RULE_TUNED:
		return stock_place(room->cluster, idle, &job, true, true, placed);
	case RULE_FIT:
		return fit_place(room->cluster, idle, &job, placed);
	case RULE_VALUE:
		return engine_place(room, idle, &job, NULL, placed);
	default:
		return engine_place(room, idle, &job, room->mix, placed);
	}
}
