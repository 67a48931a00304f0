/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Preparing a choice: scratch memory, equal nodes folded, nodes by group, values that a placement can have. */
#include <string.h>

#include "topology/engine/cluster_even.h"

struct arena {
	char *at; /* NULL: only to measure */
	size_t used;
};

static void *take(struct arena *arena, size_t count, size_t size)
{
	void *at = arena->at ? arena->at + arena->used : NULL;

	arena->used += (count * size + 63) & ~(size_t)63;
	return at;
}

static void even_layout(struct even *even, struct arena *arena, size_t nodes, size_t groups)
{
	even->option = take(arena, nodes, sizeof(*even->option));
	even->rest = take(arena, nodes, sizeof(*even->rest));
	even->kind_order = take(arena, nodes, sizeof(*even->kind_order));
	even->list = take(arena, nodes, sizeof(*even->list));
	even->sum = take(arena, nodes, sizeof(*even->sum));
	even->mark = take(arena, nodes, sizeof(*even->mark));
	even->whole = take(arena, groups + 1, sizeof(*even->whole));
	even->part = take(arena, groups + 1, sizeof(*even->part));
	even->taken = take(arena, groups + 1, sizeof(*even->taken));
	even->group_order = take(arena, groups + 1, sizeof(*even->group_order));
	even->back = take(arena, (groups + 1) * (EVEN_NODES + 1), sizeof(*even->back));
	even->share = take(arena, COUNTS * nodes, sizeof(*even->share));
}

size_t fb_cluster_work_layout(struct work *w, size_t nodes, size_t groups, void *scratch)
{
	struct arena arena = { scratch, 0 };
	struct even even;

	w->slots = 64;
	while (w->slots < nodes * 2)
		w->slots *= 2;
	w->kind = take(&arena, nodes, sizeof(*w->kind));
	w->slot = take(&arena, w->slots, sizeof(*w->slot));
	w->next = take(&arena, nodes, sizeof(*w->next));
	w->kind_of = take(&arena, nodes, sizeof(*w->kind_of));
	w->group = take(&arena, nodes, sizeof(*w->group));
	w->group_start = take(&arena, groups + 2, sizeof(*w->group_start));
	w->order = take(&arena, nodes, sizeof(*w->order));
	w->idle = take(&arena, groups + 1, sizeof(*w->idle));
	w->idle_room = take(&arena, nodes + 1, sizeof(*w->idle_room));
	w->pod = take(&arena, groups, sizeof(*w->pod));
	w->pod_start = take(&arena, groups + 1, sizeof(*w->pod_start));
	w->by_pod = take(&arena, groups, sizeof(*w->by_pod));
	w->every = take(&arena, groups + 1, sizeof(*w->every));
	w->required_in = take(&arena, groups + 1, sizeof(*w->required_in));
	w->threshold = take(&arena, THRESHOLDS_MAX, sizeof(*w->threshold));
	w->found_place = take(&arena, nodes, sizeof(*w->found_place));
	w->try_place = take(&arena, nodes, sizeof(*w->try_place));
	w->exact = take(&arena, 1, sizeof(*w->exact));
	w->exact_again = take(&arena, LEVELS * (groups + 1), sizeof(*w->exact_again));
	w->even = take(&arena, 1, sizeof(*w->even));
	even_layout(&even, &arena, nodes, groups);
	if (scratch)
		*w->even = even;
	return arena.used;
}

size_t fb_engine_scratch_size(size_t nodes, size_t groups)
{
	struct work w;

	return fb_cluster_work_layout(&w, nodes, groups, NULL);
}

static struct kind kind_from(const struct fb_engine_node *node)
{
	unsigned int all = node->type ? (1u << node->type->gpus) - 1 : 0;
	struct kind kind = { .type = node->type,
			     .free = (fb_gpuset)(node->free & all),
			     .idle = (fb_gpuset)((node->idle | node->free) & all),
			     .least = node->least ? node->least : 1,
			     .most = node->most,
			     .weight = node->weight,
			     .required = node->required,
			     .net = node->net_gbps > 0 ? node->net_gbps : 0 };

	if (kind.type && kind.most > __builtin_popcount(kind.free))
		kind.most = (uint16_t)__builtin_popcount(kind.free);
	kind.whole = kind.type && kind.idle == all;
	return kind;
}

static bool kind_equal(const struct kind *a, const struct kind *b)
{
	return a->type == b->type && a->free == b->free && a->idle == b->idle && a->least == b->least &&
	       a->most == b->most && a->weight == b->weight && a->required == b->required &&
	       a->net <= b->net && a->net >= b->net;
}

static size_t kind_hash(const struct kind *kind)
{
	uint64_t hash = (uint64_t)(uintptr_t)kind->type;

	hash = (hash ^ kind->free ^ (uint64_t)kind->idle << 16 ^ (uint64_t)kind->weight << 32) * 0x9e3779b97f4a7c15u;
	hash = (hash ^ hash >> 29 ^ kind->most ^ (uint64_t)kind->least << 16) * 0x9e3779b97f4a7c15u;
	return (size_t)(hash >> 32);
}

static uint32_t kind_find(struct work *w, const struct kind *kind)
{
	size_t at = kind_hash(kind) & (w->slots - 1);

	while (w->slot[at] != NONE && !kind_equal(&w->kind[w->slot[at]], kind))
		at = (at + 1) & (w->slots - 1);
	if (w->slot[at] == NONE) {
		w->slot[at] = (uint32_t)w->kinds;
		w->kind[w->kinds] = *kind;
		w->kind[w->kinds].first = w->kind[w->kinds].last = NONE;
		w->kinds++;
	}
	return w->slot[at];
}

static void nodes_fold(struct work *w)
{
	memset(w->slot, 0xff, w->slots * sizeof(*w->slot));
	memset(w->idle, 0, (w->groups + 1) * sizeof(*w->idle));
	memset(w->required_in, 0, (w->groups + 1) * sizeof(*w->required_in));
	for (uint32_t n = 0; n < w->nodes; n++) {
		struct kind kind = kind_from(&w->node[n]);
		uint32_t k = kind_find(w, &kind), group = w->node[n].group;

		group = group < w->groups ? group : (uint32_t)w->groups;
		w->group[n] = group;
		w->kind_of[n] = k;
		w->next[n] = NONE;
		if (w->kind[k].last == NONE)
			w->kind[k].first = n;
		else
			w->next[w->kind[k].last] = n;
		w->kind[k].last = n;
		w->kind[k].count++;
		w->required += kind.required;
		w->required_in[group] += kind.required;
		w->idle[group] += kind.whole;
	}
}

/* Wholly idle kinds are few, however many there are of others. */
static void kinds_weigh(struct work *w)
{
	for (size_t k = 0; k < w->kinds; k++)
		w->kind[k].needed = 0;
	for (size_t i = 0; i < w->kinds; i++)
		for (size_t k = 0; w->kind[i].whole && k < w->kinds; k++)
			if (w->kind[k].type == w->kind[i].type)
				w->kind[k].needed += w->kind[i].count;
	for (size_t k = 0; k < w->kinds; k++)
		w->kind[k].needed = w->kind[k].needed > SPARE ? SPARE / w->kind[k].needed : 1;
}

static void nodes_group(struct work *w)
{
	uint32_t *start = w->group_start;

	memset(start, 0, (w->groups + 2) * sizeof(*start));
	for (uint32_t n = 0; n < w->nodes; n++)
		start[group_of(w, n) + 1]++;
	for (size_t g = 0; g <= w->groups; g++)
		start[g + 1] += start[g];
	for (uint32_t n = 0; n < w->nodes; n++)
		w->order[start[group_of(w, n)]++] = n;
	for (size_t g = w->groups + 1; g > 0; g--)
		start[g] = start[g - 1];
	start[0] = 0;
}

/* Number the pods in the order of their groups. */
static void pods_number(struct work *w)
{
	uint32_t *seen = w->by_pod; /* a group of each pod, for now */

	for (uint32_t g = 0; g < w->groups; g++) {
		size_t p = w->pods;

		/* mostly it is the pod of the group before */
		while (p > 0 && w->fabric->group[seen[p - 1]].pod != w->fabric->group[g].pod)
			p--;
		if (!p) {
			seen[w->pods++] = g;
			p = w->pods;
		}
		w->pod[g] = (uint32_t)p - 1;
	}
}

static void groups_list(struct work *w)
{
	uint32_t *start = w->pod_start;

	memset(start, 0, (w->pods + 1) * sizeof(*start));
	for (size_t g = 0; g < w->groups; g++)
		start[w->pod[g]]++;
	for (size_t p = 0, sum = 0; p <= w->pods; p++) {
		sum += start[p];
		start[p] = (uint32_t)sum; /* where the pod ends */
	}
	for (size_t g = w->groups; g-- > 0;)
		w->by_pod[--start[w->pod[g]]] = (uint32_t)g;
	for (size_t g = 0; g <= w->groups; g++)
		w->every[g] = (uint32_t)g;
}

void fb_cluster_fold(struct work *w)
{
	nodes_fold(w);
	kinds_weigh(w);
	if (w->job->nodes_max < 2)
		return;
	nodes_group(w);
	pods_number(w);
	groups_list(w);
}
