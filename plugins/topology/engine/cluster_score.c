/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The score of a placement: own loss and harm, and the GPUs of one node that score best. */
#include <string.h>

#include "topology/engine/cluster_parts.h"

#define GROUPS_TIE 1e-7			/* without a mix: of equal bandwidths, the fewer groups */
#define SCORE_TIE 1e-9

double fb_cluster_net(const struct kind *kind, uint32_t count)
{
	double net = kind->net > 0 ? (double)kind->net : FB_ENGINE_NET_GBPS;

	return kind->type && count < kind->type->gpus ? net * count / kind->type->gpus : net;
}

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
		double net = fb_cluster_net(&w->kind[k], job->per_node ? job->per_node : job->gpus - 1);

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
		w->fit[b] = FIT * share;
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

double fb_cluster_group_harm(const struct work *w, uint32_t group, uint32_t broken)
{
	if (group >= w->groups || !broken)
		return 0;
	return w->idle_room[w->idle[group]] - w->idle_room[w->idle[group] - broken];
}

static double room_of(const struct work *w, const struct fb_engine_type *type, unsigned int set)
{
	unsigned int count = (unsigned int)__builtin_popcount(set);
	double sum = 0;

	for (unsigned int b = 0; b < ROOMS && type->room[b]; b++)
		sum += w->room[b] * (double)type->room[b][set] + w->fit[b] * (count >> (b + 1) << (b + 1));
	return sum;
}

/* What taking a set does to later jobs of one node, and to this job where the set is no island. */
static double set_harm(const struct work *w, const struct kind *kind, unsigned int set)
{
	const struct fb_engine_type *type = kind->type;
	unsigned int all = (1u << type->gpus) - 1;
	double now = room_of(w, type, kind->idle) - room_of(w, type, kind->idle & ~set);
	double later = room_of(w, type, all) - room_of(w, type, all & ~set);
	double outside = fb_engine_p2p(type, (fb_gpuset)set) ? 0 : w->outside * __builtin_popcount(set);

	return (1 - LATER) * now + LATER * later + outside;
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

/* Best set by harm and, for a job alone on its node, own loss, among those whose ring reaches the threshold. */
static bool set_choose(const struct work *w, const struct kind *kind, uint32_t count, double threshold, bool alone,
		       struct candidate *best)
{
	const struct fb_engine_type *type = kind->type;
	struct candidate now;
	struct walk walk;

	best->set = 0;
	walk_start(&walk, kind->free, count);
	while ((now.set = walk_next(&walk))) {
		double value = type->rank_gbps[type->rank[now.set]];

		if ((count > 1 && value < threshold) ||
		    (w->job->one_island && !fb_engine_p2p(type, (fb_gpuset)now.set)))
			continue;
		now.score = set_harm(w, kind, now.set);
		if (alone)
			now.score += fb_cluster_loss(w, count, value);
		if (!best->set || candidate_better(kind, &now, best))
			*best = now;
		if (type->uniform)
			break;
	}
	return best->set;
}

static bool kind_gives(const struct kind *kind, uint32_t count)
{
	return count >= kind->least && count <= kind->most;
}

bool fb_cluster_option(const struct work *w, const struct kind *kind, uint32_t count, double threshold,
		       struct option *option)
{
	struct candidate best;

	if (!kind_gives(kind, count))
		return false;
	*option = (struct option){ 0, untyped_harm(w, count) };
	if (!kind->type)
		return count < 2 || (!w->job->one_island && threshold <= UNKNOWN_LINK_GBPS);
	if (!set_choose(w, kind, count, threshold, false, &best))
		return false;
	*option = (struct option){ (fb_gpuset)best.set, best.score };
	return true;
}

bool fb_cluster_option_alone(const struct work *w, const struct kind *kind, uint32_t count, struct option *option,
			     double *score)
{
	struct candidate best;

	if (!kind_gives(kind, count))
		return false;
	*option = (struct option){ 0, 0 };
	if (!kind->type) {
		*score = untyped_harm(w, count) + fb_cluster_loss(w, count, count > 1 ? UNKNOWN_LINK_GBPS : w->best);
		return count < 2 || !w->job->one_island;
	}
	if (!set_choose(w, kind, count, 0, true, &best))
		return false;
	option->gpus = (fb_gpuset)best.set;
	*score = best.score;
	return true;
}

/* What several nodes reach: the slowest node, over the levels that they span. */
struct span {
	uint32_t nodes, groups, group, pod;
	bool pods; /* of more than one pod, or unknown */
	double inside, net;
};

static void span_add(struct span *span, const struct fb_engine_fabric *fabric, uint32_t group, double inside,
		     double net)
{
	bool known = group < fabric->groups;
	uint32_t pod = known ? fabric->group[group].pod : 0;

	if (span->nodes++ == 0)
		*span = (struct span){ 1, 1, group, pod, !known, inside, net };
	span->pods = span->pods || !known || pod != span->pod;
	if (known != (span->group < fabric->groups) || group != span->group)
		span->groups = 2; /* or more: it is all that the bandwidth asks for */
	span->inside = inside < span->inside ? inside : span->inside;
	span->net = net < span->net ? net : span->net;
}

static double span_gbps(const struct span *span, const struct fb_engine_fabric *fabric)
{
	double net = span->net;

	if (span->nodes < 2)
		return isinf(span->inside) ? 0 : span->inside;
	if (span->pods)
		net /= fabric->leaf_oversubscription * fabric->pod_oversubscription;
	else if (span->groups > 1)
		net /= fabric->leaf_oversubscription;
	return net < span->inside ? net : span->inside;
}

static double inside_gbps(const struct fb_engine_type *type, fb_gpuset gpus, uint32_t count)
{
	if (count < 2)
		return INFINITY;
	return type ? fb_engine_value(type, gpus) : UNKNOWN_LINK_GBPS;
}

double fb_engine_held_gbps(const struct fb_engine_fabric *fabric, const struct fb_engine_held *held, size_t nodes)
{
	struct span span = { 0 };

	for (size_t i = 0; i < nodes; i++) {
		uint32_t count = (uint32_t)__builtin_popcount(held[i].gpus);
		struct kind kind = { .type = held[i].type, .net = held[i].net_gbps };

		if (count)
			span_add(&span, fabric, held[i].group, inside_gbps(kind.type, held[i].gpus, count),
				 fb_cluster_net(&kind, count));
	}
	return span.nodes ? span_gbps(&span, fabric) : 0;
}

/* Nodes of a placement lie by group, so that a group's are next to each other. */
double fb_cluster_score(const struct work *w, const struct fb_engine_place *place, size_t places,
			struct fb_engine_placement *placement)
{
	uint32_t gpus = 0, groups = 0, broken = 0, last = NONE;
	struct span span = { 0 };
	double harm = 0;

	for (size_t i = 0; i < places; i++) {
		const struct kind *kind = &w->kind[w->kind_of[place[i].node]];
		uint32_t group = group_of(w, place[i].node);

		if (group != last) {
			harm += groups ? fb_cluster_group_harm(w, last, broken) : 0;
			groups++;
			broken = 0;
		}
		last = group;
		broken += kind->whole;
		gpus += place[i].count;
		harm += kind->type ? set_harm(w, kind, place[i].gpus) : untyped_harm(w, place[i].count);
		span_add(&span, w->fabric, w->node[place[i].node].group,
			 inside_gbps(kind->type, place[i].gpus, place[i].count), fb_cluster_net(kind, place[i].count));
	}
	harm += fb_cluster_group_harm(w, last, broken);
	placement->places = places;
	placement->groups = groups;
	placement->gbps = span_gbps(&span, w->fabric);
	placement->score = fb_cluster_loss(w, gpus, gpus > 1 ? placement->gbps : w->best) + harm + w->span * gpus * (groups - 1);
	return placement->score;
}
