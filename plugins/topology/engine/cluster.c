/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Choosing nodes. A placement's score falls into own loss, which depends on its value alone, and harm, which is a sum over
 * nodes and groups. So for each value that a placement can have, from the best on, and each level of the fabric, the least
 * harm is sought among the nodes that reach this value: the best of these searches is the best of all placements. Once the
 * loss alone is worse than the best score found, no further value can win.
 */
#include <string.h>

#include "topology/engine/cluster_parts.h"

#define SCORE_TIE 1e-9

void fb_cluster_offer(struct work *w)
{
	struct fb_engine_placement placement;
	double score = fb_cluster_score(w, w->try_place, w->tried, &placement);

	if (w->found && score >= w->found_score - SCORE_TIE)
		return;
	for (size_t i = 0; i < w->tried; i++)
		w->found_place[i] = w->try_place[i];
	w->found = w->tried;
	w->found_score = score;
}

/* All GPUs on one node. */
static void place_alone(struct work *w)
{
	uint32_t count = w->job->per_node ? w->job->per_node : w->job->gpus, best = NONE;
	struct option option, best_option = { 0, 0 };
	double best_score = INFINITY, score;

	for (uint32_t k = 0; k < w->kinds; k++) {
		const struct kind *kind = &w->kind[k];

		if (!kind_allowed(w, kind) || w->required != kind->required ||
		    !fb_cluster_option_alone(w, kind, count, &option, &score))
			continue;
		for (uint32_t n = kind->first; n != NONE; n = w->next[n]) {
			double sum = score + group_harm(w, group_of(w, n), kind->whole);

			if (sum <= best_score + SCORE_TIE && (sum < best_score - SCORE_TIE || n <= best)) {
				best = n;
				best_score = sum;
				best_option = option;
			}
			if (!kind->whole) /* the others are no better, and come later */
				break;
		}
	}
	if (best == NONE)
		return;
	w->tried = 1;
	w->try_place[0] = (struct fb_engine_place){ best, (uint16_t)count, best_option.gpus };
	fb_cluster_offer(w);
}

/* Kept in descending order. */
static void threshold_add(struct work *w, double value)
{
	size_t at = w->thresholds;

	for (size_t i = 0; i < w->thresholds; i++)
		if (w->threshold[i] >= value && w->threshold[i] <= value)
			return;
	if (w->thresholds == THRESHOLDS_MAX)
		return;
	for (; at > 0 && w->threshold[at - 1] < value; at--)
		w->threshold[at] = w->threshold[at - 1];
	w->threshold[at] = value;
	w->thresholds++;
}

static void net_thresholds(struct work *w, const struct kind *kind)
{
	uint32_t least = w->job->per_node ? w->job->per_node : 1;
	uint32_t most = w->job->per_node ? w->job->per_node : kind->type ? kind->type->gpus : 1;

	for (uint32_t count = least; count <= most; count++)
		for (int level = 0; level < LEVELS; level++)
			threshold_add(w, kind_net(kind, count) / w->over[level]);
}

/* The values that placements on several nodes can have. */
static void thresholds_list(struct work *w)
{
	const struct fb_engine_type *type[TYPES_MAX];
	float net[TYPES_MAX];
	size_t types = 0;

	w->thresholds = 0;
	threshold_add(w, 0);
	for (size_t k = 0; k < w->kinds; k++) {
		const struct kind *kind = &w->kind[k];
		size_t t = 0;

		while (t < types && !(type[t] == kind->type && net[t] <= kind->net && net[t] >= kind->net))
			t++;
		if (t < types || types == TYPES_MAX)
			continue;
		type[types] = kind->type;
		net[types++] = kind->net;
		for (size_t r = 1; kind->type && r < RANKS_MAX && kind->type->rank_gbps[r] > 0; r++)
			threshold_add(w, kind->type->rank_gbps[r]);
		if (!kind->type)
			threshold_add(w, UNKNOWN_LINK_GBPS);
		net_thresholds(w, kind);
	}
}

/* Whether the search of a wider level covers this one: what it spans costs the same. */
static bool level_covered(const struct work *w, enum level level)
{
	return level < LEVEL_ALL && !w->job->one_group && w->over[level] >= w->over[level + 1];
}

static void level_exact(struct work *w, enum level level, double threshold)
{
	size_t units = level == LEVEL_GROUP ? w->groups : level == LEVEL_POD ? w->pods : 1;

	for (uint32_t unit = 0; unit < units; unit++) {
		struct cell cell = { level, unit, threshold };

		fb_cluster_exact(w, &cell);
	}
}

static void place_apart(struct work *w)
{
	uint32_t gpus = w->job->per_node ? w->job->per_node * w->nodes_max : w->job->gpus;
	enum level widest = w->job->one_group ? LEVEL_GROUP : LEVEL_ALL;
	bool exact = fb_cluster_exact_fits(w);

	if (exact)
		fb_cluster_exact_begin(w);
	else
		fb_cluster_even_begin(w);
	for (size_t t = 0; t < w->thresholds; t++) {
		if (w->found && fb_cluster_loss(w, gpus, w->threshold[t]) >= w->found_score - SCORE_TIE)
			return;
		for (enum level level = LEVEL_GROUP; level <= widest; level++) {
			if (level_covered(w, level))
				continue;
			if (exact)
				level_exact(w, level, w->threshold[t]);
			else
				fb_cluster_even(w, level, w->threshold[t]);
		}
	}
	if (!w->found && !exact && !w->job->per_node)
		fb_cluster_ragged(w);
}

/* Whether nodes of at most this weight could do, as far as counts say. */
static bool nodes_suffice(const struct work *w)
{
	uint64_t nodes = 0, gpus = 0;

	for (size_t k = 0; k < w->kinds; k++)
		if (kind_allowed(w, &w->kind[k]) && w->kind[k].most >= w->job->per_node) {
			nodes += w->kind[k].count;
			gpus += (uint64_t)w->kind[k].count * w->kind[k].most;
		}
	return nodes >= w->nodes_min && gpus >= w->job->gpus && w->required <= w->nodes_max;
}

/* The best placement on this many nodes of at most this weight. */
static bool attempt(struct work *w, uint32_t nodes_min, uint32_t nodes_max, uint32_t ceiling)
{
	w->ceiling = ceiling;
	w->found = 0;
	w->nodes_min = nodes_min;
	w->nodes_max = nodes_max;
	if (!nodes_suffice(w))
		return false;
	if (nodes_min <= 1)
		place_alone(w);
	if (nodes_max < 2)
		return w->found;
	w->nodes_min = nodes_min < 2 ? 2 : nodes_min;
	place_apart(w);
	return w->found;
}

/* The next weight that a node has above this one, or the same if there is none. */
static uint32_t weight_above(const struct work *w, uint32_t weight, bool any)
{
	uint32_t next = UINT32_MAX;
	bool found = false;

	for (size_t k = 0; k < w->kinds; k++) {
		if ((any || w->kind[k].weight > weight) && w->kind[k].weight <= next) {
			next = w->kind[k].weight;
			found = true;
		}
	}
	return found ? next : weight;
}

/* Nodes of less weight first: the least ceiling that suffices. */
static bool attempt_weights(struct work *w, uint32_t nodes_min, uint32_t nodes_max)
{
	uint32_t ceiling = weight_above(w, 0, true), above;

	while (!attempt(w, nodes_min, nodes_max, ceiling)) {
		above = weight_above(w, ceiling, false);
		if (above == ceiling)
			return false;
		ceiling = above;
	}
	return true;
}

/* Whether a node of this kind can take part at all. */
static bool kind_usable(const struct work *w, const struct kind *kind)
{
	struct option option;
	struct reach reach;

	return !w->job->per_node || fb_cluster_option(w, kind, w->job->per_node, 0, &option, &reach);
}

/* How many nodes could take part, at most; none, if one that must cannot. */
static uint32_t nodes_usable(struct work *w)
{
	uint32_t sum = 0;

	for (size_t k = 0; k < w->kinds; k++) {
		struct kind *kind = &w->kind[k];

		kind->usable = kind_usable(w, kind);
		if (kind->required && !kind->usable)
			return 0;
		sum += kind->usable ? kind->count : 0;
	}
	return sum;
}

/* The most nodes of one group among those that have the GPUs of the whole job, if it says how many. */
static uint32_t group_most(const struct work *w)
{
	uint32_t most = 0;

	for (size_t g = 0; g < w->groups; g++) {
		uint64_t nodes = 0, gpus = 0;

		for (uint32_t i = w->group_start[g]; i < w->group_start[g + 1]; i++) {
			const struct kind *kind = &w->kind[w->kind_of[w->order[i]]];

			nodes += kind->usable;
			gpus += kind->usable ? kind->most : 0;
		}
		if (gpus >= w->job->gpus && nodes > most)
			most = (uint32_t)nodes;
	}
	return most;
}

/* The number of nodes from which on it is worth trying; small clusters are searched at once anyway. */
static uint32_t nodes_most(struct work *w)
{
	uint32_t usable = nodes_usable(w), most = w->job->nodes_max < usable ? w->job->nodes_max : usable, together;

	if (!w->job->one_group || most < 2 || w->nodes <= EXACT_NODES)
		return most;
	together = group_most(w);
	together = together > 1 ? together : 1;
	return most < together ? most : together;
}

static bool solve(struct work *w)
{
	const struct fb_engine_job *job = w->job;
	uint32_t most = nodes_most(w);

	if (!job->per_node)
		return most >= job->nodes_min && attempt_weights(w, job->nodes_min, most);
	for (uint32_t n = most; n >= job->nodes_min; n--)
		if (attempt_weights(w, n, n))
			return true;
	return false;
}

/* Found nodes lie by group; the caller's order is that of its list. */
static void found_write(const struct work *w, struct fb_engine_place *place)
{
	uint32_t *at = w->next; /* done with */
	size_t out = 0;

	if (w->found == 1) {
		place[0] = w->found_place[0];
		return;
	}
	memset(at, 0xff, w->nodes * sizeof(*at));
	for (uint32_t i = 0; i < w->found; i++)
		at[w->found_place[i].node] = i;
	for (size_t n = 0; n < w->nodes && out < w->found; n++)
		if (at[n] != NONE)
			place[out++] = w->found_place[at[n]];
}

int fb_engine_place(const struct fb_engine_fabric *fabric, const struct fb_engine_node *node, size_t nodes,
		    const struct fb_engine_job *job, const struct fb_engine_mix *mix, void *scratch,
		    struct fb_engine_place *place, struct fb_engine_placement *placement)
{
	struct work w = { .fabric = fabric, .node = node, .nodes = nodes, .job = job, .groups = fabric->groups };
	double leaf = fabric->leaf_oversubscription, pod = fabric->pod_oversubscription;

	if (!job->nodes_min || job->nodes_min > job->nodes_max || (!job->gpus && !job->per_node) ||
	    nodes < job->nodes_min || (!job->per_node && job->gpus < job->nodes_min))
		return -1;
	fb_cluster_work_layout(&w, nodes, fabric->groups, scratch);
	w.over[LEVEL_GROUP] = 1;
	w.over[LEVEL_POD] = leaf;
	w.over[LEVEL_ALL] = leaf * pod;
	fb_cluster_fold(&w);
	fb_cluster_score_init(&w, mix);
	if (job->nodes_max > 1)
		thresholds_list(&w);
	if (!solve(&w))
		return -1;
	fb_cluster_score(&w, w.found_place, w.found, placement);
	found_write(&w, place);
	return 0;
}
