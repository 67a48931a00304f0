/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rails: which leaf of one group is the counterpart of which leaf of another. The names of the adapters tell: in each group a name
 * belongs to the leaf where most hosts have it; names of one leaf are one rail, and a name is the same rail in all groups. Groups that share no
 * name (mlx5_0 here, HCA-1 there) are numbered on their own, in the order of the names. Where names do not tell the leaves
 * of a group apart, they are numbered in the order of their own names.
 */
#include <stdlib.h>
#include <string.h>

#include "flightbase/memory.h"
#include "flightbase/topo/fabric_parts.h"

/* That so many hosts of a group have an adapter of this name on this leaf. */
struct vote {
	uint32_t group, name, leaf, hosts;
};

struct rails {
	struct fb_fabric *fabric;
	size_t names, votes;
	const char **name;   /* of compute adapters, in order, each once */
	struct vote *vote;   /* for each group and name the leaf with most hosts */
	uint32_t *same;	     /* by name: union-find of names that are one rail */
	uint32_t *family;    /* by name: union-find of names that are in one group */
	unsigned int *rail;  /* by name, from 1 */
};

static int compare_text(const void *a, const void *b)
{
	return strverscmp(*(const char *const *)a, *(const char *const *)b);
}

static int compare_votes(const void *a, const void *b)
{
	const struct vote *x = a, *y = b;

	if (x->group != y->group)
		return x->group < y->group ? -1 : 1;
	if (x->name != y->name)
		return x->name < y->name ? -1 : 1;
	return (x->leaf > y->leaf) - (x->leaf < y->leaf);
}

static bool in_group(const struct fb_fabric_group *group, uint32_t leaf)
{
	for (unsigned int l = 0; l < group->leaves; l++)
		if (group->leaf[l] == leaf)
			return true;
	return false;
}

/* A named adapter of a compute node on a leaf of its group. */
static bool counts(const struct fb_fabric *fabric, const struct fb_fabric_adapter *adapter)
{
	const struct fb_fabric_host *host = adapter->host == FB_FABRIC_NONE ? NULL : &fabric->host[adapter->host];

	return host && host->compute && *adapter->name && in_group(&fabric->group[host->group], adapter->leaf);
}

static void names_make(struct rails *rails)
{
	const struct fb_fabric *fabric = rails->fabric;

	rails->name = fb_need_array(fabric->adapters, sizeof(*rails->name));
	for (size_t a = 0; a < fabric->adapters; a++)
		if (counts(fabric, &fabric->adapter[a]))
			rails->name[rails->names++] = fabric->adapter[a].name;
	qsort(rails->name, rails->names, sizeof(*rails->name), compare_text);
	size_t kept = 0;
	for (size_t n = 0; n < rails->names; n++)
		if (!kept || strcmp(rails->name[kept - 1], rails->name[n]))
			rails->name[kept++] = rails->name[n];
	rails->names = kept;
}

static void votes_make(struct rails *rails)
{
	const struct fb_fabric *fabric = rails->fabric;
	size_t count = 0, kept = 0;

	rails->vote = fb_need_array(fabric->adapters, sizeof(*rails->vote));
	for (size_t a = 0; a < fabric->adapters; a++) {
		const struct fb_fabric_adapter *adapter = &fabric->adapter[a];

		if (!counts(fabric, adapter))
			continue;
		const char *key = adapter->name, **name = bsearch(&key, rails->name, rails->names, sizeof(key), compare_text);
		rails->vote[count++] = (struct vote){ fabric->host[adapter->host].group, (uint32_t)(name - rails->name), adapter->leaf, 0 };
	}
	qsort(rails->vote, count, sizeof(*rails->vote), compare_votes);
	for (size_t from = 0, to; from < count; from = to) {
		for (to = from + 1; to < count && !compare_votes(&rails->vote[from], &rails->vote[to]);)
			to++;
		struct vote vote = rails->vote[from], *last = kept ? &rails->vote[kept - 1] : NULL;
		vote.hosts = (uint32_t)(to - from);
		if (!last || last->group != vote.group || last->name != vote.name)
			rails->vote[kept++] = vote;
		else if (last->hosts < vote.hosts)
			*last = vote;
	}
	rails->votes = kept;
}

static uint32_t find(uint32_t *parent, uint32_t i)
{
	while (parent[i] != i)
		i = parent[i] = parent[parent[i]];
	return i;
}

/* The root is the lowest, so that it is the first in order. */
static void join(uint32_t *parent, uint32_t a, uint32_t b)
{
	a = find(parent, a);
	b = find(parent, b);
	parent[a > b ? a : b] = a < b ? a : b;
}

static void names_join(struct rails *rails)
{
	for (uint32_t n = 0; n < rails->names; n++)
		rails->same[n] = rails->family[n] = n;
	for (size_t from = 0, to; from < rails->votes; from = to)
		for (to = from; to < rails->votes && rails->vote[to].group == rails->vote[from].group; to++) {
			join(rails->family, rails->vote[from].name, rails->vote[to].name);
			for (size_t v = from; v < to; v++)
				if (rails->vote[v].leaf == rails->vote[to].leaf)
					join(rails->same, rails->vote[v].name, rails->vote[to].name);
		}
	/* What is one rail is one family. */
	for (uint32_t n = 0; n < rails->names; n++)
		join(rails->family, n, find(rails->same, n));
}

/* The first names of rails get numbers in order, in each family from 1. */
static void names_number(struct rails *rails)
{
	unsigned int *next = fb_need_array(rails->names, sizeof(*next));

	for (uint32_t n = 0; n < rails->names; n++)
		rails->rail[n] = find(rails->same, n) == n ? ++next[find(rails->family, n)] : rails->rail[find(rails->same, n)];
	free(next);
}

/* The group's leaves get the numbers of their names. Returns whether each has one, and each another. */
static bool group_number(const struct rails *rails, const struct vote *vote, const struct vote *end, const struct fb_fabric_group *group,
			 unsigned int *number)
{
	for (unsigned int l = 0; l < group->leaves; l++)
		for (const struct vote *v = vote; v < end; v++)
			if (v->leaf == group->leaf[l])
				number[l] = rails->rail[v->name];
	for (unsigned int l = 0; l < group->leaves; l++) {
		if (!number[l] || number[l] > FB_TOPOFILE_RAILS_MAX)
			return false;
		for (unsigned int other = 0; other < l; other++)
			if (number[other] == number[l])
				return false;
	}
	return true;
}

static void group_sort(struct fb_fabric *fabric, struct fb_fabric_group *group, unsigned int *number, bool by_name)
{
	for (unsigned int i = 1; i < group->leaves; i++)
		for (unsigned int j = i; j > 0; j--) {
			const char *a = fabric->sw[group->leaf[j - 1]].name, *b = fabric->sw[group->leaf[j]].name;
			uint32_t leaf = group->leaf[j];
			unsigned int n = number[j];

			if (by_name ? strverscmp(a, b) <= 0 : number[j - 1] <= number[j])
				break;
			group->leaf[j] = group->leaf[j - 1];
			group->leaf[j - 1] = leaf;
			number[j] = number[j - 1];
			number[j - 1] = n;
		}
	for (unsigned int l = 0; l < group->leaves; l++) {
		unsigned int rail = by_name ? l + 1 : number[l];

		fabric->sw[group->leaf[l]].rail = rail;
		fabric->rails = rail > fabric->rails ? rail : fabric->rails;
	}
}

/* Groups in the order of the names of their first leaves: "g1" is where people look for it. */
struct order {
	const char *leaf;
	uint32_t group;
};

static int compare_orders(const void *a, const void *b)
{
	const struct order *x = a, *y = b;
	int by_leaf = strverscmp(x->leaf, y->leaf);

	return by_leaf ? by_leaf : (x->group > y->group) - (x->group < y->group);
}

static void groups_sort(struct fb_fabric *fabric)
{
	struct order *order = fb_need_array(fabric->groups, sizeof(*order));
	struct fb_fabric_group *sorted = fb_need_array(fabric->groups, sizeof(*sorted));
	uint32_t *place = fb_need_array(fabric->groups, sizeof(*place));

	for (uint32_t g = 0; g < fabric->groups; g++)
		order[g] = (struct order){ fabric->sw[fabric->group[g].leaf[0]].name, g };
	qsort(order, fabric->groups, sizeof(*order), compare_orders);
	for (uint32_t g = 0; g < fabric->groups; g++) {
		sorted[g] = fabric->group[order[g].group];
		snprintf(sorted[g].name, sizeof(sorted[g].name), "g%u", g + 1);
		place[order[g].group] = g;
	}
	for (size_t h = 0; h < fabric->hosts; h++)
		if (fabric->host[h].compute)
			fabric->host[h].group = place[fabric->host[h].group];
	for (size_t s = 0; s < fabric->switches; s++)
		if (fabric->sw[s].group != FB_FABRIC_NONE)
			fabric->sw[s].group = place[fabric->sw[s].group];
	free(fabric->group);
	fabric->group = sorted;
	free(order);
	free(place);
}

/* An adapter on another leaf of its group than nearly all others of its name. */
static void crossed_tell(struct rails *rails)
{
	struct fb_fabric *fabric = rails->fabric;

	for (size_t a = 0; a < fabric->adapters; a++) {
		const struct fb_fabric_adapter *adapter = &fabric->adapter[a];

		if (!counts(fabric, adapter))
			continue;
		const char *key = adapter->name, **name = bsearch(&key, rails->name, rails->names, sizeof(key), compare_text);
		uint32_t group = fabric->host[adapter->host].group;
		const struct vote wanted = { group, (uint32_t)(name - rails->name), 0, 0 };
		size_t low = 0, high = rails->votes;
		while (low < high) {
			size_t middle = low + (high - low) / 2;

			if (compare_votes(&rails->vote[middle], &wanted) < 0)
				low = middle + 1;
			else
				high = middle;
		}
		const struct vote *vote = &rails->vote[low];
		if (vote->leaf != adapter->leaf && 4 * vote->hosts >= 3 * fabric->group[group].hosts)
			fb_remark_add(&fabric->remarks, fabric->host[adapter->host].name,
				      "%s is on leaf %s (rail %u), where the group's others have it on %s (rail %u): are cables crossed?", adapter->name,
				      fabric->sw[adapter->leaf].name, fabric->sw[adapter->leaf].rail, fabric->sw[vote->leaf].name,
				      fabric->sw[vote->leaf].rail);
	}
}

void fb_fabric_rails(struct fb_fabric *fabric)
{
	struct rails rails = { .fabric = fabric };

	names_make(&rails);
	votes_make(&rails);
	rails.same = fb_need_array(rails.names, sizeof(*rails.same));
	rails.family = fb_need_array(rails.names, sizeof(*rails.family));
	rails.rail = fb_need_array(rails.names, sizeof(*rails.rail));
	names_join(&rails);
	names_number(&rails);
	size_t v = 0;
	for (uint32_t g = 0; g < fabric->groups; g++) {
		unsigned int number[FB_TOPOFILE_RAILS_MAX] = { 0 };
		size_t from = v;

		while (v < rails.votes && rails.vote[v].group == g)
			v++;
		bool told = group_number(&rails, rails.vote + from, rails.vote + v, &fabric->group[g], number);
		group_sort(fabric, &fabric->group[g], number, !told);
	}
	crossed_tell(&rails);
	groups_sort(fabric);
	free(rails.name);
	free(rails.vote);
	free(rails.same);
	free(rails.family);
	free(rails.rail);
}
