/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/tally.h"

#include <stdlib.h>
#include <string.h>

void fb_count_add(struct fb_count *count, const struct fb_snap_job *job)
{
	*(job->holding ? &count->used : &count->wanted) += job->gpus * job->tasks;
	*(job->holding ? &count->running : &count->pending) += job->tasks;
}

/* Used GPUs are the nodes' own count: together with the nodes' totals it is of one moment. */
void fb_tally_cluster(const struct fb_snapshot *snapshot, struct fb_cluster_count *count)
{
	struct fb_count jobs = { .used = 0 };

	*count = (struct fb_cluster_count){ .total = 0 };
	for (size_t i = 0; i < snapshot->nodes; i++) {
		const struct fb_snap_node *node = &snapshot->node[i];

		count->total += node->gpus;
		count->used += node->used.count;
		*(node->usable ? &count->free : &count->down) += node->gpus - node->used.count;
	}
	for (size_t i = 0; i < snapshot->jobs; i++)
		fb_count_add(&jobs, &snapshot->job[i]);
	count->running = jobs.running;
	count->pending = jobs.pending;
}

const char *fb_tally_by_account(const struct fb_snap_job *job)
{
	return job->account;
}

const char *fb_tally_by_user(const struct fb_snap_job *job)
{
	return job->user;
}

const char *fb_tally_by_training(const struct fb_snap_job *job)
{
	return job->training;
}

static int compare_groups(const void *a, const void *b)
{
	return strcmp(((const struct fb_group *)a)->key, ((const struct fb_group *)b)->key);
}

static void add(struct fb_count *sum, const struct fb_count *count)
{
	sum->used += count->used;
	sum->wanted += count->wanted;
	sum->running += count->running;
	sum->pending += count->pending;
}

/* Groups with the same key are neighbours: each run becomes its first. */
static void merge(struct fb_tally *tally)
{
	size_t kept = 0;

	for (size_t i = 0; i < tally->groups; i++) {
		struct fb_group *last = kept ? &tally->group[kept - 1] : NULL;

		if (!last || strcmp(last->key, tally->group[i].key)) {
			tally->group[kept++] = tally->group[i];
			continue;
		}
		add(&last->count, &tally->group[i].count);
	}
	tally->groups = kept;
}

int fb_tally_make(const struct fb_snapshot *snapshot, const char *account, const char *user, fb_tally_key *key,
		  struct fb_tally *tally)
{
	*tally = (struct fb_tally){ .group = calloc(snapshot->jobs + 1, sizeof(*tally->group)) };
	if (!tally->group)
		return -1;
	for (size_t i = 0; i < snapshot->jobs; i++) {
		const struct fb_snap_job *job = &snapshot->job[i];

		if ((account && strcmp(job->account, account)) || (user && strcmp(job->user, user)))
			continue;
		tally->group[tally->groups].key = key(job);
		fb_count_add(&tally->group[tally->groups++].count, job);
	}
	qsort(tally->group, tally->groups, sizeof(*tally->group), compare_groups);
	merge(tally);
	return 0;
}

void fb_tally_free(struct fb_tally *tally)
{
	free(tally->group);
	*tally = (struct fb_tally){ .groups = 0 };
}

struct fb_count fb_tally_sum(const struct fb_tally *tally)
{
	struct fb_count sum = { .used = 0 };

	for (size_t i = 0; i < tally->groups; i++)
		add(&sum, &tally->group[i].count);
	return sum;
}

struct fb_count fb_tally_find(const struct fb_tally *tally, const char *key)
{
	const struct fb_group wanted = { .key = key };
	const struct fb_group *found = bsearch(&wanted, tally->group, tally->groups, sizeof(wanted), compare_groups);

	return found ? found->count : (struct fb_count){ .used = 0 };
}
