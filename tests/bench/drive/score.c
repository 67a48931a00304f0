/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "score.h"

#include <math.h>
#include <stdlib.h>

static fb_gpuset idle_of(const struct drive_node *node)
{
	return (fb_gpuset)(((1u << node->gpus) - 1) & ~(unsigned int)node->busy);
}

static bool island_idle(const struct drive_cluster *cluster, unsigned int count)
{
	for (size_t n = 0; n < cluster->nodes; n++) {
		fb_gpuset idle = idle_of(&cluster->node[n]);
		struct fb_engine_request request = { .free = idle, .idle = idle, .count = count };
		const struct fb_engine_type *type = cluster->node[n].type->engine;
		struct fb_engine_choice choice;

		if (__builtin_popcount(idle) >= (int)count && !fb_engine_choose(type, &request, &choice) && fb_engine_p2p(type, choice.gpus))
			return true;
	}
	return false;
}

/* Leaf groups of some nodes; each node without a group is one of its own. */
static size_t groups_of(const struct drive_cluster *cluster, const struct drive_part *part, size_t parts)
{
	size_t groups = 0;

	for (size_t p = 0; p < parts; p++) {
		size_t group = cluster->node[part[p].node].group;
		bool seen = false;

		for (size_t q = 0; q < p && group < cluster->file.fabric.groups; q++)
			seen |= cluster->node[part[q].node].group == group;
		groups += !seen;
	}
	return groups;
}

static int fewer(const void *a, const void *b)
{
	size_t x = *(const size_t *)a, y = *(const size_t *)b;

	return x < y ? 1 : x > y ? -1 : 0;
}

/* Fewest leaf groups that hold so many whole nodes of the largest size: of all, or of those that are idle. 0: they do not. */
static size_t groups_fewest(const struct drive_cluster *cluster, size_t nodes, bool idle, struct fb_err *err)
{
	size_t all = cluster->file.fabric.groups, fewest = 0, held = 0;
	size_t *count = calloc(all + cluster->nodes + 1, sizeof(*count));

	if (!count) {
		fb_err_set(err, "out of memory");
		return SIZE_MAX;
	}
	for (size_t n = 0; n < cluster->nodes; n++) {
		const struct drive_node *node = &cluster->node[n];

		if (node->gpus == cluster->node_gpus && !(idle && node->busy))
			count[node->group < all ? node->group : all + n]++;
	}
	qsort(count, all + cluster->nodes, sizeof(*count), fewer);
	while (held < nodes && count[fewest])
		held += count[fewest++];
	free(count);
	return held < nodes ? 0 : fewest;
}

double drive_value(const struct drive_cluster *cluster, const struct drive_part *part, size_t parts)
{
	struct fb_engine_held *held = calloc(parts, sizeof(*held));
	double value;

	if (!held)
		return NAN;
	for (size_t p = 0; p < parts; p++) {
		const struct drive_node *node = &cluster->node[part[p].node];

		held[p] = (struct fb_engine_held){ node->type->engine, part[p].gpus, cluster->wired.node[part[p].node].group,
						   fb_topofile_net_gbps(node->type) };
	}
	value = fb_engine_held_gbps(&cluster->wired.fabric, held, parts);
	free(held);
	return value;
}

/* Of whole nodes of one type: in one leaf group if any group has as many. */
static double best_of_type(const struct drive_cluster *cluster, const struct fb_topofile_type *type, unsigned int nodes)
{
	size_t all = cluster->file.fabric.groups, there = 0;
	double over = cluster->wired.fabric.leaf_oversubscription, net = (double)fb_topofile_net_gbps(type);

	for (size_t n = 0; n < cluster->nodes; n++)
		there += cluster->node[n].type == type;
	for (size_t g = 0; g < all; g++) {
		size_t held = 0;

		for (size_t n = 0; n < cluster->nodes; n++)
			held += cluster->node[n].type == type && cluster->node[n].group == g;
		if (held >= nodes)
			over = 1;
	}
	if (there < nodes)
		return 0;
	return fmin(fb_engine_best_value(type->engine, type->wiring.gpus), (net > 0 ? net : FB_ENGINE_NET_GBPS) / over);
}

double drive_best(const struct drive_cluster *cluster, const struct drive_job *job)
{
	double best = 0;

	for (size_t t = 0; t < cluster->file.types; t++) {
		const struct fb_topofile_type *type = &cluster->file.type[t];

		if (job->nodes == 1)
			best = fmax(best, fb_engine_best_value(type->engine, job->gpus));
		else if (type->wiring.gpus == cluster->node_gpus)
			best = fmax(best, best_of_type(cluster, type, job->nodes));
	}
	return best;
}

static void share_add(struct drive_share *share, bool count)
{
	share->of++;
	share->count += count;
}

static int wait_add(struct drive_waits *waits, double wait, struct fb_err *err)
{
	if (waits->count == waits->room) {
		double *grown = realloc(waits->wait, (waits->room * 2 + 64) * sizeof(*grown));

		if (!grown)
			return fb_err_set(err, "out of memory");
		waits->wait = grown;
		waits->room = waits->room * 2 + 64;
	}
	waits->wait[waits->count++] = wait;
	return 0;
}

static void bandwidth_add(struct drive_score *score, const struct drive_cluster *cluster, const struct drive_job *job,
			  double seconds, const struct drive_part *part, size_t parts)
{
	double best = drive_best(cluster, job), hours = job->gpus * seconds / 3600;
	double share = best > 0 ? drive_value(cluster, part, parts) / best : 1;

	score->hours += hours;
	score->hours_share += hours * share;
	score->gpus += job->gpus;
	score->gpus_share += job->gpus * share;
}

static int nodes_add(struct drive_score *score, const struct drive_cluster *cluster, const struct drive_job *job,
		     const struct drive_part *part, size_t parts, struct fb_err *err)
{
	size_t groups = groups_of(cluster, part, parts);
	size_t fewest = groups_fewest(cluster, job->nodes, false, err), idle = groups_fewest(cluster, job->nodes, true, err);

	if (fewest == SIZE_MAX || idle == SIZE_MAX)
		return -1;
	share_add(&score->groups, groups <= fewest);
	share_add(&score->groups_free, groups <= idle);
	if (fewest == 1)
		share_add(&score->one_group, groups == 1);
	return 0;
}

int drive_score_start(struct drive_score *score, const struct drive_cluster *cluster, const struct drive_job *job,
		       double wait, double seconds, const struct drive_part *part, size_t parts, struct fb_err *err)
{
	enum drive_class class = job->gpus == 1 ? DRIVE_ONE : job->nodes == 1 ? DRIVE_NODE : DRIVE_NODES;
	unsigned int gpus = 0;

	for (size_t p = 0; p < parts; p++)
		gpus += (unsigned int)__builtin_popcount(part[p].gpus);
	if (gpus != job->gpus || parts != job->nodes)
		return fb_err_set(err, "a job of %u GPUs on %u nodes got %u on %zu", job->gpus, job->nodes, gpus, parts);
	if (wait_add(&score->waits[class], wait, err))
		return -1;
	if (class == DRIVE_ONE)
		return 0;
	bandwidth_add(score, cluster, job, seconds, part, parts);
	if (class == DRIVE_NODES)
		return nodes_add(score, cluster, job, part, parts, err);
	bool inside = fb_engine_p2p(cluster->node[part[0].node].type->engine, part[0].gpus);
	share_add(&score->island, inside);
	if (inside || island_idle(cluster, job->gpus))
		share_add(&score->island_free, inside);
	return 0;
}

void drive_score_time(struct drive_score *score, const struct drive_cluster *cluster, double seconds)
{
	size_t islands = 0, intact = 0;
	unsigned int idle = 0, idle_intact = 0;

	for (size_t n = 0; n < cluster->nodes; n++) {
		const struct drive_node *node = &cluster->node[n];
		fb_gpuset island[FB_ENGINE_GPUS_MAX];
		unsigned int count = fb_engine_islands(node->type->engine, FB_LINK_PXB, island);

		idle += (unsigned int)__builtin_popcount(idle_of(node));
		for (unsigned int i = 0; i < count; i++) {
			if (!(island[i] & (island[i] - 1)))
				continue;
			islands++;
			if (node->busy & island[i])
				continue;
			intact++;
			idle_intact += (unsigned int)__builtin_popcount(island[i]);
		}
	}
	score->seconds += seconds;
	score->intact += islands ? seconds * (double)intact / (double)islands : 0;
	score->idle_intact += idle ? seconds * idle_intact / idle : 0;
	score->busy += seconds * (cluster->gpus - idle) / cluster->gpus;
}

static int wait_compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/* The nearest rank. */
static double percentile(const struct drive_waits *waits, unsigned int percent)
{
	size_t rank = (waits->count * percent + 99) / 100;

	return waits->wait[rank ? rank - 1 : 0];
}

static void share_print(FILE *out, const char *name, const struct drive_share *share)
{
	if (share->of)
		fprintf(out, "\"%s\": %.5f, \"%s_of\": %zu, ", name, (double)share->count / (double)share->of, name, share->of);
	else
		fprintf(out, "\"%s\": null, \"%s_of\": 0, ", name, name);
}

static void ratio_print(FILE *out, const char *name, double part, double whole)
{
	if (whole > 0)
		fprintf(out, "\"%s\": %.5f, ", name, part / whole);
	else
		fprintf(out, "\"%s\": null, ", name);
}

void drive_score_print(struct drive_score *score, FILE *out)
{
	static const char *const class[DRIVE_CLASSES] = { "1", "node", "nodes" };

	share_print(out, "island", &score->island);
	share_print(out, "island_free", &score->island_free);
	share_print(out, "groups", &score->groups);
	share_print(out, "groups_free", &score->groups_free);
	share_print(out, "one_group", &score->one_group);
	ratio_print(out, "bandwidth", score->hours_share, score->hours);
	ratio_print(out, "bandwidth_by_gpus", score->gpus_share, score->gpus);
	ratio_print(out, "intact", score->intact, score->seconds);
	ratio_print(out, "idle_intact", score->idle_intact, score->seconds);
	ratio_print(out, "busy", score->busy, score->seconds);
	for (int c = 0; c < DRIVE_CLASSES; c++) {
		struct drive_waits *waits = &score->waits[c];

		if (waits->count)
			qsort(waits->wait, waits->count, sizeof(waits->wait[0]), wait_compare);
		fprintf(out, "\"jobs_%s\": %zu, ", class[c], waits->count);
		for (unsigned int percent = 50; percent <= 95; percent += 45) {
			if (waits->count)
				fprintf(out, "\"wait_%s_p%u\": %.0f, ", class[c], percent, percentile(waits, percent));
			else
				fprintf(out, "\"wait_%s_p%u\": null, ", class[c], percent);
		}
	}
	fprintf(out, "\"hours\": %.1f", score->hours);
}

void drive_score_free(struct drive_score *score)
{
	for (int c = 0; c < DRIVE_CLASSES; c++)
		free(score->waits[c].wait);
	*score = (struct drive_score){ 0 };
}
