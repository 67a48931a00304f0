/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drive.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BATCH 64 /* jobs that are submitted at once to fill the cluster */
#define PROGRESS_SECONDS 10

int drive_init(struct drive *drive, struct drive_cluster *cluster, const struct drive_trace *trace, enum drive_form form,
		struct fb_err *err)
{
	size_t most = trace->jobs + trace->standing + 1;

	*drive = (struct drive){ .cluster = cluster, .trace = trace, .form = form };
	drive->entry = calloc(most, sizeof(drive->entry[0]));
	drive->pending = calloc(most, sizeof(drive->pending[0]));
	drive->pending_id = calloc(most, sizeof(drive->pending_id[0]));
	drive->pending_started = calloc(most, sizeof(drive->pending_started[0]));
	drive->end = calloc(most, sizeof(drive->end[0]));
	if (!drive->entry || !drive->pending || !drive->pending_id || !drive->pending_started || !drive->end)
		return fb_err_set(err, "out of memory");
	return 0;
}

void drive_free(struct drive *drive)
{
	for (size_t e = 0; e < drive->entries; e++)
		free(drive->entry[e].part);
	free(drive->entry);
	free(drive->pending);
	free(drive->pending_id);
	free(drive->pending_started);
	free(drive->end);
	drive_score_free(&drive->score);
	*drive = (struct drive){ 0 };
}

static void end_push(struct drive *drive, double at, size_t entry)
{
	size_t i = drive->ends++;

	for (; i && drive->end[(i - 1) / 2].at > at; i = (i - 1) / 2)
		drive->end[i] = drive->end[(i - 1) / 2];
	drive->end[i] = (struct drive_end){ at, entry };
}

static void end_remove(struct drive *drive, size_t hole)
{
	struct drive_end last = drive->end[--drive->ends];
	size_t child;

	if (hole == drive->ends)
		return;
	for (; hole && drive->end[(hole - 1) / 2].at > last.at; hole = (hole - 1) / 2)
		drive->end[hole] = drive->end[(hole - 1) / 2];
	for (; (child = 2 * hole + 1) < drive->ends; hole = child) {
		if (child + 1 < drive->ends && drive->end[child + 1].at < drive->end[child].at)
			child++;
		if (drive->end[child].at >= last.at)
			break;
		drive->end[hole] = drive->end[child];
	}
	drive->end[hole] = last;
}

static int submit(struct drive *drive, const struct drive_job *job, bool counted, bool leaves, struct fb_err *err)
{
	struct drive_entry *entry = &drive->entry[drive->entries];

	*entry = (struct drive_entry){ .job = *job, .counted = counted, .leaves = leaves };
	if (drive_control_submit(job, drive->form, &entry->id, err))
		return -1;
	drive->pending[drive->pendings] = drive->entries++;
	drive->pending_id[drive->pendings++] = entry->id;
	return 0;
}

/* Each job that is not on an island although one was idle wants to be explained. */
static void miss_print(const struct drive *drive, const struct drive_entry *entry)
{
	const struct drive_node *node = &drive->cluster->node[entry->part[0].node];

	fprintf(stderr, "# miss: job %u of %u GPUs got %#x of %s (%s), of which %#x were busy\n", entry->id, entry->job.gpus,
		(unsigned int)entry->part[0].gpus, node->name, node->type->name, (unsigned int)node->busy);
}

static int begin(struct drive *drive, size_t at, struct fb_err *err)
{
	struct drive_entry *entry = &drive->entry[at];

	if (drive_control_parts(drive->cluster, entry->id, &entry->part, &entry->parts, err))
		return -1;
	if (entry->counted) {
		struct drive_share *islands = &drive->score.island_free;
		size_t misses = islands->of - islands->count;
		double left = fmax(drive->trace->job[drive->trace->jobs - 1].submit - drive->now, 0);

		if (drive_score_start(&drive->score, drive->cluster, &entry->job, drive->now - entry->job.submit,
				       fmin(entry->job.duration, left), entry->part, entry->parts, err))
			return fb_err_prefix(err, "job %u", entry->id);
		if (islands->of - islands->count > misses)
			miss_print(drive, entry);
		drive->started++;
	}
	if (drive_cluster_take(drive->cluster, entry->part, entry->parts, err))
		return fb_err_prefix(err, "job %u", entry->id);
	end_push(drive, drive->now + entry->job.duration, at);
	return 0;
}

/* Jobs that have started are taken off the list, in the order in which the scheduler went through them. */
static int observe(struct drive *drive, struct fb_err *err)
{
	size_t left = 0;

	if (drive_control_started(drive->pending_id, drive->pendings, drive->pending_started, err))
		return -1;
	for (size_t p = 0; p < drive->pendings; p++) {
		if (drive->pending_started[p]) {
			if (begin(drive, drive->pending[p], err))
				return -1;
			continue;
		}
		drive->pending[left] = drive->pending[p];
		drive->pending_id[left++] = drive->pending_id[p];
	}
	drive->pendings = left;
	return 0;
}

static int settle(struct drive *drive, struct fb_err *err)
{
	if (!drive->pendings)
		return 0;
	if (drive_control_settle(true, err) || observe(drive, err))
		return -1;
	/* What still waits may only have been missed by a pass that was under way. */
	if (drive->pendings && (drive_control_settle(false, err) || observe(drive, err)))
		return -1;
	return 0;
}

static int finish(struct drive *drive, size_t at, struct fb_err *err)
{
	struct drive_entry *entry = &drive->entry[drive->end[at].entry];

	end_remove(drive, at);
	if (drive_control_end(entry->id, err) ||
	    drive_cluster_give(drive->cluster, entry->part, entry->parts, err))
		return fb_err_prefix(err, "job %u", entry->id);
	return 0;
}

static unsigned int busy_gpus(const struct drive_cluster *cluster)
{
	unsigned int busy = 0;

	for (size_t n = 0; n < cluster->nodes; n++)
		busy += (unsigned int)__builtin_popcount(cluster->node[n].busy);
	return busy;
}

/* Those that leave: the pending ones first, so that they do not start meanwhile. */
static int leave(struct drive *drive, struct fb_err *err)
{
	size_t left = 0;

	for (size_t p = 0; p < drive->pendings; p++) {
		if (drive->entry[drive->pending[p]].leaves) {
			if (drive_control_end(drive->pending_id[p], err))
				return -1;
			continue;
		}
		drive->pending[left] = drive->pending[p];
		drive->pending_id[left++] = drive->pending_id[p];
	}
	drive->pendings = left;
	for (size_t e = drive->ends; e-- > 0;)
		if (e < drive->ends && drive->entry[drive->end[e].entry].leaves) {
			if (finish(drive, e, err))
				return -1;
			e = drive->ends; /* the heap has changed */
		}
	return settle(drive, err);
}

int drive_fill(struct drive *drive, struct fb_err *err)
{
	const struct drive_trace *trace = drive->trace;

	for (size_t j = 0; j < trace->standing;) {
		for (size_t b = 0; b < BATCH && j < trace->standing; b++, j++)
			if (submit(drive, &trace->there[j].job, false, trace->there[j].leaves, err))
				return -1;
		if (settle(drive, err))
			return -1;
	}
	return leave(drive, err);
}

static void progress(const struct drive *drive)
{
	static time_t last;
	time_t now = time(NULL);

	if (now < last + PROGRESS_SECONDS)
		return;
	last = now;
	fprintf(stderr, "# %zu of %zu jobs have started, %zu wait, %u of %u GPUs busy, day %.2f\n", drive->started, drive->trace->jobs,
		drive->pendings, busy_gpus(drive->cluster), drive->cluster->gpus, drive->now / 86400);
}

int drive_run(struct drive *drive, struct fb_err *err)
{
	const struct drive_trace *trace = drive->trace;
	size_t next = 0;

	while (drive->started < trace->jobs) {
		bool ends = drive->ends && (next == trace->jobs || drive->end[0].at <= trace->job[next].submit);
		double at = ends ? drive->end[0].at : next < trace->jobs ? trace->job[next].submit : -1;

		if (at < 0)
			return fb_err_set(err, "%zu jobs wait on an idle cluster", drive->pendings);
		if (next < trace->jobs)
			drive_score_time(&drive->score, drive->cluster, at - drive->now);
		drive->now = at;
		if (ends ? finish(drive, 0, err) : submit(drive, &trace->job[next++], true, false, err))
			return -1;
		if (settle(drive, err))
			return -1;
		progress(drive);
	}
	return 0;
}
