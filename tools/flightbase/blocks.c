/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/blocks.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "flightbase/period.h"

void fb_cell_time(struct fb_table *table, size_t column, time_t when, bool json)
{
	char text[FB_TIME_TEXT_MAX];

	fb_time_text(when, json ? FB_TIME_ISO : FB_TIME_MINUTES, text, sizeof(text));
	if (*text)
		fb_table_set(table, column, "%s", text);
}

/* ---- Groups of jobs ---- */

enum { KEY, USED, WANTED, RUNNING, PENDING };

#define COUNT_COLUMNS(key) { [KEY] = { key, FB_COLUMN_TEXT }, [USED] = { "USED", FB_COLUMN_NUMBER }, \
	[WANTED] = { "WANTED", FB_COLUMN_NUMBER }, [RUNNING] = { "RUNNING", FB_COLUMN_NUMBER }, \
	[PENDING] = { "PENDING", FB_COLUMN_NUMBER }, { .name = NULL } }

static const struct fb_column user_columns[] = COUNT_COLUMNS("USER");
static const struct fb_column training_columns[] = COUNT_COLUMNS("TRAINING");
static const struct fb_column workspace_columns[] = COUNT_COLUMNS("WORKSPACE");

static void fill_group(struct fb_table *table, size_t row, bool json, const void *data)
{
	const struct fb_group *group = &((const struct fb_tally *)data)->group[row];

	if (*group->key)
		fb_table_set(table, KEY, "%s", group->key);
	else if (!json)
		fb_table_set(table, KEY, "-");
	fb_table_set(table, USED, "%" PRId64, group->count.used);
	fb_table_set(table, WANTED, "%" PRId64, group->count.wanted);
	fb_table_set(table, RUNNING, "%" PRIu64, group->count.running);
	fb_table_set(table, PENDING, "%" PRIu64, group->count.pending);
}

static void add_groups(struct fb_page *page, const char *name, const char *title, const struct fb_column *columns,
		       const struct fb_tally *tally)
{
	fb_page_block(page, &(struct fb_block){ .name = name, .title = title, .columns = columns, .rows = tally->groups,
						.fill = fill_group, .data = tally });
}

void fb_block_users(struct fb_page *page, const struct fb_tally *tally)
{
	add_groups(page, "users", "GPUs and jobs by user", user_columns, tally);
}

void fb_block_trainings(struct fb_page *page, const struct fb_tally *tally)
{
	add_groups(page, "trainings", "GPUs and jobs by type of training", training_columns, tally);
}

void fb_block_workspaces_of(struct fb_page *page, const struct fb_tally *tally)
{
	add_groups(page, "accounts", "GPUs and jobs by workspace", workspace_columns, tally);
}

/* ---- The queue ---- */

enum { Q_PLACE, Q_OVERALL, Q_JOB, Q_USER, Q_WORKSPACE, Q_TRAINING, Q_NAME, Q_GPUS, Q_TASKS, Q_PRIORITY, Q_START, Q_REASON };

static const struct fb_column queue_columns[] = {
	[Q_PLACE] = { "PLACE", FB_COLUMN_NUMBER },	 [Q_OVERALL] = { "OVERALL", FB_COLUMN_NUMBER },
	[Q_JOB] = { "JOB", FB_COLUMN_TEXT },		 [Q_USER] = { "USER", FB_COLUMN_TEXT },
	[Q_WORKSPACE] = { "WORKSPACE", FB_COLUMN_TEXT }, [Q_TRAINING] = { "TRAINING", FB_COLUMN_TEXT },
	[Q_NAME] = { "NAME", FB_COLUMN_TEXT },		 [Q_GPUS] = { "GPUS", FB_COLUMN_NUMBER },
	[Q_TASKS] = { "TASKS", FB_COLUMN_NUMBER },	 [Q_PRIORITY] = { "PRIORITY", FB_COLUMN_NUMBER },
	[Q_START] = { "START", FB_COLUMN_TEXT },	 [Q_REASON] = { "REASON", FB_COLUMN_TEXT },
	{ .name = NULL },
};

static void fill_queue(struct fb_table *table, size_t row, bool json, const void *data)
{
	const struct fb_queue_entry *entry = &((const struct fb_queue *)data)->entry[row];
	const struct fb_snap_job *job = entry->job;

	if (entry->place) {
		fb_table_set(table, Q_PLACE, "%" PRIu64, entry->place);
		fb_table_set(table, Q_OVERALL, "%" PRIu64, entry->overall);
	}
	fb_table_set(table, Q_JOB, "%s", job->id);
	fb_table_set(table, Q_USER, "%s", job->user);
	fb_table_set(table, Q_WORKSPACE, "%s", job->account);
	if (*job->training)
		fb_table_set(table, Q_TRAINING, "%s", job->training);
	fb_table_set(table, Q_NAME, "%s", job->name);
	fb_table_set(table, Q_GPUS, "%" PRId64, job->gpus);
	fb_table_set(table, Q_TASKS, "%u", job->tasks);
	fb_table_set(table, Q_PRIORITY, "%u", job->turn.priority);
	fb_cell_time(table, Q_START, job->start, json);
	fb_table_set(table, Q_REASON, "%s", job->reason);
}

void fb_block_queue(struct fb_page *page, const struct fb_queue *queue)
{
	fb_page_block(page, &(struct fb_block){ .name = "queue", .title = "Queue", .columns = queue_columns, .rows = queue->count,
						.fill = fill_queue, .data = queue });
}

/* ---- Jobs that hold resources ---- */

enum { R_JOB, R_USER, R_WORKSPACE, R_TRAINING, R_NAME, R_GPUS, R_NODES, R_STARTED, R_ENDS };

static const struct fb_column running_columns[] = {
	[R_JOB] = { "JOB", FB_COLUMN_TEXT },		 [R_USER] = { "USER", FB_COLUMN_TEXT },
	[R_WORKSPACE] = { "WORKSPACE", FB_COLUMN_TEXT }, [R_TRAINING] = { "TRAINING", FB_COLUMN_TEXT },
	[R_NAME] = { "NAME", FB_COLUMN_TEXT },		 [R_GPUS] = { "GPUS", FB_COLUMN_NUMBER },
	[R_NODES] = { "NODES", FB_COLUMN_TEXT },	 [R_STARTED] = { "STARTED", FB_COLUMN_TEXT },
	[R_ENDS] = { "ENDS", FB_COLUMN_TEXT },		 { .name = NULL },
};

static void fill_running(struct fb_table *table, size_t row, bool json, const void *data)
{
	const struct fb_snap_job *job = ((const struct fb_running *)data)->job[row];

	fb_table_set(table, R_JOB, "%s", job->id);
	fb_table_set(table, R_USER, "%s", job->user);
	fb_table_set(table, R_WORKSPACE, "%s", job->account);
	if (*job->training)
		fb_table_set(table, R_TRAINING, "%s", job->training);
	fb_table_set(table, R_NAME, "%s", job->name);
	fb_table_set(table, R_GPUS, "%" PRId64, job->gpus);
	fb_table_set(table, R_NODES, "%s", job->nodes);
	fb_cell_time(table, R_STARTED, job->start, json);
	fb_cell_time(table, R_ENDS, job->end, json);
}

void fb_block_running(struct fb_page *page, const struct fb_running *running)
{
	fb_page_block(page, &(struct fb_block){ .name = "running", .title = "Running", .columns = running_columns,
						.rows = running->count, .fill = fill_running, .data = running });
}

static int compare_starts(const void *left, const void *right)
{
	const struct fb_snap_job *a = *(const struct fb_snap_job *const *)left, *b = *(const struct fb_snap_job *const *)right;

	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	if (a->turn.base != b->turn.base)
		return a->turn.base < b->turn.base ? -1 : 1;
	return (a->turn.task > b->turn.task) - (a->turn.task < b->turn.task);
}

static bool is_on(const struct fb_snap_job *job, size_t node)
{
	for (size_t i = 0; i < job->shares; i++)
		if (job->share[i].node == node)
			return true;
	return node == FB_BLOCKS_ANY_NODE;
}

int fb_running_make(const struct fb_snapshot *snapshot, const char *account, const char *user, size_t node,
		    struct fb_running *running)
{
	*running = (struct fb_running){ .job = calloc(snapshot->jobs + 1, sizeof(struct fb_snap_job *)) };
	if (!running->job)
		return -1;
	for (size_t i = 0; i < snapshot->jobs; i++) {
		const struct fb_snap_job *job = &snapshot->job[i];

		if (job->holding && (!account || !strcmp(job->account, account)) && (!user || !strcmp(job->user, user)) &&
		    is_on(job, node))
			running->job[running->count++] = job;
	}
	qsort(running->job, running->count, sizeof(struct fb_snap_job *), compare_starts);
	return 0;
}

void fb_running_free(struct fb_running *running)
{
	free(running->job);
	*running = (struct fb_running){ .count = 0 };
}
