/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A placement where equal shares do not go: as few nodes as hold the GPUs, those that can give the most first. It is found
 * if there is one and every node may give as little as every other; its score is not sought for.
 */
#include "topology/engine/cluster_even.h"

struct grab {
	uint32_t nodes, least, most;
};

/* The most that a node of this kind can give. */
static uint32_t kind_most(const struct work *w, const struct kind *kind)
{
	struct option option;
	struct reach reach;
	uint32_t most = kind->most;

	if (!kind_allowed(w, kind))
		return 0;
	while (most >= kind->least && !fb_cluster_option(w, kind, most, 0, &option, &reach))
		most--;
	return most >= kind->least ? most : 0;
}

/* The required ones, then by what they can give, then the first seen. */
static bool kind_before(const struct kind *a, const struct kind *b)
{
	if (a->required != b->required)
		return a->required;
	if (a->gives != b->gives)
		return a->gives > b->gives;
	return a < b;
}

/* The kinds that can give something, in the order in which they are used. */
static uint32_t kinds_order(struct work *w)
{
	uint32_t *order = w->even->kind_order, count = 0;

	for (uint32_t k = 0; k < w->kinds; k++) {
		w->kind[k].gives = kind_most(w, &w->kind[k]);
		if (w->kind[k].gives)
			order[count++] = k;
	}
	for (uint32_t gap = count / 2; gap > 0; gap /= 2) {
		for (uint32_t i = gap; i < count; i++) {
			uint32_t k = order[i], at = i;

			for (; at >= gap && kind_before(&w->kind[k], &w->kind[order[at - gap]]); at -= gap)
				order[at] = order[at - gap];
			order[at] = k;
		}
	}
	return count;
}

/* Each cell's nodes in this order; a cell has room for all of its nodes. */
static void nodes_list(struct work *w)
{
	struct even *e = w->even;
	uint32_t kinds = kinds_order(w);

	for (size_t g = 0; g <= w->groups; g++)
		e->part[g] = 0;
	for (uint32_t i = 0; i < kinds; i++)
		for (uint32_t n = w->kind[e->kind_order[i]].first; n != NONE; n = w->next[n]) {
			uint32_t g = w->job->one_group ? group_of(w, n) : 0;

			e->list[(w->job->one_group ? w->group_start[g] : 0) + e->part[g]++] = n;
		}
}

/* Mark nodes as wanted while they are needed, with what they can give. */
static void nodes_grab(struct work *w, const uint32_t *list, uint32_t count, struct grab *grab)
{
	for (uint32_t i = 0; i < count; i++) {
		const struct kind *kind = &w->kind[w->kind_of[list[i]]];
		bool enough = grab->most >= w->job->gpus && grab->nodes >= w->nodes_min;

		if (!kind->required && (enough || grab->nodes >= w->nodes_max))
			return;
		w->even->mark[list[i]] = (uint16_t)kind->gives;
		grab->nodes++;
		grab->least += kind->least;
		grab->most += kind->gives;
	}
}

/* Each as little as it may, the first as much as is wanted besides; marks are taken back. */
static bool marked_collect(struct work *w, struct groups groups, uint32_t more)
{
	bool all = true;

	w->tried = 0;
	for (uint32_t i = w->group_start[groups.group[0]]; i < w->group_start[groups.group[groups.count - 1] + 1]; i++) {
		uint32_t n = w->order[i], mark = w->even->mark[n];
		const struct kind *kind = &w->kind[w->kind_of[n]];
		struct option option = { 0, 0 };
		struct reach reach;
		uint32_t extra = mark - kind->least;

		if (!mark)
			continue;
		w->even->mark[n] = 0;
		extra = extra < more ? extra : more;
		more -= extra;
		if (!fb_cluster_option(w, kind, kind->least + extra, 0, &option, &reach))
			all = false;
		w->try_place[w->tried++] = (struct fb_engine_place){ n, (uint16_t)(kind->least + extra), option.gpus };
	}
	return all;
}

static void cell_try(struct work *w, const struct cell *cell)
{
	struct groups groups = cell_groups(w, cell);
	uint32_t g = groups.group[0], required = 0;
	struct grab grab = { 0 };
	bool fits;

	for (size_t i = 0; i < groups.count; i++)
		required += w->required_in[groups.group[i]];
	if (required != w->required)
		return;
	nodes_grab(w, w->even->list + w->group_start[g], w->even->part[g], &grab);
	fits = grab.nodes >= w->nodes_min && grab.nodes <= w->nodes_max && grab.least <= w->job->gpus &&
	       grab.most >= w->job->gpus;
	if (marked_collect(w, groups, fits ? w->job->gpus - grab.least : 0) && fits)
		fb_cluster_offer(w);
}

void fb_cluster_ragged(struct work *w)
{
	size_t units = w->job->one_group ? w->groups : 1;

	nodes_list(w);
	for (size_t k = 0; k < w->kinds; k++)
		if (w->kind[k].required && !w->kind[k].gives)
			return;
	for (uint32_t unit = 0; unit < units; unit++) {
		struct cell cell = { .level = w->job->one_group ? LEVEL_GROUP : LEVEL_ALL, .unit = unit };

		cell_try(w, &cell);
	}
}
