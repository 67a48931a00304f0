/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "coll/tool/pairs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * The circle method: with an even number m, member m - 1 stays and meets member r in round r; of the others, those meet whose
 * numbers add up to 2r modulo m - 1. An odd number plays with a phantom, whom to meet is to sit out.
 */
int fb_tournament_rounds(int n)
{
	return n < 2 ? 0 : n + n % 2 - 1;
}

int fb_tournament_peer(int n, int round, int member)
{
	int others = fb_tournament_rounds(n), peer;

	if (member == others)
		return round;
	peer = (2 * round + others - member) % others;
	if (peer == member)
		peer = others;
	return peer < n ? peer : member;
}

/* Is it the first rank on its host? */
static bool leads(const char *const *host, int rank)
{
	for (int i = 0; i < rank; i++)
		if (!strcmp(host[i], host[rank]))
			return false;
	return true;
}

static int choose(struct fb_pairs *pairs, const char *const *host, int ranks, struct fb_err *err)
{
	for (int i = 0; i < ranks; i++) {
		if (pairs->nodes && !leads(host, i))
			continue;
		if (pairs->members == FB_PAIRS_MEMBERS_MAX)
			return fb_err_set(err, "option '--pairs': more than %d %s: at most so many are measured pair by pair%s",
					  FB_PAIRS_MEMBERS_MAX, pairs->nodes ? "nodes" : "ranks",
					  pairs->nodes ? "" : "; use --pairs=nodes");
		pairs->host[pairs->members] = host[i];
		pairs->rank[pairs->members++] = i;
	}
	if (pairs->members > 1)
		return 0;
	return fb_err_set(err, "option '--pairs': the step has one %s: there is no pair%s", pairs->nodes ? "node" : "rank",
			  pairs->nodes ? "; use --pairs=ranks" : "");
}

int fb_pairs_create(struct fb_pairs *pairs, enum fb_pairs_mode which, const char *const *host, int ranks, size_t max_bytes,
		    struct fb_err *err)
{
	struct fb_pairs p = { .nodes = which == FB_PAIRS_NODES || (which == FB_PAIRS_AUTO && ranks > FB_PAIRS_RANKS_MAX) };
	int rc = -1;

	p.bytes = max_bytes < FB_PAIRS_SMALL ? FB_PAIRS_SMALL : max_bytes < FB_PAIRS_BYTES ? max_bytes : FB_PAIRS_BYTES;
	p.bytes -= p.bytes % FB_PAIRS_SMALL;
	p.rank = calloc(FB_PAIRS_MEMBERS_MAX, sizeof(*p.rank));
	p.host = calloc(FB_PAIRS_MEMBERS_MAX, sizeof(*p.host));
	if (!p.rank || !p.host)
		fb_err_set(err, "out of memory");
	else
		rc = choose(&p, host, ranks, err);
	size_t cells = (size_t)p.members * (size_t)p.members;
	if (!rc) {
		p.gbps = calloc(cells, sizeof(*p.gbps));
		p.us = calloc(cells, sizeof(*p.us));
		if (!p.gbps || !p.us)
			rc = fb_err_set(err, "out of memory");
	}
	if (rc)
		fb_pairs_destroy(&p);
	*pairs = p;
	return rc;
}

void fb_pairs_destroy(struct fb_pairs *pairs)
{
	free(pairs->rank);
	free(pairs->host);
	free(pairs->gbps);
	free(pairs->us);
	*pairs = (struct fb_pairs){ .members = 0 };
}

static bool same_host(const struct fb_pairs *pairs, int a, int b)
{
	return !strcmp(pairs->host[a], pairs->host[b]);
}

static int compare_pairs(const void *x, const void *y)
{
	const struct fb_pair *a = x, *b = y;

	if (a->gbps != b->gbps)
		return a->gbps < b->gbps ? -1 : 1;
	return a->a != b->a ? a->a - b->a : a->b - b->b;
}

/* Of the sorted pairs within nodes, or of those between nodes; 0 where there is none. */
static double median(const struct fb_pairs *pairs, const struct fb_pair *sorted, size_t count, bool within)
{
	size_t like = 0, seen = 0;

	for (size_t i = 0; i < count; i++)
		like += same_host(pairs, sorted[i].a, sorted[i].b) == within;
	for (size_t i = 0; i < count; i++)
		if (same_host(pairs, sorted[i].a, sorted[i].b) == within && seen++ == (like - 1) / 2)
			return sorted[i].gbps;
	return 0;
}

struct fb_pair *fb_pairs_sorted(const struct fb_pairs *pairs, size_t *count)
{
	int n = pairs->members;
	struct fb_pair *all = calloc((size_t)n * (size_t)n / 2 + 1, sizeof(*all));
	size_t found = 0;

	if (!all)
		return NULL;
	for (int a = 0; a < n; a++)
		for (int b = a + 1; b < n; b++)
			all[found++] = (struct fb_pair){ .a = a, .b = b, .gbps = pairs->gbps[a * n + b], .us = pairs->us[a * n + b] };
	qsort(all, found, sizeof(*all), compare_pairs);
	double within = median(pairs, all, found, true), between = median(pairs, all, found, false);
	for (size_t i = 0; i < found; i++) {
		double like = same_host(pairs, all[i].a, all[i].b) ? within : between;
		all[i].of_median = like > 0 ? all[i].gbps / like : 0;
	}
	*count = found;
	return all;
}

void fb_pair_describe(const struct fb_pairs *pairs, const struct fb_pair *pair, char *text, size_t size)
{
	snprintf(text, size, "rank %d (%s) and rank %d (%s): %.3g GB/s, %.0f%% of the median %s", pairs->rank[pair->a],
		 pairs->host[pair->a], pairs->rank[pair->b], pairs->host[pair->b], pair->gbps, 100 * pair->of_median,
		 same_host(pairs, pair->a, pair->b) ? "within nodes" : "between nodes");
}
