/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Choosing several nodes on large clusters: jobs that take the same number of GPUs on each node, but for one node that may
 * take the rest. Inside a group the cheapest nodes are taken, for every number of them the best mixture of whole nodes and
 * others; over groups the numbers are dealt out by dynamic programming. That is complete for up to EVEN_NODES equal shares;
 * the node of the rest is then the best that is left, and larger jobs fill groups, the fullest first.
 */
#include <stdlib.h>
#include <string.h>

#include "topology/engine/cluster_parts.h"

#define REQUIRED_FIRST 1e9 /* taken off the cost of a required node */
#define SHAPES 4	   /* numbers of nodes that are tried for a job of so many GPUs, from the least on */

struct shape {
	uint32_t nodes; /* that take count */
	uint32_t count;
	uint32_t rest; /* of one more node; 0: there is none */
};

struct spread {
	struct work *w;
	struct even *e;
	enum level level;
	double threshold;
	struct shape shape;
	double span; /* what a further group costs this job */
};

/* By cost, then the first seen: heap sort would do, but there are at most some hundred kinds. */
static void kinds_sort(const struct spread *s, uint32_t count)
{
	uint32_t *order = s->e->kind_order;

	for (uint32_t gap = count / 2; gap > 0; gap /= 2) {
		for (uint32_t i = gap; i < count; i++) {
			uint32_t kind = order[i], at = i;

			for (; at >= gap; at -= gap) {
				uint32_t other = order[at - gap];
				double a = s->e->option[kind].harm, b = s->e->option[other].harm;

				if (a > b || (a >= b && kind > other))
					break;
				order[at] = other;
			}
			order[at] = kind;
		}
	}
}

static bool kind_option(const struct spread *s, const struct kind *kind, uint32_t count, struct option *option)
{
	if (!kind_allowed(s->w, kind) || fb_cluster_net(kind, count) / s->w->over[s->level] < s->threshold ||
	    !fb_cluster_option(s->w, kind, count, s->threshold, option))
		return false;
	option->harm -= kind->required ? REQUIRED_FIRST : 0;
	return true;
}

/* The kinds that can take part, by cost; returns the least cost of a node. */
static double options_fill(const struct spread *s, uint32_t *kinds)
{
	double least = INFINITY;

	*kinds = 0;
	for (uint32_t k = 0; k < s->w->kinds; k++) {
		if (!kind_option(s, &s->w->kind[k], s->shape.count, &s->e->option[k]))
			continue;
		s->e->kind_order[(*kinds)++] = k;
		least = s->e->option[k].harm < least ? s->e->option[k].harm : least;
	}
	return least;
}

/* Each group's eligible nodes in the order of their costs, with the sums of these. */
static void lists_fill(const struct spread *s, uint32_t kinds)
{
	struct work *w = s->w;
	struct even *e = s->e;

	kinds_sort(s, kinds);
	memset(e->whole, 0, (w->groups + 1) * sizeof(*e->whole));
	memset(e->part, 0, (w->groups + 1) * sizeof(*e->part));
	for (uint32_t i = 0; i < kinds; i++) {
		const struct kind *kind = &w->kind[e->kind_order[i]];
		double cost = e->option[e->kind_order[i]].harm;

		for (uint32_t n = kind->first; n != NONE; n = w->next[n]) {
			uint32_t g = group_of(w, n);
			uint32_t nth = kind->whole ? e->whole[g]++ : e->part[g]++;
			uint32_t at = kind->whole ? w->group_start[g] + nth : w->group_start[g + 1] - 1 - nth;
			uint32_t before = kind->whole ? at - 1 : at + 1;

			e->list[at] = n;
			e->sum[at] = cost + (nth ? e->sum[before] : 0);
		}
	}
}

static double whole_sum(const struct spread *s, uint32_t g, uint32_t count)
{
	return count ? s->e->sum[s->w->group_start[g] + count - 1] : 0;
}

static double part_sum(const struct spread *s, uint32_t g, uint32_t count)
{
	return count ? s->e->sum[s->w->group_start[g + 1] - count] : 0;
}

/* Least cost of count nodes of a group, which has them, and how many of them are whole ones. */
static double group_cost(const struct spread *s, uint32_t g, uint32_t count, uint32_t *whole)
{
	uint32_t least = count > s->e->part[g] ? count - s->e->part[g] : 0;
	uint32_t most = count < s->e->whole[g] ? count : s->e->whole[g];
	double best = INFINITY;

	*whole = least;
	for (uint32_t a = least; a <= most; a++) {
		double cost = whole_sum(s, g, a) + part_sum(s, g, count - a) + fb_cluster_group_harm(s->w, g, a);

		if (cost < best) {
			best = cost;
			*whole = a;
		}
	}
	return best;
}

static uint32_t group_room(const struct spread *s, uint32_t g)
{
	return s->e->whole[g] + s->e->part[g];
}

/* The best node that is left takes the rest. */
static bool rest_take(const struct spread *s, const struct cell *cell)
{
	struct work *w = s->w;
	double best = INFINITY;
	uint32_t chosen = NONE;

	for (uint32_t k = 0; k < w->kinds; k++) {
		struct option option;

		if (!kind_option(s, &w->kind[k], s->shape.rest, &option))
			continue;
		for (uint32_t n = w->kind[k].first; n != NONE; n = w->next[n]) {
			uint32_t g = group_of(w, n), whole = 0;

			if (s->e->mark[n] || !cell_holds(w, cell, g))
				continue;
			if (w->kind[k].whole && s->e->taken[g])
				group_cost(s, g, s->e->taken[g], &whole);
			double cost = option.harm + (s->e->taken[g] ? 0 : s->span) +
				      fb_cluster_group_harm(w, g, whole + w->kind[k].whole) -
				      fb_cluster_group_harm(w, g, whole);
			if (cost < best) {
				best = cost;
				chosen = n;
			}
		}
	}
	if (chosen == NONE)
		return false;
	s->e->mark[chosen] = (uint16_t)s->shape.rest;
	return true;
}

/* Make the placement of what each group gives. */
static void taken_offer(const struct spread *s, const struct cell *cell)
{
	struct work *w = s->w;
	uint32_t required = 0, whole = 0;

	memset(s->e->mark, 0, w->nodes * sizeof(*s->e->mark));
	for (uint32_t g = 0; g <= w->groups; g++) {
		if (!s->e->taken[g])
			continue;
		group_cost(s, g, s->e->taken[g], &whole);
		for (uint32_t i = 0; i < whole; i++)
			s->e->mark[s->e->list[w->group_start[g] + i]] = (uint16_t)s->shape.count;
		for (uint32_t i = 0; i < s->e->taken[g] - whole; i++)
			s->e->mark[s->e->list[w->group_start[g + 1] - 1 - i]] = (uint16_t)s->shape.count;
	}
	if (s->shape.rest && !rest_take(s, cell))
		return;
	w->tried = 0;
	for (uint32_t i = 0; i < w->nodes; i++) {
		uint32_t n = w->order[i], k = w->kind_of[n], count = s->e->mark[n];
		struct option option = s->e->option[k];

		if (!count)
			continue;
		if (count != s->shape.count)
			kind_option(s, &w->kind[k], count, &option);
		required += w->kind[k].required;
		w->try_place[w->tried++] = (struct fb_engine_place){ n, (uint16_t)count, option.gpus };
	}
	if (required == w->required)
		fb_cluster_offer(w);
}

/* The one group that is best for all. */
static void groups_single(const struct spread *s)
{
	struct cell cell = { .level = LEVEL_GROUP, .threshold = s->threshold };
	double best = INFINITY;

	for (uint32_t g = 0; g < s->w->groups; g++) {
		uint32_t whole;
		double cost = group_room(s, g) < s->shape.nodes ? INFINITY : group_cost(s, g, s->shape.nodes, &whole);

		if (cost < best) {
			best = cost;
			cell.unit = g;
		}
	}
	if (isinf(best))
		return;
	memset(s->e->taken, 0, (s->w->groups + 1) * sizeof(*s->e->taken));
	s->e->taken[cell.unit] = s->shape.nodes;
	taken_offer(s, &cell);
}

static void group_deal(const struct spread *s, uint32_t g, double *cost)
{
	uint32_t nodes = s->shape.nodes, room = group_room(s, g) < nodes ? group_room(s, g) : nodes, whole;
	uint16_t *back = s->e->back + (size_t)g * (EVEN_NODES + 1);
	double own[EVEN_NODES + 1];

	for (uint32_t x = 1; x <= room; x++)
		own[x] = group_cost(s, g, x, &whole) + s->span;
	for (uint32_t m = nodes; m > 0; m--) {
		back[m] = 0;
		for (uint32_t x = 1; x <= room && x <= m; x++) {
			if (cost[m - x] + own[x] < cost[m]) {
				cost[m] = cost[m - x] + own[x];
				back[m] = (uint16_t)x;
			}
		}
	}
}

/* Deal the nodes out over the groups of a cell in the best way. */
static bool groups_deal(const struct spread *s, const struct cell *cell)
{
	double cost[EVEN_NODES + 1];
	uint32_t left = s->shape.nodes;

	cost[0] = 0;
	for (uint32_t m = 1; m <= left; m++)
		cost[m] = INFINITY;
	for (uint32_t g = 0; g <= s->w->groups; g++)
		if (cell_holds(s->w, cell, g) && group_room(s, g))
			group_deal(s, g, cost);
	if (isinf(cost[left]))
		return false;
	for (uint32_t g = (uint32_t)s->w->groups + 1; g-- > 0;) {
		s->e->taken[g] = 0;
		if (cell_holds(s->w, cell, g) && group_room(s, g) && left)
			s->e->taken[g] = s->e->back[(size_t)g * (EVEN_NODES + 1) + left];
		left -= s->e->taken[g];
	}
	return true;
}

/* The required nodes come first in each group; false if one of them cannot take part. */
static bool required_deal(const struct spread *s, const struct cell *cell, uint32_t *left)
{
	memset(s->e->taken, 0, (s->w->groups + 1) * sizeof(*s->e->taken));
	for (uint32_t i = 0; s->w->required && i < s->w->nodes; i++) {
		uint32_t g = group_of(s->w, s->w->order[i]);

		if (!s->w->kind[s->w->kind_of[s->w->order[i]]].required)
			continue;
		if (!cell_holds(s->w, cell, g) || s->e->taken[g] == group_room(s, g) || !*left)
			return false;
		s->e->taken[g]++;
		(*left)--;
	}
	return true;
}

/* For large jobs: groups that hold the most, and at last the smallest that holds what is left. */
static bool groups_fill(const struct spread *s, const struct cell *cell)
{
	uint32_t left = s->shape.nodes;

	if (!required_deal(s, cell, &left))
		return false;
	while (left) {
		uint32_t best = NONE, best_room = 0;

		for (uint32_t g = 0; g <= s->w->groups; g++) {
			uint32_t room = cell_holds(s->w, cell, g) ? group_room(s, g) : 0;

			if (room <= s->e->taken[g])
				continue;
			room -= s->e->taken[g];
			if (best == NONE || (best_room < left && room > best_room) ||
			    (room >= left && room < best_room)) {
				best = g;
				best_room = room;
			}
		}
		if (best == NONE)
			return false;
		best_room = best_room < left ? best_room : left;
		s->e->taken[best] += best_room;
		left -= best_room;
	}
	return true;
}

/* Whether a score of at least this much cannot win. */
static bool hopeless(const struct work *w, double score)
{
	return w->found && score >= w->found_score;
}

static void shape_try(struct spread *s)
{
	struct work *w = s->w;
	uint32_t units = s->level == LEVEL_ALL ? 1 : (uint32_t)w->pods, kinds;
	uint32_t gpus = s->shape.nodes * s->shape.count + s->shape.rest;
	double least = fb_cluster_loss(w, gpus, s->threshold) + s->shape.nodes * options_fill(s, &kinds);

	/* The least level that is searched has the single groups too; wider ones cannot do better with them. */
	bool single = s->level == LEVEL_GROUP || w->over[s->level] <= w->over[LEVEL_GROUP];
	/* So these have two groups at least, unless all nodes are of none. */
	bool loose = s->level == LEVEL_ALL && w->group_start[w->groups] < w->nodes;
	double wider = loose ? least : least + w->span * gpus;

	s->span = w->span * gpus;
	if (!kinds || hopeless(w, single ? least : wider))
		return;
	lists_fill(s, kinds);
	if (single)
		groups_single(s);
	for (uint32_t unit = 0; s->level != LEVEL_GROUP && unit < units; unit++) {
		struct cell cell = { s->level, unit, s->threshold };

		if (hopeless(w, wider))
			return;
		if (s->shape.nodes <= EVEN_NODES ? groups_deal(s, &cell) : groups_fill(s, &cell))
			taken_offer(s, &cell);
	}
}

/* So many GPUs on so many nodes, as evenly as it goes. */
static struct shape shape_of(uint32_t gpus, uint32_t nodes)
{
	uint32_t count = (gpus + nodes - 1) / nodes;

	if (count * nodes == gpus)
		return (struct shape){ nodes, count, 0 };
	if (count * (nodes - 1) >= gpus)
		count = gpus / nodes;
	return (struct shape){ nodes - 1, count, gpus - count * (nodes - 1) };
}

void fb_cluster_even(struct work *w, enum level level, double threshold)
{
	struct spread s = { .w = w, .e = w->even, .level = level, .threshold = threshold };
	uint32_t most = 1, first, last = w->nodes_max;

	if (w->job->per_node) {
		s.shape = (struct shape){ w->nodes_max, w->job->per_node, 0 };
		shape_try(&s);
		return;
	}
	for (size_t k = 0; k < w->kinds; k++)
		most = w->kind[k].most > most ? w->kind[k].most : most;
	first = (w->job->gpus + most - 1) / most;
	first = first > w->nodes_min ? first : w->nodes_min;
	last = last < w->job->gpus ? last : w->job->gpus;
	for (uint32_t n = first; n <= last && n < first + SHAPES; n++) {
		s.shape = shape_of(w->job->gpus, n);
		shape_try(&s);
	}
}
