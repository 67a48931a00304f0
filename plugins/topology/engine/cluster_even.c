/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Choosing several nodes on large clusters: jobs that take the same number of GPUs on each node, but for one node that may
 * take the rest. Inside a group the cheapest nodes are taken, for every number of them the best mixture of whole nodes and
 * others; over groups the numbers are dealt out. That is complete for up to EVEN_NODES equal shares; the node of the rest
 * is then the best that is left, and larger jobs fill groups, the fullest first.
 */
#include <string.h>

#include "topology/engine/cluster_even.h"

/* Whether a score of at least this much cannot win. */
static bool hopeless(const struct work *w, double score)
{
	return w->found && score >= w->found_score;
}

/* The node that would take the rest, and what it costs. */
struct rest {
	uint32_t node, kind;
	double cost;
};

/* The nodes of one group that are left. */
static void rest_seek(const struct spread *s, uint32_t g, struct rest *best)
{
	const struct work *w = s->w;
	uint32_t broken = 0, taken = s->e->taken[g];
	double span = taken ? 0 : s->span;

	if (taken)
		fb_cluster_group_cost(s, g, taken, &broken);
	for (uint32_t i = w->group_start[g]; i < w->group_start[g + 1]; i++) {
		uint32_t n = w->order[i], k = w->kind_of[n], whole = w->kind[k].whole ? broken : 0;
		double cost = s->e->rest[k].harm + span;

		if (isinf(cost) || s->e->mark[n])
			continue;
		cost = cost + group_harm(w, g, whole + w->kind[k].whole) - group_harm(w, g, whole);
		if (cost < best->cost || (cost <= best->cost && (k < best->kind || (k == best->kind && n < best->node))))
			*best = (struct rest){ n, k, cost };
	}
}

/* The best node that is left takes the rest. */
static uint32_t rest_take(struct spread *s, struct groups groups)
{
	struct rest best = { NONE, NONE, INFINITY };

	if (!s->rested)
		fb_cluster_rests(s);
	for (size_t i = 0; i < groups.count; i++)
		rest_seek(s, groups.group[i], &best);
	if (isinf(best.cost))
		return NONE;
	s->e->mark[best.node] = (uint16_t)s->shape.rest;
	return best.node;
}

/* Mark the cheapest nodes, as many as each group gives; 0 for the count takes the marks back. */
static void taken_mark(const struct spread *s, struct groups groups, uint16_t count)
{
	const uint32_t *list = s->e->list, *start = s->w->group_start;

	for (size_t i = 0; i < groups.count; i++) {
		uint32_t g = groups.group[i], taken = s->e->taken[g], whole;

		if (!taken)
			continue;
		fb_cluster_group_cost(s, g, taken, &whole);
		for (uint32_t nth = 0; nth < whole; nth++)
			s->e->mark[list[start[g] + nth]] = count;
		for (uint32_t nth = 0; nth < taken - whole; nth++)
			s->e->mark[list[start[g + 1] - 1 - nth]] = count;
	}
}

/* The marked nodes as a placement, in the order of their groups; returns how many of them are required. */
static uint32_t marked_collect(const struct spread *s, struct groups groups, uint32_t rest)
{
	struct work *w = s->w;
	uint32_t required = 0;

	w->tried = 0;
	for (size_t i = 0; i < groups.count; i++) {
		uint32_t g = groups.group[i];

		if (!s->e->taken[g] && (rest == NONE || group_of(w, rest) != g))
			continue;
		for (uint32_t at = w->group_start[g]; at < w->group_start[g + 1]; at++) {
			uint32_t n = w->order[at], k = w->kind_of[n];
			const struct option *option = n == rest ? s->e->rest : s->e->option;

			if (!s->e->mark[n])
				continue;
			required += w->kind[k].required;
			w->try_place[w->tried++] = (struct fb_engine_place){ n, s->e->mark[n], option[k].gpus };
		}
	}
	return required;
}

/* Whether a placement of the present nodes and one more, of so many GPUs in all, cannot win. */
static bool outdone(struct spread *s, struct groups groups)
{
	uint32_t gpus = s->shape.nodes * s->shape.count + s->shape.rest;

	if (!s->w->found)
		return false;
	marked_collect(s, groups, NONE);
	return hopeless(s->w, fb_cluster_score_least(s->w, s->w->try_place, s->w->tried, gpus));
}

/* Make the placement of what each group gives. */
static void taken_offer(struct spread *s, const struct cell *cell)
{
	struct groups groups = cell_groups(s->w, cell);
	uint32_t rest = NONE;
	bool fits = true;

	taken_mark(s, groups, (uint16_t)s->shape.count);
	if (s->shape.rest) {
		fits = !outdone(s, groups);
		if (fits)
			rest = rest_take(s, groups);
		fits = rest != NONE;
	}
	if (fits && marked_collect(s, groups, rest) == s->w->required)
		fb_cluster_offer(s->w);
	taken_mark(s, groups, 0);
	if (rest != NONE)
		s->e->mark[rest] = 0;
}

/* Each cell of the level. */
static void cells_try(struct spread *s, double wider)
{
	uint32_t units = s->level == LEVEL_ALL ? 1 : (uint32_t)s->w->pods;

	for (uint32_t unit = 0; unit < units; unit++) {
		struct cell cell = { s->level, unit, s->threshold };

		if (hopeless(s->w, wider))
			return;
		if (s->shape.nodes <= EVEN_NODES ? fb_cluster_deal(s, &cell) : fb_cluster_deal_many(s, &cell))
			taken_offer(s, &cell);
	}
}

static void shape_try(struct spread *s)
{
	struct work *w = s->w;
	uint32_t gpus = s->shape.nodes * s->shape.count + s->shape.rest, kinds;
	struct cell cell = { .threshold = s->threshold };
	double least;

	kinds = fb_cluster_options(s, &least);
	least = fb_cluster_loss(w, gpus, s->threshold) + s->shape.nodes * least;

	/* The least level that is searched has the single groups too; wider ones cannot do better with them. */
	bool single = s->level == LEVEL_GROUP || w->over[s->level] <= w->over[LEVEL_GROUP];
	/* So these have two groups at least, unless all nodes are of none. */
	bool loose = s->level == LEVEL_ALL && w->group_start[w->groups] < w->nodes;
	double wider = loose ? least : least + w->span * gpus;

	s->span = w->span * gpus;
	if (!kinds || hopeless(w, single ? least : wider))
		return;
	fb_cluster_lists(s);
	if (single && fb_cluster_deal_single(s, &cell))
		taken_offer(s, &cell);
	if (s->level != LEVEL_GROUP)
		cells_try(s, wider);
}

/*
 * Where no node gives anything else than at the threshold before, the search would end as it did then, with a placement
 * that has been compared already.
 */
static void shape_at(struct work *w, enum level level, double threshold, uint32_t nth, struct shape shape)
{
	struct spread s = { .w = w,
			    .e = w->even,
			    .level = level,
			    .threshold = threshold,
			    .shape = shape,
			    .again = -INFINITY };

	if (threshold > w->even->again[level][nth])
		return;
	shape_try(&s);
	w->even->again[level][nth] = s.again;
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

void fb_cluster_even_begin(struct work *w)
{
	struct even *e = w->even;

	e->counts = 0;
	e->listed = false;
	for (enum level level = 0; level < LEVELS; level++)
		for (size_t i = 0; i < SHAPES; i++)
			e->again[level][i] = INFINITY;
	memset(e->mark, 0, w->nodes * sizeof(*e->mark));
}

void fb_cluster_even(struct work *w, enum level level, double threshold)
{
	uint32_t most = 1, first, last = w->nodes_max;

	if (w->job->per_node) {
		shape_at(w, level, threshold, 0, (struct shape){ w->nodes_max, w->job->per_node, 0 });
		return;
	}
	for (size_t k = 0; k < w->kinds; k++)
		most = w->kind[k].most > most ? w->kind[k].most : most;
	first = (w->job->gpus + most - 1) / most;
	first = first > w->nodes_min ? first : w->nodes_min;
	last = last < w->job->gpus ? last : w->job->gpus;
	for (uint32_t n = first; n <= last && n < first + SHAPES; n++)
		shape_at(w, level, threshold, n - first, shape_of(w->job->gpus, n));
}
