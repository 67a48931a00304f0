/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a placement is worth, and the sums over a replay that its row is made of. */
#ifndef FB_DRIVE_SCORE_H
#define FB_DRIVE_SCORE_H

#include <stddef.h>
#include <stdio.h>

#include "cluster.h"
#include "control.h"
#include "trace.h"

enum drive_class { DRIVE_ONE, DRIVE_NODE, DRIVE_NODES, DRIVE_CLASSES }; /* 1 GPU; 2 and more in a node; several nodes */

struct drive_share {
	size_t of, count;
};

struct drive_waits {
	size_t count, room;
	double *wait;
};

struct drive_score {
	struct drive_share island;	 /* jobs of 2 and more GPUs in a node: on one island */
	struct drive_share island_free; /* the same, of those for which one was idle when they started */
	struct drive_share groups;	 /* jobs of several nodes: in as few leaf groups as the cluster allows at all */
	struct drive_share groups_free; /* in as few as the nodes that were idle allowed */
	struct drive_share one_group;	 /* in one leaf group, of those that fit in one */
	double hours, hours_share;	 /* GPU-hours of jobs of 2 and more GPUs until the last arrival; the same times bandwidth over
					    the best possible */
	double gpus, gpus_share;	 /* GPUs instead of GPU-hours */
	double seconds, intact, idle_intact, busy; /* over time: shares of islands idle, of idle GPUs on idle islands, of GPUs busy */
	struct drive_waits waits[DRIVE_CLASSES];
};

/* A job has started, to run for so many seconds until its end or the last arrival: called before its GPUs are taken.
 * Return 0, or -1 with err. */
int drive_score_start(struct drive_score *score, const struct drive_cluster *cluster, const struct drive_job *job,
		       double wait, double seconds, const struct drive_part *part, size_t parts, struct fb_err *err);

/* The cluster stood for so many seconds as it is. */
void drive_score_time(struct drive_score *score, const struct drive_cluster *cluster, double seconds);

/* Modelled bus bandwidth in GB/s of a placement (NAN: out of memory), and of the best one for the job on the idle cluster. */
double drive_value(const struct drive_cluster *cluster, const struct drive_part *part, size_t parts);
double drive_best(const struct drive_cluster *cluster, const struct drive_job *job);

/* The members of a JSON object, without its braces. */
void drive_score_print(struct drive_score *score, FILE *out);
void drive_score_free(struct drive_score *score);

#endif
