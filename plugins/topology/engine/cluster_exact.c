/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Choosing several nodes completely: the least harm of any placement in one cell, by dynamic programming over the nodes.
 * A state is how many nodes and GPUs are taken, and how many whole nodes of the present group (0: none of its nodes, 1 + j:
 * j whole ones), because a group's harm is not a sum over its nodes. Small clusters only: see EXACT_CELLS.
 */
#include "topology/engine/cluster_parts.h"

#define FIRST 0x80 /* in a choice: the node is the first of its group */

struct search {
	struct work *w;
	const struct cell *cell;
	struct exact *x;
	uint32_t broken, nodes, gpus; /* sizes of the state space */
	uint32_t per_node;
	double again; /* the greatest threshold below at which a node can give something else */
};

static void sizes_set(struct search *s, const struct work *w)
{
	s->nodes = (w->nodes_max < w->nodes ? w->nodes_max : (uint32_t)w->nodes) + 1;
	s->broken = s->nodes + 1;
	s->per_node = w->job->per_node;
	s->gpus = s->per_node ? 1 : w->job->gpus + 1;
}

bool fb_cluster_exact_fits(const struct work *w)
{
	struct search s;

	sizes_set(&s, w);
	if (w->nodes > EXACT_NODES || s.gpus > EXACT_CELLS || s.per_node > GPUS)
		return false;
	for (size_t k = 0; k < w->kinds; k++)
		if (w->kind[k].most > GPUS)
			return false;
	return (size_t)s.broken * s.nodes * s.gpus * w->nodes <= EXACT_CELLS;
}

static size_t state(const struct search *s, uint32_t broken, uint32_t nodes, uint32_t gpus)
{
	return ((size_t)broken * s->nodes + nodes) * s->gpus + gpus;
}

static size_t states(const struct search *s)
{
	return (size_t)s->broken * s->nodes * s->gpus;
}

/* What a node can give in this cell; false if nothing. */
static bool options_fill(struct search *s, size_t item, uint32_t k)
{
	const struct kind *kind = &s->w->kind[k];
	struct option *option = s->x->option[item];
	bool any = false;

	for (uint32_t count = 0; count <= GPUS; count++) {
		struct share *share = &s->x->share[k][count];
		double net = kind_net(kind, count) / s->w->over[s->cell->level];

		option[count].harm = INFINITY;
		if (!count || (s->per_node && count != s->per_node) || !kind_gives(kind, count))
			continue;
		if (net < s->cell->threshold) {
			s->again = net > s->again ? net : s->again;
			continue;
		}
		option[count] = *share_option(s->w, kind, count, s->cell->threshold, share);
		s->again = share->reach.below > s->again ? share->reach.below : s->again;
		any = any || !isinf(option[count].harm);
	}
	return any;
}

/* One more node may be taken on the way to this state. */
static void state_extend(const struct search *s, size_t item, const struct kind *kind, uint32_t broken, uint32_t nodes,
			 uint32_t gpus)
{
	size_t to = state(s, broken, nodes, gpus);
	double *cost = s->x->cost, best = kind->required ? INFINITY : cost[to];
	uint8_t choice = 0;

	for (uint32_t count = 1; nodes && count <= GPUS; count++) {
		double harm = s->x->option[item][count].harm;
		uint32_t less = s->per_node ? 0 : count;

		if (isinf(harm) || less > gpus)
			continue;
		/* The node before it in the group took one whole node less, or there is none. */
		uint32_t from = broken - kind->whole;
		if (from >= 1 && cost[state(s, from, nodes - 1, gpus - less)] + harm < best) {
			best = cost[state(s, from, nodes - 1, gpus - less)] + harm;
			choice = (uint8_t)count;
		}
		if (from == 1 && cost[state(s, 0, nodes - 1, gpus - less)] + harm < best) {
			best = cost[state(s, 0, nodes - 1, gpus - less)] + harm;
			choice = (uint8_t)(count | FIRST);
		}
	}
	cost[to] = best;
	s->x->choice[item * states(s) + to] = choice;
}

/* In place: from the greatest number of nodes down, so that no node is taken twice. */
static void item_add(const struct search *s, size_t item)
{
	const struct kind *kind = &s->w->kind[s->w->kind_of[s->x->item[item]]];

	for (uint32_t nodes = s->nodes; nodes-- > 0;)
		for (uint32_t broken = s->broken; broken-- > 1;)
			for (uint32_t gpus = 0; gpus < s->gpus; gpus++)
				state_extend(s, item, kind, broken, nodes, gpus);
	for (uint32_t nodes = 0; kind->required && nodes < s->nodes; nodes++)
		for (uint32_t gpus = 0; gpus < s->gpus; gpus++)
			s->x->cost[state(s, 0, nodes, gpus)] = INFINITY;
}

/* The group's own harm is known now: keep the best way to each number of nodes and GPUs. */
static void group_end(const struct search *s, size_t item, uint32_t group)
{
	double *cost = s->x->cost, span = s->w->span * (s->per_node ? s->per_node * s->w->nodes_max : s->w->job->gpus);

	for (uint32_t nodes = 0; nodes < s->nodes; nodes++) {
		for (uint32_t gpus = 0; gpus < s->gpus; gpus++) {
			size_t to = state(s, 0, nodes, gpus);
			uint32_t best = 0;

			for (uint32_t broken = 1; broken < s->broken; broken++) {
				size_t from = state(s, broken, nodes, gpus);
				double sum = isinf(cost[from]) ? INFINITY :
					cost[from] + span + group_harm(s->w, group, broken - 1);

				cost[from] = INFINITY;
				if (sum < cost[to]) {
					cost[to] = sum;
					best = broken;
				}
			}
			s->x->ended[item * s->nodes * s->gpus + to] = (uint8_t)best;
		}
	}
}

static void placement_read(const struct search *s, size_t items, uint32_t nodes, uint32_t gpus)
{
	struct work *w = s->w;
	uint32_t broken = 0, at = nodes;

	w->tried = nodes;
	for (size_t item = items; item-- > 0;) {
		uint32_t node = s->x->item[item], group = group_of(w, node);
		uint8_t choice;

		if (item + 1 == items || group_of(w, s->x->item[item + 1]) != group)
			broken = s->x->ended[item * s->nodes * s->gpus + state(s, 0, nodes, gpus)];
		if (!broken)
			continue;
		choice = s->x->choice[item * states(s) + state(s, broken, nodes, gpus)];
		if (!choice)
			continue;
		uint16_t count = choice & (FIRST - 1);
		w->try_place[--at] = (struct fb_engine_place){ node, count, s->x->option[item][count].gpus };
		nodes--;
		gpus -= s->per_node ? 0 : count;
		broken = choice & FIRST ? 0 : broken - w->kind[w->kind_of[node]].whole;
	}
}

static size_t items_collect(struct search *s)
{
	struct work *w = s->w;
	uint32_t required = 0;
	size_t items = 0;

	for (uint32_t i = 0; i < w->nodes; i++) {
		const struct kind *kind = &w->kind[w->kind_of[w->order[i]]];

		if (!kind_allowed(w, kind) || !cell_holds(w, s->cell, group_of(w, w->order[i])) ||
		    !options_fill(s, items, w->kind_of[w->order[i]]))
			continue;
		required += kind->required;
		s->x->item[items++] = w->order[i];
	}
	return required == w->required ? items : 0;
}

void fb_cluster_exact_begin(struct work *w)
{
	for (size_t k = 0; k < w->kinds; k++)
		for (size_t count = 0; count <= GPUS; count++)
			w->exact->share[k][count] = share_none();
	for (size_t i = 0; i < LEVELS * (w->groups + 1); i++)
		w->exact_again[i] = INFINITY;
}

static void items_search(const struct search *s, size_t items)
{
	struct work *w = s->w;
	uint32_t gpus = w->job->per_node ? 0 : w->job->gpus, best = 0;

	for (size_t i = 0; i < states(s); i++)
		w->exact->cost[i] = INFINITY;
	w->exact->cost[0] = 0;
	for (size_t item = 0; item < items; item++) {
		uint32_t group = group_of(w, w->exact->item[item]);

		item_add(s, item);
		if (item + 1 == items || group_of(w, w->exact->item[item + 1]) != group)
			group_end(s, item, group);
	}
	for (uint32_t n = w->nodes_min; n < s->nodes; n++)
		if (!best || w->exact->cost[state(s, 0, n, gpus)] < w->exact->cost[state(s, 0, best, gpus)])
			best = n;
	if (!best || isinf(w->exact->cost[state(s, 0, best, gpus)]))
		return;
	placement_read(s, items, best, gpus);
	fb_cluster_offer(w);
}

/* Where no node gives anything else than at the threshold before, the same would be found. */
void fb_cluster_exact(struct work *w, const struct cell *cell)
{
	struct search s = { .w = w, .cell = cell, .x = w->exact, .again = -INFINITY };
	double *again = &w->exact_again[cell->level * (w->groups + 1) + cell->unit];
	size_t items;

	if (cell->threshold > *again)
		return;
	sizes_set(&s, w);
	items = items_collect(&s);
	*again = s.again;
	if (items)
		items_search(&s, items);
}
