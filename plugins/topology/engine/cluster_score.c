/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The score of a placement: own loss and harm, and the GPUs of one node that score best. */
#include <string.h>

#include "topology/engine/cluster_parts.h"

#define GROUPS_TIE 1e-7			/* without a mix: of equal bandwidths, the fewer groups */
#define SCORE_TIE 1e-9

static double kind_best(const struct kind *kind, uint32_t count)
{
	if (count < 2)
		return 0;
	return kind->type ? fb_engine_best_value(kind->type, count) : UNKNOWN_LINK_GBPS;
}

/* Upper bound of the value on an idle cluster of these nodes. */
static double best_possible(const struct work *w)
{
	const struct fb_engine_job *job = w->job;
	uint32_t alone = job->per_node ? job->per_node : job->gpus;
	double single = 0, multi = 0;

	for (size_t k = 0; k < w->kinds; k++) {
		double inside = kind_best(&w->kind[k], alone);
		double net = kind_net(&w->kind[k], job->per_node ? job->per_node : job->gpus - 1);

		if (job->per_node > 1 && inside < net)
			net = inside;
		single = inside > single ? inside : single;
		multi = net > multi ? net : multi;
	}
	if (job->nodes_min > 1)
		single = 0;
	if (job->nodes_max < 2 || job->gpus == 1)
		multi = 0;
	return single > multi ? single : multi;
}

static void room_weights(struct work *w, const struct fb_engine_mix *mix)
{
	for (unsigned int b = 0; b < ROOMS; b++) {
		double best = 0, share = 0;

		for (size_t k = 0; k < w->kinds; k++) {
			double value = kind_best(&w->kind[k], 2u << b);

			best = value > best ? value : best;
		}
		/* jobs of 3 GPUs need the room of 4, and so on */
		for (unsigned int s = b ? 1u << b : 1; s < 2u << b; s++)
			share += mix->gpus[s];
		w->room[b] = best > 0 ? (1 - FIT) * share / best : 0;
		for (unsigned int c = 0; c <= GPUS; c++)
			w->fit[b][c] = FIT * share * (c >> (b + 1) << (b + 1));
	}
}

/* What m whole nodes of a group are to jobs of k: as many as go into them, of which each would lose by spanning groups. */
static void idle_room_fill(struct work *w, const struct fb_engine_mix *mix)
{
	uint32_t most = 0, gpus = 0;
	double span = SPAN_HARM + 1 - 1 / w->over[LEVEL_POD];

	for (size_t g = 0; g < w->groups; g++)
		most = w->idle[g] > most ? w->idle[g] : most;
	for (size_t k = 0; k < w->kinds; k++)
		if (w->kind[k].type && w->kind[k].type->gpus > gpus)
			gpus = w->kind[k].type->gpus;
	for (uint32_t m = 0; m <= most; m++) {
		w->idle_room[m] = 0;
		for (uint32_t s = 0; mix && s < FB_ENGINE_SIZES; s++)
			w->idle_room[m] += mix->nodes[s] * gpus * span * (m / (s + 2) * (s + 2));
	}
}

void fb_cluster_score_init(struct work *w, const struct fb_engine_mix *mix)
{
	w->best = best_possible(w);
	memset(w->room, 0, sizeof(w->room));
	memset(w->fit, 0, sizeof(w->fit));
	if (mix)
		room_weights(w, mix);
	idle_room_fill(w, mix);
	w->span = mix ? SPAN_LOSS : GROUPS_TIE;
	w->outside = mix && w->job->nodes_min == 1 ? ISLAND_LOSS : 0;
}

double fb_cluster_loss(const struct work *w, uint32_t gpus, double value)
{
	return w->best > 0 && value < w->best ? gpus * (1 - value / w->best) : 0;
}

static double room_of(const struct work *w, const struct fb_engine_type *type, unsigned int set, unsigned int count)
{
	double sum = 0;

	for (unsigned int b = 0; b < ROOMS && type->room[b]; b++)
		sum += w->room[b] * (double)type->room[b][set] + w->fit[b][count];
	return sum;
}

/* A node before GPUs are taken, as it is and as it will be when its other jobs have ended. */
struct state {
	const struct kind *kind;
	unsigned int now, later;	     /* sets */
	unsigned int now_count, later_count; /* their sizes */
	double now_room, later_room;
};

static struct state state_of(const struct work *w, const struct kind *kind)
{
	struct state state = { .kind = kind, .now = kind->idle, .later = (1u << kind->type->gpus) - 1 };

	state.now_count = (unsigned int)__builtin_popcount(state.now);
	state.later_count = kind->type->gpus;
	state.now_room = room_of(w, kind->type, state.now, state.now_count);
	state.later_room = room_of(w, kind->type, state.later, state.later_count);
	return state;
}

/* What taking a set does to later jobs of one node, and to this job where the set is no island. */
static double set_harm(const struct work *w, const struct state *state, unsigned int set, uint32_t count)
{
	const struct fb_engine_type *type = state->kind->type;
	double now = state->now_room - room_of(w, type, state->now & ~set, state->now_count - count);
	double later = state->later_room - room_of(w, type, state->later & ~set, state->later_count - count);
	double outside = w->outside > 0 && !fb_engine_p2p(type, (fb_gpuset)set) ? w->outside * count : 0;

	return state->kind->needed * ((1 - LATER) * now + LATER * later) + outside;
}

static double untyped_harm(const struct work *w, uint32_t count)
{
	return count > 1 ? w->outside * count : 0;
}

/* The sets of count GPUs of a kind, from the lowest on. */
struct walk {
	unsigned int bit[GPUS];
	unsigned int counter, end;
};

static void walk_start(struct walk *walk, unsigned int set, unsigned int count)
{
	unsigned int n = 0;

	for (; set; set &= set - 1)
		walk->bit[n++] = set & -set;
	walk->counter = (1u << count) - 1;
	walk->end = 1u << n;
}

static unsigned int walk_next(struct walk *walk)
{
	unsigned int set = 0, counter = walk->counter, ripple;

	if (counter >= walk->end)
		return 0;
	for (unsigned int rest = counter; rest; rest &= rest - 1)
		set |= walk->bit[__builtin_ctz(rest)];
	ripple = counter + (counter & -counter);
	walk->counter = ripple | ((counter ^ ripple) >> (2 + __builtin_ctz(counter)));
	return set;
}

/* Less score, then as fb_engine_choose(): a better ring, more links, more links left, lower indices. */
struct candidate {
	unsigned int set;
	double score;
};

static bool candidate_better(const struct kind *kind, const struct candidate *a, const struct candidate *b)
{
	const struct fb_engine_type *type = kind->type;

	if (fabs(a->score - b->score) > SCORE_TIE)
		return a->score < b->score;
	if (type->rank[a->set] != type->rank[b->set])
		return type->rank[a->set] > type->rank[b->set];
	if (type->sum[a->set] != type->sum[b->set])
		return type->sum[a->set] > type->sum[b->set];
	return type->sum[kind->idle & ~a->set] > type->sum[kind->idle & ~b->set];
}

/* Whether a set is good enough; if not, or just so, the reach of the choice ends at its value. */
static bool set_reaches(double value, double threshold, struct reach *reach)
{
	if (value < threshold) {
		reach->below = value > reach->below ? value : reach->below;
		return false;
	}
	reach->above = value < reach->above ? value : reach->above;
	return true;
}

/* Best set by harm and, for a job alone on its node, own loss, among those whose ring reaches the threshold. */
static bool set_choose(const struct work *w, const struct kind *kind, uint32_t count, double threshold, bool alone,
		       struct candidate *best, struct reach *reach)
{
	const struct fb_engine_type *type = kind->type;
	struct state state = state_of(w, kind);
	struct candidate now;
	struct walk walk;

	best->set = 0;
	walk_start(&walk, kind->free, count);
	while ((now.set = walk_next(&walk))) {
		double value = type->rank_gbps[type->rank[now.set]];

		if ((count < 2 || set_reaches(value, threshold, reach)) &&
		    (!w->job->one_island || fb_engine_p2p(type, (fb_gpuset)now.set))) {
			now.score = set_harm(w, &state, now.set, count);
			if (alone)
				now.score += fb_cluster_loss(w, count, value);
			if (!best->set || candidate_better(kind, &now, best))
				*best = now;
		}
		if (type->uniform)
			break;
	}
	return best->set;
}

/* GPUs of which nothing is known. */
static bool untyped_option(const struct work *w, uint32_t count, double threshold, struct option *option,
			   struct reach *reach)
{
	*option = (struct option){ 0, untyped_harm(w, count) };
	return count < 2 || (set_reaches(UNKNOWN_LINK_GBPS, threshold, reach) && !w->job->one_island);
}

bool fb_cluster_option(const struct work *w, const struct kind *kind, uint32_t count, double threshold,
		       struct option *option, struct reach *reach)
{
	struct candidate best;

	*reach = (struct reach){ -INFINITY, INFINITY };
	if (!kind_gives(kind, count))
		return false;
	if (!kind->type)
		return untyped_option(w, count, threshold, option, reach);
	if (!set_choose(w, kind, count, threshold, false, &best, reach))
		return false;
	*option = (struct option){ (fb_gpuset)best.set, best.score };
	return true;
}

bool fb_cluster_option_alone(const struct work *w, const struct kind *kind, uint32_t count, struct option *option,
			     double *score)
{
	struct candidate best;
	struct reach reach;

	if (!kind_gives(kind, count))
		return false;
	*option = (struct option){ 0, 0 };
	if (!kind->type) {
		*score = untyped_harm(w, count) + fb_cluster_loss(w, count, count > 1 ? UNKNOWN_LINK_GBPS : w->best);
		return count < 2 || !w->job->one_island;
	}
	if (!set_choose(w, kind, count, 0, true, &best, &reach))
		return false;
	option->gpus = (fb_gpuset)best.set;
	*score = best.score;
	return true;
}

static double inside_gbps(const struct fb_engine_type *type, fb_gpuset gpus, uint32_t count)
{
	if (count < 2)
		return INFINITY;
	return type ? fb_engine_value(type, gpus) : UNKNOWN_LINK_GBPS;
}

double fb_engine_held_gbps(const struct fb_engine_fabric *fabric, const struct fb_engine_held *held, size_t nodes)
{
	struct fb_engine_span span = { 0 };

	for (size_t i = 0; i < nodes; i++) {
		uint32_t count = (uint32_t)__builtin_popcount(held[i].gpus);
		struct kind kind = { .type = held[i].type, .net = held[i].net_gbps };

		if (count)
			fb_engine_span_add(&span, fabric, held[i].group, inside_gbps(kind.type, held[i].gpus, count),
				 kind_net(&kind, count));
	}
	return span.nodes ? fb_engine_span_gbps(&span, fabric) : 0;
}

/* A placement's nodes together. */
struct total {
	uint32_t gpus, groups;
	struct fb_engine_span span;
	double harm;
};

static void total_add(const struct work *w, const struct fb_engine_place *place, struct total *total)
{
	const struct kind *kind = &w->kind[w->kind_of[place->node]];

	total->gpus += place->count;
	if (kind->type) {
		struct state state = state_of(w, kind);

		total->harm += set_harm(w, &state, place->gpus, place->count);
	} else {
		total->harm += untyped_harm(w, place->count);
	}
	fb_engine_span_add(&total->span, w->fabric, w->node[place->node].group, inside_gbps(kind->type, place->gpus, place->count),
		 kind_net(kind, place->count));
}

/* Nodes of a placement lie by group, so that a group's are next to each other. */
static struct total total_of(const struct work *w, const struct fb_engine_place *place, size_t places)
{
	struct total total = { 0 };
	uint32_t broken = 0, last = NONE;

	for (size_t i = 0; i < places; i++) {
		uint32_t group = group_of(w, place[i].node);

		if (group != last) {
			total.harm += total.groups ? group_harm(w, last, broken) : 0;
			total.groups++;
			broken = 0;
		}
		last = group;
		broken += w->kind[w->kind_of[place[i].node]].whole;
		total_add(w, &place[i], &total);
	}
	total.harm += group_harm(w, last, broken);
	return total;
}

static double total_score(const struct work *w, const struct total *total, uint32_t gpus, double gbps)
{
	return fb_cluster_loss(w, gpus, gpus > 1 ? gbps : w->best) + total->harm + w->span * gpus * (total->groups - 1);
}

double fb_cluster_score(const struct work *w, const struct fb_engine_place *place, size_t places,
			struct fb_engine_placement *placement)
{
	struct total total = total_of(w, place, places);

	placement->places = places;
	placement->groups = total.groups;
	placement->gbps = fb_engine_span_gbps(&total.span, w->fabric);
	placement->score = total_score(w, &total, total.gpus, placement->gbps);
	return placement->score;
}

double fb_cluster_score_least(const struct work *w, const struct fb_engine_place *place, size_t places, uint32_t gpus)
{
	struct total total = total_of(w, place, places);
	/* of one node what it has inside: how it will reach the others, nobody knows */
	double gbps = places < 2 ? total.span.inside : fb_engine_span_gbps(&total.span, w->fabric);

	return total_score(w, &total, gpus, gbps);
}
