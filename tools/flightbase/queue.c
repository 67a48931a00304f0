/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/queue.h"

#include <stdlib.h>
#include <string.h>

/* -1, 0 or 1 for a before b: the greater first, and the smaller first. */
#define GREATER_FIRST(a, b) (((a) < (b)) - ((a) > (b)))
#define SMALLER_FIRST(a, b) (((a) > (b)) - ((a) < (b)))

static int compare(const void *left, const void *right)
{
	const struct fb_snap_job *a = ((const struct fb_queue_entry *)left)->job;
	const struct fb_snap_job *b = ((const struct fb_queue_entry *)right)->job;
	const int keys[] = {
		GREATER_FIRST(a->queued, b->queued),   SMALLER_FIRST(a->preemptible, b->preemptible),
		GREATER_FIRST(a->reserved, b->reserved), GREATER_FIRST(a->tier, b->tier),
		GREATER_FIRST(a->priority, b->priority), SMALLER_FIRST(a->submit, b->submit),
		SMALLER_FIRST(a->base, b->base),       SMALLER_FIRST(a->task, b->task),
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (keys[i])
			return keys[i];
	return 0;
}

/* By account, and in one account in order: so that places in an account are a running count. */
static int compare_accounts(const void *left, const void *right)
{
	const struct fb_queue_entry *a = *(struct fb_queue_entry *const *)left, *b = *(struct fb_queue_entry *const *)right;
	int order = strcmp(a->job->account, b->job->account);

	return order ? order : SMALLER_FIRST(a, b);
}

static int count_places(struct fb_queue *queue)
{
	struct fb_queue_entry **by_account = calloc(queue->count + 1, sizeof(struct fb_queue_entry *));
	uint64_t overall = 1, place = 1;

	if (!by_account)
		return -1;
	for (size_t i = 0; i < queue->count; i++) {
		by_account[i] = &queue->entry[i];
		queue->entry[i].overall = queue->entry[i].job->queued ? overall : 0;
		overall += queue->entry[i].job->tasks;
	}
	qsort(by_account, queue->count, sizeof(struct fb_queue_entry *), compare_accounts);
	for (size_t i = 0; i < queue->count; i++) {
		if (i == 0 || strcmp(by_account[i - 1]->job->account, by_account[i]->job->account))
			place = 1;
		by_account[i]->place = by_account[i]->job->queued ? place : 0;
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
	if (count_places(queue)) {
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
