/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Leaf groups: hosts with equal sets of compute leaves, and which hosts are compute nodes at all. */
#include <stdlib.h>
#include <string.h>

#include "flightbase/memory.h"
#include "flightbase/topo/fabric_parts.h"

#define OUTFITS_MAX 256 /* kinds of nodes that are told apart */
#define MINORITY 4 /* a set with one leaf exchanged joins a group of at least so many times its hosts */

/* Hosts with the same set of compute leaves. */
struct set {
	uint32_t host; /* one of them: its leaves are the set's */
	uint32_t hosts;
	bool reported; /* at least one of them reported itself */
	bool gone;     /* it joined another, or is no compute nodes' */
	uint32_t into; /* the set that it joined, or itself */
};

struct place {
	uint32_t leaf, set;
};

struct sets {
	struct fb_fabric *fabric;
	bool reports;
	size_t count;
	struct set *set;      /* the larger first */
	uint32_t *of;	      /* by host: its set, or FB_FABRIC_NONE */
	size_t places;
	struct place *place;  /* by leaf: which sets have it */
};

static int compare_leaves(const struct fb_fabric_host *a, const struct fb_fabric_host *b)
{
	if (a->compute_leaves != b->compute_leaves)
		return a->compute_leaves > b->compute_leaves ? -1 : 1;
	return memcmp(a->leaf, b->leaf, a->compute_leaves * sizeof(a->leaf[0]));
}

struct ranked {
	const struct fb_fabric_host *host;
	uint32_t hosts;
};

/* What compute nodes of a site have in common, wherever they are plugged in. */
struct outfit {
	unsigned int leaves, adapters;
	double gbps;
};

static struct outfit outfit_of(const struct fb_fabric *fabric, const struct fb_fabric_host *host)
{
	struct outfit outfit = { .leaves = host->compute_leaves };

	for (uint32_t a = 0; a < host->adapters; a++)
		for (unsigned int l = 0; l < host->compute_leaves; l++)
			if (fabric->adapter[host->first + a].leaf == host->leaf[l]) {
				outfit.adapters++;
				outfit.gbps += fabric->adapter[host->first + a].gbps;
			}
	return outfit;
}

/* One adapter may be missing, if two or more are left. */
static bool alike_outfit(const struct outfit *a, const struct outfit *b)
{
	unsigned int leaves = a->leaves > b->leaves ? a->leaves - b->leaves : b->leaves - a->leaves;
	unsigned int adapters = a->adapters > b->adapters ? a->adapters - b->adapters : b->adapters - a->adapters;
	double each = a->gbps / a->adapters - b->gbps / b->adapters;

	if ((leaves || adapters) && (a->adapters < 2 || b->adapters < 2))
		return false;
	return leaves <= 1 && adapters <= 1 && each > -0.1 && each < 0.1;
}

/* Nodes that reported themselves, and others that are fitted out like one of them; all, if none did. Returns how many. */
static size_t candidates(const struct sets *sets, struct ranked *ranked)
{
	const struct fb_fabric *fabric = sets->fabric;
	struct outfit *known = NULL;
	size_t outfits = 0, room = 0, count = 0;

	for (size_t pass = 0; pass < 2; pass++)
		for (size_t h = 0; h < fabric->hosts; h++) {
			const struct fb_fabric_host *host = &fabric->host[h];
			struct outfit outfit = outfit_of(fabric, host);
			bool alike = !sets->reports;

			if (host->reported == (pass > 0))
				continue;
			for (size_t o = 0; o < outfits && !alike; o++)
				alike = alike_outfit(&known[o], &outfit);
			if (host->reported && outfits < OUTFITS_MAX && !alike) {
				known = fb_grow(known, outfits, &room, sizeof(*known));
				known[outfits++] = outfit;
			}
			if (host->reported || alike)
				ranked[count++].host = host;
		}
	free(known);
	return count;
}

static int compare_hosts(const void *a, const void *b)
{
	const struct fb_fabric_host *x = ((const struct ranked *)a)->host, *y = ((const struct ranked *)b)->host;
	int by_leaves = compare_leaves(x, y);

	return by_leaves ? by_leaves : (x > y) - (x < y);
}

static int compare_ranked(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->hosts != y->hosts)
		return x->hosts > y->hosts ? -1 : 1;
	return compare_hosts(a, b);
}

static int compare_places(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->leaf != y->leaf)
		return x->leaf < y->leaf ? -1 : 1;
	return (x->set > y->set) - (x->set < y->set);
}

/* Equal leaves next to each other, then counted, then the larger sets first. */
static void sets_make(struct sets *sets)
{
	struct fb_fabric *fabric = sets->fabric;
	struct ranked *ranked = fb_need_array(fabric->hosts, sizeof(*ranked));
	size_t count = candidates(sets, ranked);

	qsort(ranked, count, sizeof(*ranked), compare_hosts);
	for (size_t from = 0, to; from < count; from = to) {
		for (to = from + 1; to < count && !compare_leaves(ranked[from].host, ranked[to].host);)
			to++;
		for (size_t i = from; i < to; i++)
			ranked[i].hosts = (uint32_t)(to - from);
	}
	qsort(ranked, count, sizeof(*ranked), compare_ranked);
	sets->set = fb_need_array(count, sizeof(*sets->set));
	for (size_t i = 0; i < count; i++) {
		uint32_t host = (uint32_t)(ranked[i].host - fabric->host);

		if (!i || compare_leaves(ranked[i - 1].host, ranked[i].host)) {
			sets->set[sets->count] = (struct set){ .host = host, .hosts = ranked[i].hosts, .into = (uint32_t)sets->count };
			sets->count++;
		}
		sets->set[sets->count - 1].reported |= ranked[i].host->reported;
		sets->of[host] = (uint32_t)sets->count - 1;
	}
	free(ranked);
}

static const struct fb_fabric_host *set_host(const struct sets *sets, size_t set)
{
	return &sets->fabric->host[sets->set[set].host];
}

static void places_make(struct sets *sets)
{
	for (size_t s = 0; s < sets->count; s++)
		sets->places += set_host(sets, s)->compute_leaves;
	sets->place = fb_need_array(sets->places, sizeof(*sets->place));
	size_t at = 0;
	for (size_t s = 0; s < sets->count; s++)
		for (unsigned int l = 0; l < set_host(sets, s)->compute_leaves; l++)
			sets->place[at++] = (struct place){ set_host(sets, s)->leaf[l], (uint32_t)s };
	qsort(sets->place, sets->places, sizeof(*sets->place), compare_places);
}

static size_t place_find(const struct sets *sets, uint32_t leaf)
{
	size_t low = 0, high = sets->places;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (sets->place[middle].leaf < leaf)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static unsigned int common(const struct fb_fabric_host *a, const struct fb_fabric_host *b)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < a->compute_leaves; i++)
		for (unsigned int j = 0; j < b->compute_leaves; j++)
			count += a->leaf[i] == b->leaf[j];
	return count;
}

/* Are the hosts of a smaller set those of a larger one, with one leaf missing, more, or exchanged? */
static bool joins(const struct sets *sets, size_t small, size_t large)
{
	const struct fb_fabric_host *a = set_host(sets, small), *b = set_host(sets, large);
	unsigned int both = common(a, b), most = a->compute_leaves > b->compute_leaves ? a->compute_leaves : b->compute_leaves;

	if (both + 1 < most)
		return false;
	if (a->compute_leaves != b->compute_leaves)
		return both >= (sets->set[small].reported ? 1 : 2);
	return both >= 2 && sets->set[small].hosts * MINORITY <= sets->set[large].hosts;
}

/* A few leaves of a larger group: a machine for something else that is plugged in there. */
static bool visits(const struct sets *sets, size_t small, size_t large)
{
	const struct fb_fabric_host *a = set_host(sets, small), *b = set_host(sets, large);

	return !sets->set[small].reported && a->compute_leaves < b->compute_leaves && common(a, b) == a->compute_leaves;
}

static void set_settle(struct sets *sets, size_t s)
{
	const struct fb_fabric_host *host = set_host(sets, s);
	bool visitor = false;

	for (unsigned int l = 0; l < host->compute_leaves; l++)
		for (size_t p = place_find(sets, host->leaf[l]); p < sets->places && sets->place[p].leaf == host->leaf[l]; p++) {
			uint32_t other = sets->place[p].set;

			if (other >= s)
				break;
			if (sets->set[other].gone)
				continue;
			if (joins(sets, s, other)) {
				sets->set[s].into = other;
				sets->set[s].gone = true;
				return;
			}
			visitor |= visits(sets, s, other);
		}
	sets->set[s].gone = visitor;
}

/* A set of which nothing is reported, and whose leaves are all for other things of larger groups' hosts, is of servers. */
static void servers_find(struct sets *sets)
{
	const struct fb_fabric *fabric = sets->fabric;
	bool *aside = fb_need_array(fabric->switches, sizeof(*aside));

	for (size_t h = 0; h < fabric->hosts; h++)
		for (unsigned int l = fabric->host[h].compute_leaves; l < fabric->host[h].leaves; l++)
			aside[fabric->host[h].leaf[l]] = true;
	/* A leaf that a group's hosts compute over is no leaf aside, even if some cable strays there. */
	for (size_t s = 0; s < sets->count; s++) {
		const struct fb_fabric_host *host = set_host(sets, s);
		unsigned int count = 0;

		for (unsigned int l = 0; l < host->compute_leaves; l++) {
			const struct fb_fabric_switch *leaf = &fabric->sw[host->leaf[l]];

			count += aside[host->leaf[l]] && 2 * sets->set[s].hosts < leaf->hosts;
		}
		sets->set[s].gone |= count == host->compute_leaves && !sets->set[s].reported;
	}
	free(aside);
}

static void group_add(struct fb_fabric *fabric, size_t group, struct fb_fabric_host *host)
{
	host->compute = true;
	host->group = (uint32_t)group;
	fabric->group[group].hosts++;
}

static int groups_make(struct sets *sets, struct fb_err *err)
{
	struct fb_fabric *fabric = sets->fabric;
	uint32_t *group_of = fb_need_array(sets->count, sizeof(*group_of));

	fabric->group = fb_need_array(sets->count, sizeof(*fabric->group));
	for (size_t s = 0; s < sets->count; s++) {
		const struct fb_fabric_host *host = set_host(sets, s);
		struct fb_fabric_group *group = &fabric->group[fabric->groups];

		if (sets->set[s].gone)
			continue;
		group_of[s] = (uint32_t)fabric->groups++;
		group->leaves = host->compute_leaves;
		memcpy(group->leaf, host->leaf, host->compute_leaves * sizeof(host->leaf[0]));
		group->gbps = outfit_of(fabric, host).gbps;
		for (unsigned int l = 0; l < group->leaves; l++)
			if (fabric->sw[group->leaf[l]].group == FB_FABRIC_NONE)
				fabric->sw[group->leaf[l]].group = group_of[s];
	}
	for (size_t h = 0; h < fabric->hosts; h++) {
		uint32_t set = sets->of[h];

		if (set != FB_FABRIC_NONE && !sets->set[sets->set[set].into].gone)
			group_add(fabric, group_of[sets->set[set].into], &fabric->host[h]);
	}
	free(group_of);
	if (fabric->groups > FB_TOPOFILE_GROUPS_MAX)
		return fb_err_set(err, "%zu leaf groups; at most %d are allowed", fabric->groups, FB_TOPOFILE_GROUPS_MAX);
	return 0;
}

int fb_fabric_groups(struct fb_fabric *fabric, struct fb_err *err)
{
	struct sets sets = { .fabric = fabric };

	for (size_t h = 0; h < fabric->hosts; h++)
		sets.reports |= fabric->host[h].reported;
	sets.of = fb_need_array(fabric->hosts, sizeof(*sets.of));
	memset(sets.of, 0xff, fabric->hosts * sizeof(*sets.of));
	sets_make(&sets);
	places_make(&sets);
	for (size_t s = 0; s < sets.count; s++)
		set_settle(&sets, s);
	servers_find(&sets);
	int rc = groups_make(&sets, err);
	free(sets.set);
	free(sets.of);
	free(sets.place);
	return rc;
}
