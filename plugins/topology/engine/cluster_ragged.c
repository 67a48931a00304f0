/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A placement where equal shares do not go: as few nodes as hold the GPUs, those that can give the most first. It is found
 * if there is one and every node may give as little as every other; its score is not sought for.
 */
#include <string.h>

#include "topology/engine/cluster_parts.h"

struct grab {
	uint32_t nodes, least, most;
};

/* The most that a node of this kind can give. */
static uint32_t kind_most(const struct work *w, const struct kind *kind)
{
	struct option option;
	uint32_t most = kind->most;

	while (most >= kind->least && !fb_cluster_option(w, kind, most, 0, &option))
		most--;
	return most >= kind->least ? most : 0;
}

/* Mark nodes of this kind as wanted while they are needed. */
static void kind_grab(struct work *w, const struct cell *cell, uint32_t k, uint32_t most, struct grab *grab)
{
	const struct kind *kind = &w->kind[k];

	for (uint32_t n = kind->first; n != NONE; n = w->next[n]) {
		bool enough = grab->most >= w->job->gpus && grab->nodes >= w->nodes_min;

		if (!cell_holds(w, cell, group_of(w, n)) || (!kind->required && (enough || grab->nodes == w->nodes_max)))
			continue;
		w->even->mark[n] = (uint16_t)most;
		grab->nodes++;
		grab->least += kind->least;
		grab->most += most;
	}
}

static uint32_t kinds_grab(struct work *w, const struct cell *cell, bool required, struct grab *grab)
{
	uint32_t *most = w->even->kind_order, greatest = 0, sum = 0;

	for (uint32_t k = 0; k < w->kinds; k++) {
		bool wanted = kind_allowed(w, &w->kind[k]) && w->kind[k].required == required;

		most[k] = wanted ? kind_most(w, &w->kind[k]) : 0;
		greatest = most[k] > greatest ? most[k] : greatest;
	}
	for (uint32_t next = 0; greatest; greatest = next, next = 0) {
		for (uint32_t k = 0; k < w->kinds; k++) {
			if (most[k] == greatest)
				kind_grab(w, cell, k, greatest, grab);
			else if (most[k] < greatest && most[k] > next)
				next = most[k];
		}
	}
	for (uint32_t n = 0; n < w->nodes; n++)
		sum += w->even->mark[n] && w->kind[w->kind_of[n]].required;
	return sum;
}

static void grab_offer(struct work *w, const struct grab *grab)
{
	uint32_t more = w->job->gpus - grab->least;

	w->tried = 0;
	for (uint32_t i = 0; i < w->nodes; i++) {
		uint32_t n = w->order[i];
		const struct kind *kind = &w->kind[w->kind_of[n]];
		uint32_t extra = w->even->mark[n] ? w->even->mark[n] - kind->least : 0;
		struct option option;

		if (!w->even->mark[n])
			continue;
		extra = extra < more ? extra : more;
		more -= extra;
		if (!fb_cluster_option(w, kind, kind->least + extra, 0, &option))
			return;
		w->try_place[w->tried++] =
			(struct fb_engine_place){ n, (uint16_t)(kind->least + extra), option.gpus };
	}
	fb_cluster_offer(w);
}

void fb_cluster_ragged(struct work *w)
{
	size_t units = w->job->one_group ? w->groups : 1;

	for (uint32_t unit = 0; unit < units; unit++) {
		struct cell cell = { .level = w->job->one_group ? LEVEL_GROUP : LEVEL_ALL, .unit = unit };
		struct grab grab = { 0 };

		memset(w->even->mark, 0, w->nodes * sizeof(*w->even->mark));
		if (kinds_grab(w, &cell, true, &grab) != w->required || grab.nodes > w->nodes_max)
			continue;
		kinds_grab(w, &cell, false, &grab);
		if (grab.nodes >= w->nodes_min && grab.least <= w->job->gpus && grab.most >= w->job->gpus)
			grab_offer(w, &grab);
	}
}
