/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Node types: the tables that say what every set of GPUs is worth. */
#include <stdlib.h>
#include <string.h>

#include "topology/engine/type.h"

#define CGBPS_MAX 65535.0

struct edge {
	double gbps;
	uint8_t link;
};

static int edge_compare(const void *a, const void *b)
{
	const struct edge *x = a, *y = b;

	if (x->gbps != y->gbps)
		return x->gbps < y->gbps ? -1 : 1;
	return (int)x->link - (int)y->link;
}

static int wiring_check(const struct fb_engine_wiring *w, struct fb_err *err)
{
	if (w->gpus < 1 || w->gpus > GPUS)
		return fb_err_set(err, "%u GPUs; 1 to %d are supported", w->gpus, GPUS);
	if (!(w->lane_gbps > 0 && w->lane_gbps <= 1000))
		return fb_err_set(err, "%g GB/s for an NVLink lane; it must be above 0 and at most 1000", w->lane_gbps);
	for (unsigned int i = 0; i < w->gpus; i++) {
		for (unsigned int j = 0; j < w->gpus; j++) {
			bool nvlink = w->link[i][j] == FB_LINK_NVLINK;

			if (w->link[i][j] > FB_LINK_NVLINK || (i == j) != (w->link[i][j] == FB_LINK_SELF))
				return fb_err_set(err, "GPU %u to GPU %u: not a link", i, j);
			if (w->link[i][j] != w->link[j][i] || (nvlink && w->lanes[i][j] != w->lanes[j][i]))
				return fb_err_set(err, "GPU %u to GPU %u: not the same link as back", i, j);
			if (nvlink && (w->lanes[i][j] < 1 || w->lanes[i][j] > FB_ENGINE_LANES_MAX))
				return fb_err_set(err, "GPU %u to GPU %u: %u NVLink lanes", i, j, w->lanes[i][j]);
		}
	}
	return 0;
}

/* Give every kind of link its rank, 1 for the slowest. Class decides between equal bandwidths. */
static void pairs_rank(struct fb_engine_type *type, const struct fb_engine_wiring *w)
{
	struct edge edges[GPUS * GPUS];
	unsigned int count = 0, ranks = 0;

	for (unsigned int i = 0; i < w->gpus; i++)
		for (unsigned int j = 0; j < i; j++)
			edges[count++] = (struct edge){ fb_link_gbps(w->link[i][j], w->lanes[i][j], w->lane_gbps),
							w->link[i][j] };
	qsort(edges, count, sizeof(edges[0]), edge_compare);
	for (unsigned int e = 0; e < count; e++)
		if (e == 0 || edge_compare(&edges[e - 1], &edges[e])) {
			edges[ranks] = edges[e];
			type->rank_gbps[++ranks] = edges[e].gbps;
			type->rank_link[ranks] = edges[e].link;
		}
	type->uniform = ranks <= 1;
	for (unsigned int i = 0; i < w->gpus; i++) {
		for (unsigned int j = 0; j < w->gpus; j++) {
			double gbps = fb_link_gbps(w->link[i][j], w->lanes[i][j], w->lane_gbps);
			struct edge key = { gbps, w->link[i][j] };

			type->link[i][j] = w->link[i][j];
			type->cgbps[i][j] = (uint16_t)(gbps * 100 < CGBPS_MAX ? gbps * 100 : CGBPS_MAX);
			for (unsigned int r = 0; i != j && r < ranks; r++)
				if (!edge_compare(&edges[r], &key))
					type->pair[i][j] = (uint8_t)(r + 1);
		}
	}
}

/*
 * Best ring of every set, by dynamic programming over sets: path[set][v] is the greatest smallest rank of
 * a path that starts at the set's lowest GPU, visits all of the set and ends at v. A ring closes the path.
 */
static void path_extend(const struct fb_engine_type *type, uint8_t (*path)[GPUS], unsigned int set)
{
	unsigned int start = (unsigned int)__builtin_ctz(set);
	unsigned int rest = set & (set - 1), ring = 0;

	for (unsigned int ends = rest; ends; ends &= ends - 1) {
		unsigned int v = (unsigned int)__builtin_ctz(ends), widest = 0;
		const uint8_t *shorter = path[set & ~(1u << v)];

		for (unsigned int u = 0; u < GPUS; u++) {
			unsigned int hop = shorter[u] < type->pair[u][v] ? shorter[u] : type->pair[u][v];

			widest = hop > widest ? hop : widest;
		}
		path[set][v] = (uint8_t)widest;
		unsigned int closed = widest < type->pair[v][start] ? widest : type->pair[v][start];
		ring = closed > ring ? closed : ring;
	}
	type->rank[set] = (uint8_t)ring;
}

static int rings_rank(struct fb_engine_type *type)
{
	unsigned int sets = 1u << type->gpus;
	uint8_t(*path)[GPUS] = calloc(sets, sizeof(*path));

	if (!path)
		return -1;
	for (unsigned int set = 1; set < sets; set++) {
		if (set & (set - 1))
			path_extend(type, path, set);
		else
			path[set][__builtin_ctz(set)] = UINT8_MAX; /* no hop yet */
	}
	free(path);
	return 0;
}

static void sums_fill(struct fb_engine_type *type)
{
	for (unsigned int set = 1; set < 1u << type->gpus; set++) {
		unsigned int low = (unsigned int)__builtin_ctz(set);
		uint32_t sum = type->sum[set & (set - 1)];
		unsigned int count = (unsigned int)__builtin_popcount(set);

		for (unsigned int rest = set & (set - 1); rest; rest &= rest - 1)
			sum += type->cgbps[low][__builtin_ctz(rest)];
		type->sum[set] = sum;
		if (type->rank_gbps[type->rank[set]] > type->best[count])
			type->best[count] = type->rank_gbps[type->rank[set]];
	}
}

struct fb_engine_type *fb_engine_type_create(const struct fb_engine_wiring *wiring, struct fb_err *err)
{
	struct fb_engine_type *type;

	if (wiring_check(wiring, err))
		return NULL;
	type = calloc(1, sizeof(*type));
	if (!type)
		goto error;
	type->gpus = wiring->gpus;
	type->rank = calloc(1u << type->gpus, sizeof(type->rank[0]));
	type->sum = calloc(1u << type->gpus, sizeof(type->sum[0]));
	if (!type->rank || !type->sum)
		goto error;
	pairs_rank(type, wiring);
	if (rings_rank(type))
		goto error;
	sums_fill(type);
	if (fb_engine_rooms_fill(type))
		goto error;
	return type;
error:
	fb_engine_type_destroy(type);
	fb_err_set(err, "out of memory");
	return NULL;
}

void fb_engine_type_destroy(struct fb_engine_type *type)
{
	if (!type)
		return;
	for (unsigned int b = 0; b < ROOMS; b++)
		free(type->room[b]);
	free(type->rank);
	free(type->sum);
	free(type);
}

unsigned int fb_engine_type_gpus(const struct fb_engine_type *type)
{
	return type->gpus;
}

unsigned int fb_engine_rank(const struct fb_engine_type *type, fb_gpuset set)
{
	return type->rank[set & ((1u << type->gpus) - 1)];
}

double fb_engine_value(const struct fb_engine_type *type, fb_gpuset set)
{
	return type->rank_gbps[fb_engine_rank(type, set)];
}

bool fb_engine_p2p(const struct fb_engine_type *type, fb_gpuset set)
{
	unsigned int rank = fb_engine_rank(type, set);

	return !(set & (set - 1)) || type->rank_link[rank] >= FB_LINK_PXB;
}

double fb_engine_best_value(const struct fb_engine_type *type, unsigned int count)
{
	return count <= type->gpus ? type->best[count] : 0;
}

unsigned int fb_engine_islands(const struct fb_engine_type *type, enum fb_link at_least, fb_gpuset *islands)
{
	unsigned int todo = (1u << type->gpus) - 1, count = 0;

	while (todo) {
		unsigned int island = todo & -todo, frontier = island;

		while (frontier) {
			unsigned int i = (unsigned int)__builtin_ctz(frontier);

			frontier &= frontier - 1;
			for (unsigned int j = 0; j < type->gpus; j++) {
				if (type->link[i][j] < at_least || !(todo & ~island & 1u << j))
					continue;
				island |= 1u << j;
				frontier |= 1u << j;
			}
		}
		islands[count++] = (fb_gpuset)island;
		todo &= ~island;
	}
	return count;
}
