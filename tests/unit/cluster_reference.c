/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cluster_reference.h"

#define SYS_GBPS (10 / 1.2)
#define NET_GBPS 10.0
#define P2P_GBPS 12.0 /* every P2P link of the tests is as fast, no other is */

static int bits(unsigned int set)
{
	int n = 0;

	for (; set; set >>= 1)
		n += (int)(set & 1);
	return n;
}

/* The most that a set is worth when it is cut into sets of size, whatever the first of them. */
static double room(const struct reference_type *type, int size, unsigned int set)
{
	double best = 0;

	for (unsigned int part = set; part; part = (part - 1) & set) {
		if (bits(part) != size)
			continue;
		double sum = type->value[part] * size + type->room[size][set & ~part];
		best = sum > best ? sum : best;
	}
	return best;
}

void reference_type_init(struct reference_type *type)
{
	for (int size = 2; size <= 8; size *= 2)
		for (unsigned int set = 0; set < 1u << type->gpus; set++)
			type->room[size][set] = room(type, size, set);
	for (unsigned int set = 0; set < 1u << type->gpus; set++)
		if (type->value[set] > type->best[bits(set)])
			type->best[bits(set)] = type->value[set];
}

static double best_inside(const struct reference_node *node, int count)
{
	if (count < 2)
		return 0;
	if (!node->type)
		return SYS_GBPS;
	return count <= node->type->gpus ? node->type->best[count] : 0;
}

static double net_of(const struct reference_node *node, int count)
{
	double net = node->net > 0 ? node->net : NET_GBPS;

	return node->type && count < node->type->gpus ? net * count / node->type->gpus : net;
}

static double ideal(const struct reference_cluster *c, const struct reference_job *job)
{
	int alone = job->per_node ? job->per_node : job->gpus;
	double best = 0;

	for (int i = 0; i < c->nodes; i++) {
		double net = net_of(&c->node[i], job->per_node ? job->per_node : job->gpus - 1);
		double inside = best_inside(&c->node[i], alone);

		if (job->per_node > 1 && inside < net)
			net = inside;
		if (job->nodes_min == 1 && inside > best)
			best = inside;
		if (job->nodes_max > 1 && job->gpus != 1 && net > best)
			best = net;
	}
	return best;
}

static double gbps_of(const struct reference_cluster *c, const struct reference_choice *choice, int *gpus, int *groups)
{
	double value = 1e9, net = 1e9;
	bool used[REFERENCE_NODES_MAX + 1] = { 0 }, pods = false;
	int nodes = 0, pod = -1;

	*gpus = *groups = 0;
	for (int i = 0; i < c->nodes; i++) {
		const struct reference_node *node = &c->node[i];
		int count = bits(choice->set[i]);
		double inside = count < 2 ? 1e9 : node->type ? node->type->value[choice->set[i]] : SYS_GBPS;

		if (!count)
			continue;
		nodes++;
		*gpus += count;
		value = inside < value ? inside : value;
		net = net_of(node, count) < net ? net_of(node, count) : net;
		*groups += !used[node->group + 1];
		used[node->group + 1] = true;
		if (node->group < 0 || (pod >= 0 && pod != c->pod[node->group]))
			pods = true;
		if (node->group >= 0)
			pod = c->pod[node->group];
	}
	if (nodes < 2)
		return *gpus < 2 ? 0 : value;
	if (pods)
		net /= c->leaf * c->over_pod;
	else if (*groups > 1)
		net /= c->leaf;
	return net < value ? net : value;
}

static bool whole(const struct reference_node *node)
{
	return node->type && node->idle == (1u << node->type->gpus) - 1;
}

/* What a set is to jobs of a size: a twentieth that they fit, the rest how fast they are. */
static double size_value(const struct reference_type *type, unsigned int set, int size, double best)
{
	return .05 * (type->gpus < size ? 0 : bits(set) / size * size) + (best > 0 ? .95 * type->room[size][set] / best : 0);
}

static double node_harm(const struct reference_cluster *c, const struct reference_job *job, int i, unsigned int set)
{
	const struct reference_type *type = c->node[i].type;
	unsigned int all = type ? (1u << type->gpus) - 1 : 0;
	double harm = job->nodes_min == 1 && bits(set) > 1 && (!type || type->value[set] < P2P_GBPS) ? bits(set) : 0;

	for (int size = 2; type && size <= 8; size *= 2) {
		double best = 0, share = 0;

		for (int n = 0; n < c->nodes; n++)
			best = best_inside(&c->node[n], size) > best ? best_inside(&c->node[n], size) : best;
		for (int s = size / 2 + 1; s <= size; s++)
			share += job->mix_gpus[s - 1];
		harm += share * (.4 * (size_value(type, c->node[i].idle, size, best) -
				       size_value(type, c->node[i].idle & ~set, size, best)) +
				 .6 * (size_value(type, all, size, best) - size_value(type, all & ~set, size, best)));
	}
	return harm;
}

static double group_harm(const struct reference_cluster *c, const struct reference_job *job, int group,
			 const struct reference_choice *choice)
{
	int before = 0, after = 0, gpus = 0;
	double harm = 0;

	for (int i = 0; i < c->nodes; i++) {
		if (c->node[i].type && c->node[i].type->gpus > gpus)
			gpus = c->node[i].type->gpus;
		if (c->node[i].group != group || !whole(&c->node[i]))
			continue;
		before++;
		after += !choice->set[i];
	}
	for (int size = 2; size < REFERENCE_SIZES + 2; size++)
		harm += job->mix_nodes[size - 2] * gpus * (.1 + 1 - 1 / c->leaf) *
			(before / size * size - after / size * size);
	return harm;
}

double reference_score(const struct reference_cluster *c, const struct reference_job *job,
		       const struct reference_choice *choice, double *gbps)
{
	int gpus, groups;
	double best = ideal(c, job), score = 0;

	*gbps = gbps_of(c, choice, &gpus, &groups);
	if (gpus > 1 && *gbps < best)
		score += gpus * (1 - *gbps / best);
	score += (job->harm ? .5 : 1e-7) * gpus * (groups - 1);
	for (int i = 0; job->harm && i < c->nodes; i++)
		if (choice->set[i])
			score += node_harm(c, job, i, choice->set[i]);
	for (int g = 0; job->harm && g < c->groups; g++)
		score += group_harm(c, job, g, choice);
	return score;
}

struct attempt {
	const struct reference_cluster *c;
	const struct reference_job *job;
	int nodes_min, nodes_max;
	unsigned int ceiling;
	struct reference_choice choice;
	bool any;
	double score, gbps;
};

static bool choice_allowed(const struct attempt *a, int nodes, int gpus)
{
	int group = -2;

	if (nodes < a->nodes_min || nodes > a->nodes_max || (!a->job->per_node && gpus != a->job->gpus))
		return false;
	for (int i = 0; a->job->one_group && nodes > 1 && i < a->c->nodes; i++) {
		if (!a->choice.set[i])
			continue;
		if (a->c->node[i].group < 0 || (group != -2 && group != a->c->node[i].group))
			return false;
		group = a->c->node[i].group;
	}
	return true;
}

static void nodes_try(struct attempt *a, int i, int nodes, int gpus);

static void sets_try(struct attempt *a, int i, int nodes, int gpus)
{
	const struct reference_node *node = &a->c->node[i];
	unsigned int sets = node->type ? 1u << node->type->gpus : REFERENCE_SETS;

	for (unsigned int set = 1; set < sets; set++) {
		int count = bits(set);

		if (node->type ? (set & ~node->free) != 0 : (set & (set + 1)) != 0)
			continue;
		if (count < node->least || count > node->most || (a->job->per_node && count != a->job->per_node) ||
		    (!a->job->per_node && gpus + count > a->job->gpus))
			continue;
		if (a->job->one_island && count > 1 && (!node->type || node->type->value[set] < P2P_GBPS))
			continue;
		a->choice.set[i] = set;
		nodes_try(a, i + 1, nodes + 1, gpus + count);
	}
	a->choice.set[i] = 0;
}

static void nodes_try(struct attempt *a, int i, int nodes, int gpus)
{
	double score, gbps;

	if (nodes > a->nodes_max)
		return;
	if (i < a->c->nodes) {
		const struct reference_node *node = &a->c->node[i];

		a->choice.set[i] = 0;
		if (!node->required)
			nodes_try(a, i + 1, nodes, gpus);
		if (node->required || node->weight <= a->ceiling)
			sets_try(a, i, nodes, gpus);
		return;
	}
	if (!choice_allowed(a, nodes, gpus))
		return;
	score = reference_score(a->c, a->job, &a->choice, &gbps);
	if (!a->any || score < a->score)
		a->score = score;
	if (!a->any || gbps > a->gbps)
		a->gbps = gbps;
	a->any = true;
}

static bool weights_try(struct attempt *a)
{
	for (a->ceiling = 0; a->ceiling < 4; a->ceiling++) {
		nodes_try(a, 0, 0, 0);
		if (a->any)
			return true;
	}
	return false;
}

bool reference_place(const struct reference_cluster *c, const struct reference_job *job, double *score, double *gbps)
{
	struct attempt a = { .c = c, .job = job, .nodes_min = job->nodes_min, .nodes_max = job->nodes_max };

	for (int n = job->nodes_max; job->per_node && n >= job->nodes_min; n--) {
		a.nodes_min = a.nodes_max = n;
		if (weights_try(&a))
			break;
	}
	if (!job->per_node)
		weights_try(&a);
	*score = a.score;
	*gbps = a.gbps;
	return a.any;
}
