/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/queue.h"

#include <stdlib.h>
#include <string.h>

static int compare(const void *left, const void *right)
{
	return fb_turn_compare(&((const struct fb_queue_entry *)left)->job->turn, &((const struct fb_queue_entry *)right)->job->turn);
}

/* By account, and in one account in order: so that places in an account are a running count. */
static int compare_accounts(const void *left, const void *right)
{
	const struct fb_queue_entry *a = *(struct fb_queue_entry *const *)left, *b = *(struct fb_queue_entry *const *)right;
	int order = strcmp(a->job->account, b->job->account);

	return order ? order : (a > b) - (a < b);
}

/* Jobs that name the same partitions, and how many tasks of them were tried so far. */
struct lot {
	const char *partitions;
	uint64_t tasks;
};

/* Few lists of partitions are in use, so that one pass over them for each job is little. */
static struct lot *find_lot(struct lot *lots, size_t *count, const char *partitions)
{
	for (size_t i = 0; i < *count; i++)
		if (!strcmp(lots[i].partitions, partitions))
			return &lots[i];
	lots[*count] = (struct lot){ .partitions = partitions };
	return &lots[(*count)++];
}

static int count_overall(struct fb_queue *queue)
{
	struct lot *lots = calloc(queue->count + 1, sizeof(*lots));
	size_t count = 0;

	for (size_t i = 0; lots && i < queue->count; i++) {
		const struct fb_snap_job *job = queue->entry[i].job;

		if (!job->turn.queued)
			break;
		queue->entry[i].overall = 1;
		for (size_t l = 0; l < count; l++)
			if (fb_turn_meets(lots[l].partitions, job->partition))
				queue->entry[i].overall += lots[l].tasks;
		if (fb_turn_counts(&job->turn))
			find_lot(lots, &count, job->partition)->tasks += job->tasks;
	}
	bool made = lots;
	free(lots);
	return made ? 0 : -1;
}

static int count_places(struct fb_queue *queue)
{
	struct fb_queue_entry **by_account = calloc(queue->count + 1, sizeof(struct fb_queue_entry *));
	uint64_t place = 1;

	if (!by_account)
		return -1;
	for (size_t i = 0; i < queue->count; i++)
		by_account[i] = &queue->entry[i];
	qsort(by_account, queue->count, sizeof(struct fb_queue_entry *), compare_accounts);
	for (size_t i = 0; i < queue->count; i++) {
		if (i == 0 || strcmp(by_account[i - 1]->job->account, by_account[i]->job->account))
			place = 1;
		by_account[i]->place = by_account[i]->job->turn.queued ? place : 0;
		place += by_account[i]->job->tasks;
	}
	free(by_account);
	return 0;
}

int fb_queue_make(const struct fb_snapshot *snapshot, struct fb_queue *queue)
{
	*queue = (struct fb_queue){ .entry = calloc(snapshot->jobs + 1, sizeof(*queue->entry)) };
	if (!queue->entry)
		return -1;
	for (size_t i = 0; i < snapshot->jobs; i++)
		if (!snapshot->job[i].holding)
			queue->entry[queue->count++].job = &snapshot->job[i];
	qsort(queue->entry, queue->count, sizeof(*queue->entry), compare);
	if (count_places(queue) || count_overall(queue)) {
		fb_queue_free(queue);
		return -1;
	}
	return 0;
}

void fb_queue_free(struct fb_queue *queue)
{
	free(queue->entry);
	*queue = (struct fb_queue){ .count = 0 };
}

void fb_queue_keep(struct fb_queue *queue, const char *account, const char *user)
{
	size_t kept = 0;

	for (size_t i = 0; i < queue->count; i++)
		if ((!account || !strcmp(queue->entry[i].job->account, account)) &&
		    (!user || !strcmp(queue->entry[i].job->user, user)))
			queue->entry[kept++] = queue->entry[i];
	queue->count = kept;
}
