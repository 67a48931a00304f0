/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The jobs of a replay: a slice of a trace, and the jobs that are there when it begins.
 *
 * Arrivals keep the trace's order and its gaps, stretched by one factor: such that, if no job had to wait, `load` of the
 * cluster's GPU time would be used from the first arrival to the last, by the jobs that are there before and by the
 * slice's. A seed chooses where the slice begins and changes each gap by up to a tenth.
 *
 * The jobs that are there before are drawn from the whole trace, each as likely as it is long, and each at some moment of
 * its length. Others, drawn alike, are mixed among them to fill the cluster, and leave before the first arrival: the idle
 * GPUs then lie as scattered as where jobs come and go.
 *
 * thin: of the jobs of one GPU, which are 95% of the trace's jobs and 20% of its GPU time, every thin-th is kept and
 * runs thin times as long. Their share of the GPU time stays; fewer jobs show as many of the larger ones.
 */
#ifndef FB_DRIVE_TRACE_H
#define FB_DRIVE_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

struct drive_job {
	double submit;	 /* seconds after the slice's begin */
	double duration; /* seconds */
	unsigned int gpus;
	unsigned int nodes; /* 1, or whole nodes of the largest size */
};

struct drive_shape {
	unsigned int node_gpus;	  /* of a whole node */
	unsigned int nodes_max;	  /* a larger job is cut to so many */
	unsigned int cluster_gpus;
	double load;
	size_t jobs;
	unsigned int thin;
	uint64_t seed;
	bool idle; /* no jobs before the slice; a short one then stays below the load, all its jobs at once */
};

struct drive_there {
	struct drive_job job; /* with what is left of its duration */
	bool leaves;	       /* before the first arrival */
};

struct drive_trace {
	size_t jobs;
	struct drive_job *job; /* by submit */
	size_t standing;
	struct drive_there *there; /* in the order in which they come, before the first arrival */
};

/* xorshift64*: the same numbers everywhere. */
uint64_t drive_random(uint64_t *state);
double drive_random_unit(uint64_t *state); /* [0, 1) */

/*
 * Read lines "arrival,duration,GPUs" (seconds; '#' begins a comment) and make the replay's jobs. Return 0, or -1 with err;
 * drive_trace_free() releases.
 */
int drive_trace_load(struct drive_trace *trace, const char *path, const struct drive_shape *shape, struct fb_err *err);
void drive_trace_free(struct drive_trace *trace);

#endif
