/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The events of a replay in virtual time: jobs come, start where slurmctld puts them, and end. */
#ifndef FB_DRIVE_DRIVE_H
#define FB_DRIVE_DRIVE_H

#include "cluster.h"
#include "control.h"
#include "score.h"
#include "trace.h"

struct drive_entry {
	struct drive_job job;
	bool counted; /* of the slice, not one that was there before */
	bool leaves;  /* before the first arrival */
	uint32_t id;
	struct drive_part *part;
	size_t parts;
};

struct drive_end {
	double at;
	size_t entry;
};

struct drive {
	struct drive_cluster *cluster;
	const struct drive_trace *trace;
	enum drive_form form;
	double now;
	size_t entries;
	struct drive_entry *entry;
	size_t pendings; /* in the order of submission */
	size_t *pending;
	uint32_t *pending_id;
	bool *pending_started;
	size_t ends; /* a heap, the earliest first */
	struct drive_end *end;
	struct drive_score score;
	size_t started; /* of the slice */
};

/* Return 0, or -1 with err. drive_free() takes one whose drive_init() failed. */
int drive_init(struct drive *drive, struct drive_cluster *cluster, const struct drive_trace *trace, enum drive_form form,
		struct fb_err *err);
void drive_free(struct drive *drive);

/* Before the first arrival: fill the idle cluster, and end what leaves. */
int drive_fill(struct drive *drive, struct fb_err *err);

/* The slice: until its last job has started. */
int drive_run(struct drive *drive, struct fb_err *err);

#endif
