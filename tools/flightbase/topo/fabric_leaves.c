/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which of a host's leaf switches carry its compute traffic: those that the same hosts share. */
#include <stdlib.h>
#include <string.h>

#include "flightbase/memory.h"
#include "flightbase/topo/fabric_parts.h"

/* How many hosts are on both of two leaves: a pair is first << 32 | second, the lower first. */
struct pairs {
	size_t count;
	uint64_t *pair;
	uint32_t *hosts;
};

struct speed {
	uint32_t leaf;
	double gbps;
};

static int compare_u64(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static int compare_u32(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static int compare_speeds(const void *a, const void *b)
{
	const struct speed *x = a, *y = b;

	if (x->leaf != y->leaf)
		return x->leaf < y->leaf ? -1 : 1;
	return (x->gbps > y->gbps) - (x->gbps < y->gbps);
}

/* The speed that most adapters of a leaf have; of two, the faster. */
static void usual_speeds(struct fb_fabric *fabric)
{
	struct speed *speed = fb_need_array(fabric->adapters, sizeof(*speed));
	size_t best = 0;

	for (size_t a = 0; a < fabric->adapters; a++)
		speed[a] = (struct speed){ fabric->adapter[a].leaf, fabric->adapter[a].gbps };
	qsort(speed, fabric->adapters, sizeof(*speed), compare_speeds);
	for (size_t from = 0, to; from < fabric->adapters; from = to) {
		for (to = from + 1; to < fabric->adapters && !compare_speeds(&speed[from], &speed[to]);)
			to++;
		if (!from || speed[from - 1].leaf != speed[from].leaf)
			best = 0;
		if (to - from >= best) {
			best = to - from;
			fabric->sw[speed[from].leaf].gbps = speed[from].gbps;
		}
	}
	free(speed);
}

static void pairs_make(struct pairs *pairs, const struct fb_fabric *fabric)
{
	size_t count = 0, at = 0;

	for (size_t h = 0; h < fabric->hosts; h++)
		count += fabric->host[h].leaves * (fabric->host[h].leaves - 1) / 2;
	pairs->pair = fb_need_array(count, sizeof(*pairs->pair));
	pairs->hosts = fb_need_array(count, sizeof(*pairs->hosts));
	for (size_t h = 0; h < fabric->hosts; h++)
		for (unsigned int i = 0; i < fabric->host[h].leaves; i++)
			for (unsigned int j = i + 1; j < fabric->host[h].leaves; j++)
				pairs->pair[at++] = (uint64_t)fabric->host[h].leaf[i] << 32 | fabric->host[h].leaf[j];
	qsort(pairs->pair, count, sizeof(*pairs->pair), compare_u64);
	for (size_t p = 0; p < count; p++) {
		if (!pairs->count || pairs->pair[pairs->count - 1] != pairs->pair[p])
			pairs->pair[pairs->count++] = pairs->pair[p];
		pairs->hosts[pairs->count - 1]++;
	}
}

static bool akin(const struct pairs *pairs, const struct fb_fabric *fabric, uint32_t a, uint32_t b)
{
	uint64_t key = a < b ? (uint64_t)a << 32 | b : (uint64_t)b << 32 | a;
	const uint64_t *pair = a == b ? NULL : bsearch(&key, pairs->pair, pairs->count, sizeof(key), compare_u64);
	uint32_t both = pair ? pairs->hosts[pair - pairs->pair] : 0;

	return a == b || 2 * both >= fabric->sw[a].hosts + fabric->sw[b].hosts - both;
}

static unsigned int adapters_on(const struct fb_fabric *fabric, const struct fb_fabric_host *host, uint32_t leaf)
{
	unsigned int count = 0;

	for (uint32_t a = 0; a < host->adapters; a++)
		count += fabric->adapter[host->first + a].leaf == leaf;
	return count;
}

/* Is the set around leaf l better than that around best? */
static bool better(const struct fb_fabric *fabric, const struct fb_fabric_host *host, const unsigned int *weight, unsigned int l,
		   unsigned int best)
{
	const struct fb_fabric_switch *x = &fabric->sw[host->leaf[l]], *y = &fabric->sw[host->leaf[best]];

	if (weight[l] != weight[best])
		return weight[l] > weight[best];
	if (x->gbps < y->gbps || x->gbps > y->gbps)
		return x->gbps > y->gbps;
	return x->hosts < y->hosts;
}

static void host_choose(struct fb_fabric *fabric, const struct pairs *pairs, struct fb_fabric_host *host)
{
	unsigned int weight[FB_TOPOFILE_RAILS_MAX] = { 0 }, best = 0, kept = 0;
	bool in[FB_TOPOFILE_RAILS_MAX] = { false };
	double fastest = 0;

	for (unsigned int i = 0; i < host->leaves; i++)
		for (unsigned int j = 0; j < host->leaves; j++)
			if (akin(pairs, fabric, host->leaf[i], host->leaf[j]))
				weight[i] += adapters_on(fabric, host, host->leaf[j]);
	for (unsigned int l = 1; l < host->leaves; l++)
		if (better(fabric, host, weight, l, best))
			best = l;
	for (unsigned int l = 0; l < host->leaves; l++) {
		in[l] = akin(pairs, fabric, host->leaf[best], host->leaf[l]);
		if (in[l] && fabric->sw[host->leaf[l]].gbps > fastest)
			fastest = fabric->sw[host->leaf[l]].gbps;
	}
	for (unsigned int l = 0; l < host->leaves; l++) {
		if (!in[l] || fabric->sw[host->leaf[l]].gbps < fastest)
			continue;
		uint32_t leaf = host->leaf[l];
		memmove(&host->leaf[kept + 1], &host->leaf[kept], (l - kept) * sizeof(leaf));
		host->leaf[kept++] = leaf;
	}
	host->compute_leaves = kept;
}

void fb_fabric_leaves(struct fb_fabric *fabric)
{
	struct pairs pairs = { .count = 0 };

	for (size_t h = 0; h < fabric->hosts; h++)
		qsort(fabric->host[h].leaf, fabric->host[h].leaves, sizeof(fabric->host[h].leaf[0]), compare_u32);
	usual_speeds(fabric);
	pairs_make(&pairs, fabric);
	for (size_t h = 0; h < fabric->hosts; h++)
		host_choose(fabric, &pairs, &fabric->host[h]);
	free(pairs.pair);
	free(pairs.hosts);
}
