/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The controller's state at one moment, reduced to what the screens show: jobs that run or wait, and nodes. It owns
 * all its text. Texts are never NULL: what is not known is "".
 */
#ifndef FB_SNAPSHOT_H
#define FB_SNAPSHOT_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "common/err.h"
#include "flightbase/gpus.h"
#include "flightbase/turn.h"

/* A job's GPUs on a node. */
struct fb_snap_share {
	uint32_t node; /* index in the snapshot's nodes */
	int64_t count;
	uint64_t index;
};

struct fb_snap_job {
	struct fb_turn turn;
	char *id;      /* as squeue writes it: "123", "123_4", "123_[5-9%2]", "123+1" */
	char *user, *account, *training, *name, *partition, *reason, *nodes;
	bool holding;	  /* has resources; false: waits for them */
	uint32_t tasks;		 /* it stands for so many: waiting tasks of an array are one record */
	int64_t gpus;		 /* of one task */
	time_t start, end; /* start and end are expected ones while it waits; 0: not known */
	size_t shares;
	struct fb_snap_share *share;
};

struct fb_snap_node {
	char *name, *state, *reason, *reason_user, *type;
	char *preflight; /* what jobs' preflights left in its comment (common/preflight_mark.h) */
	bool usable; /* may be given work: up, not drained */
	time_t reason_time;
	int64_t gpus;
	struct fb_gpus used;
};

struct fb_snapshot {
	time_t taken;
	bool partial; /* other users' jobs are hidden (PrivateData) */
	size_t nodes, jobs;
	struct fb_snap_node *node; /* in the controller's order */
	struct fb_snap_job *job;   /* in no order */
};

void fb_snapshot_free(struct fb_snapshot *snapshot); /* takes an empty one too */

/*
 * Ask the controller: jobs, nodes and partitions, for this moment. preemptible_qos is the site's. Return 0, or -1
 * with err; the snapshot is then empty.
 */
int fb_snapshot_load(struct fb_snapshot *snapshot, const char *preemptible_qos, struct fb_err *err);

/* For the cache: to JSON and back; NULL: out of memory. Reading returns -1 for what is not a snapshot, which is then empty. */
struct json_object *fb_snapshot_format(const struct fb_snapshot *snapshot);
int fb_snapshot_parse(struct fb_snapshot *snapshot, struct json_object *json);

#endif
