/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How many of a job's equal nodes each group gives: one group all of them, the best distribution by dynamic
 * programming, or, for large jobs, whole groups, the fullest first.
 */
#include <string.h>

#include "topology/engine/cluster_even.h"

static void taken_clear(const struct spread *s)
{
	memset(s->e->taken, 0, (s->w->groups + 1) * sizeof(*s->e->taken));
}

/* Nodes that the groups of a cell have for the job, together. */
static uint64_t cell_room(const struct spread *s, struct groups groups)
{
	uint64_t room = 0;

	for (size_t i = 0; i < groups.count; i++)
		room += group_room(s, groups.group[i]);
	return room;
}

bool fb_cluster_deal_single(const struct spread *s, struct cell *cell)
{
	double best = INFINITY;

	for (uint32_t g = 0; g < s->w->groups; g++) {
		uint32_t whole;
		double cost = group_room(s, g) < s->shape.nodes ?
				      INFINITY :
				      fb_cluster_group_cost(s, g, s->shape.nodes, &whole);

		if (cost < best) {
			best = cost;
			cell->unit = g;
		}
	}
	if (isinf(best))
		return false;
	cell->level = LEVEL_GROUP;
	taken_clear(s);
	s->e->taken[cell->unit] = s->shape.nodes;
	return true;
}

static void group_deal(const struct spread *s, uint32_t g, double *cost)
{
	uint32_t nodes = s->shape.nodes, room = group_room(s, g) < nodes ? group_room(s, g) : nodes, whole;
	uint16_t *back = s->e->back + (size_t)g * (EVEN_NODES + 1);
	double own[EVEN_NODES + 1];

	for (uint32_t x = 1; x <= room; x++)
		own[x] = fb_cluster_group_cost(s, g, x, &whole) + s->span;
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

bool fb_cluster_deal(const struct spread *s, const struct cell *cell)
{
	struct groups groups = cell_groups(s->w, cell);
	uint32_t left = s->shape.nodes;
	double cost[EVEN_NODES + 1];

	if (cell_room(s, groups) < left)
		return false;
	cost[0] = 0;
	for (uint32_t m = 1; m <= left; m++)
		cost[m] = INFINITY;
	for (size_t i = 0; i < groups.count; i++)
		if (group_room(s, groups.group[i]))
			group_deal(s, groups.group[i], cost);
	if (isinf(cost[left]))
		return false;
	taken_clear(s);
	for (size_t i = groups.count; i-- > 0 && left;) {
		uint32_t g = groups.group[i];

		if (group_room(s, g))
			s->e->taken[g] = s->e->back[(size_t)g * (EVEN_NODES + 1) + left];
		left -= s->e->taken[g];
	}
	return true;
}

/* The required nodes come first in each group; false if one of them cannot take part. */
static bool required_deal(const struct spread *s, struct groups groups, uint32_t *left)
{
	uint32_t required = 0;

	taken_clear(s);
	for (size_t i = 0; s->w->required && i < groups.count; i++) {
		uint32_t g = groups.group[i];

		s->e->taken[g] = s->w->required_in[g];
		if (s->e->taken[g] > group_room(s, g))
			return false;
		required += s->e->taken[g];
	}
	if (required < s->w->required || required > *left)
		return false;
	*left -= required;
	return true;
}

static uint32_t group_left(const struct spread *s, uint32_t g)
{
	return group_room(s, g) - s->e->taken[g];
}

/* The fullest first, then in their order. */
static void groups_sort(const struct spread *s, uint32_t *order, size_t count)
{
	for (size_t gap = count / 2; gap > 0; gap /= 2) {
		for (size_t i = gap; i < count; i++) {
			uint32_t g = order[i], room = group_left(s, g);
			size_t at = i;

			for (; at >= gap; at -= gap) {
				uint32_t other = order[at - gap], has = group_left(s, other);

				if (room < has || (room == has && g > other))
					break;
				order[at] = other;
			}
			order[at] = g;
		}
	}
}

/* Groups that hold the most, and at last the smallest that holds what is left. */
bool fb_cluster_deal_many(const struct spread *s, const struct cell *cell)
{
	struct groups groups = cell_groups(s->w, cell);
	uint32_t left = s->shape.nodes, *order = s->e->group_order;
	size_t count = 0, at = 0;

	if (cell_room(s, groups) < left || !required_deal(s, groups, &left))
		return false;
	for (size_t i = 0; i < groups.count; i++)
		if (group_left(s, groups.group[i]))
			order[count++] = groups.group[i];
	groups_sort(s, order, count);
	while (left) {
		size_t last = at;

		if (group_left(s, order[at]) < left) {
			left -= group_left(s, order[at]);
			s->e->taken[order[at]] += group_left(s, order[at]);
			at++;
			continue;
		}
		while (last + 1 < count && group_left(s, order[last + 1]) >= left)
			last++;
		while (last > at && group_left(s, order[last - 1]) == group_left(s, order[last]))
			last--;
		s->e->taken[order[last]] += left;
		left = 0;
	}
	return true;
}
