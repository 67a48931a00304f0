/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the controller granted a job: one line of JSON, kept in the job's admin_comment and carried to
 * the nodes in a variable that users cannot set.
 *
 *   {"flightbase":1,"workspace":"vision","training":"advanced","name":"resnet","p2p":"prefer","rdma":"off"}
 *
 * "name" is there only if the training has one, and "preemptible":true at the end only if the job is. A reader
 * of version 1 refuses other versions.
 */
#ifndef FB_COMMON_DECISION_H
#define FB_COMMON_DECISION_H

#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"
#include "common/name.h"
#include "common/request.h"

#define FB_DECISION_VERSION 1
#define FB_DECISION_LINE_MAX 1024

/* In spank_job_env; Slurm puts "SPANK_" in front of it for prolog and epilog. */
#define FB_DECISION_VARIABLE "FLIGHTBASE_DECISION"

struct fb_decision {
	char workspace[FB_NAME_MAX + 1];
	char training[16];
	char name[FB_NAME_MAX + 1]; /* "" if the training has no name */
	char p2p[8];
	char rdma[8];
	bool preemptible; /* requeued when the GPUs are wanted back */
};

/* Write the line, without a newline. Return its length, or -1 if it does not fit in size. */
int fb_decision_format(const struct fb_decision *decision, char *line, size_t size);

/* Read a line that fb_decision_format wrote. Return 0, or -1 with err. */
int fb_decision_parse(struct fb_decision *decision, const char *line, struct fb_err *err);

/* Is a variable "NAME=VALUE" one that only the controller may write (with or without Slurm's "SPANK_")? */
bool fb_decision_variable(const char *variable);

/*
 * Hold a step's own options against the decision: workspace, training, name and preemptible must be the job's;
 * wires may be switched off, but not asked for when the job gave them up. On success *step is what the step
 * runs with.
 */
int fb_decision_limit(const struct fb_decision *job, const struct fb_request *request, struct fb_decision *step,
		      struct fb_err *err);

#endif
