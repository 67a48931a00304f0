/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What each kind of node gives in a search by equal shares, and of each group the nodes in the order of their costs.
 * Most thresholds change nothing for most kinds, so an option is kept for as long as it is the best.
 */
#include <string.h>

#include "topology/engine/cluster_even.h"

/* What is kept of a count. */
static struct share *shares_of(const struct work *w, uint32_t count)
{
	struct even *e = w->even;
	struct share *share;
	size_t at = 0;

	while (at < e->counts && e->count[at] != count)
		at++;
	share = e->share + at * w->kinds;
	if (at == e->counts) {
		e->count[e->counts++] = count;
		for (size_t k = 0; k < w->kinds; k++)
			share[k] = share_none();
	}
	return share;
}

static struct option option_get(struct spread *s, uint32_t k, struct share *share, uint32_t count)
{
	const struct kind *kind = &s->w->kind[k];
	struct option option = { 0, INFINITY };
	double net;

	if (!kind_allowed(s->w, kind) || !kind_gives(kind, count))
		return option;
	net = kind_net(kind, count) / s->w->over[s->level];
	if (net < s->threshold) {
		s->again = net > s->again ? net : s->again;
		return option;
	}
	option = *share_option(s->w, kind, count, s->threshold, share);
	s->again = share->reach.below > s->again ? share->reach.below : s->again;
	option.harm -= kind->required ? REQUIRED_FIRST : 0;
	return option;
}

uint32_t fb_cluster_options(struct spread *s, double *least)
{
	struct share *share = shares_of(s->w, s->shape.count);
	struct even *e = s->e;
	uint32_t kinds = 0;

	*least = INFINITY;
	for (uint32_t k = 0; k < s->w->kinds; k++) {
		struct option option = option_get(s, k, &share[k], s->shape.count);

		e->listed = e->listed && option.harm <= e->option[k].harm && option.harm >= e->option[k].harm;
		e->option[k] = option;
		if (isinf(option.harm))
			continue;
		kinds++;
		*least = option.harm < *least ? option.harm : *least;
	}
	return kinds;
}

void fb_cluster_rests(struct spread *s)
{
	struct share *share = shares_of(s->w, s->shape.rest);

	for (uint32_t k = 0; k < s->w->kinds; k++)
		s->e->rest[k] = option_get(s, k, &share[k], s->shape.rest);
	s->rested = true;
}

/* By cost, then the first seen: heap sort would do, but there are at most some hundred kinds. */
static void kinds_sort(const struct even *e, uint32_t count)
{
	uint32_t *order = e->kind_order;

	for (uint32_t gap = count / 2; gap > 0; gap /= 2) {
		for (uint32_t i = gap; i < count; i++) {
			uint32_t kind = order[i], at = i;

			for (; at >= gap; at -= gap) {
				uint32_t other = order[at - gap];
				double a = e->option[kind].harm, b = e->option[other].harm;

				if (a > b || (a >= b && kind > other))
					break;
				order[at] = other;
			}
			order[at] = kind;
		}
	}
}

static uint32_t kinds_order(const struct spread *s)
{
	uint32_t count = 0;

	for (uint32_t k = 0; k < s->w->kinds; k++)
		if (!isinf(s->e->option[k].harm))
			s->e->kind_order[count++] = k;
	kinds_sort(s->e, count);
	return count;
}

static void kind_list(const struct work *w, struct even *e, uint32_t k)
{
	const struct kind *kind = &w->kind[k];
	double cost = e->option[k].harm;

	for (uint32_t n = kind->first; n != NONE; n = w->next[n]) {
		uint32_t g = group_of(w, n);
		uint32_t nth = kind->whole ? e->whole[g]++ : e->part[g]++;
		uint32_t at = kind->whole ? w->group_start[g] + nth : w->group_start[g + 1] - 1 - nth;
		uint32_t before = kind->whole ? at - 1 : at + 1;

		e->list[at] = n;
		e->sum[at] = cost + (nth ? e->sum[before] : 0);
	}
}

void fb_cluster_lists(const struct spread *s)
{
	struct work *w = s->w;
	struct even *e = s->e;
	uint32_t kinds;

	if (e->listed)
		return;
	kinds = kinds_order(s);
	memset(e->whole, 0, (w->groups + 1) * sizeof(*e->whole));
	memset(e->part, 0, (w->groups + 1) * sizeof(*e->part));
	for (uint32_t i = 0; i < kinds; i++)
		kind_list(w, e, e->kind_order[i]);
	e->listed = true;
}

static double whole_sum(const struct spread *s, uint32_t g, uint32_t count)
{
	return count ? s->e->sum[s->w->group_start[g] + count - 1] : 0;
}

static double part_sum(const struct spread *s, uint32_t g, uint32_t count)
{
	return count ? s->e->sum[s->w->group_start[g + 1] - count] : 0;
}

double fb_cluster_group_cost(const struct spread *s, uint32_t g, uint32_t count, uint32_t *whole)
{
	uint32_t least = count > s->e->part[g] ? count - s->e->part[g] : 0;
	uint32_t most = count < s->e->whole[g] ? count : s->e->whole[g];
	double best = INFINITY;

	*whole = least;
	for (uint32_t a = least; a <= most; a++) {
		double cost = whole_sum(s, g, a) + part_sum(s, g, count - a) + group_harm(s->w, g, a);

		if (cost < best) {
			best = cost;
			*whole = a;
		}
	}
	return best;
}
