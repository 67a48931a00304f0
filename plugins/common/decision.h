/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the controller granted a job: one line of JSON, kept in the job's admin_comment and carried to
 * the nodes in a variable that users cannot set.
 *
 *   {"flightbase":1,"workspace":"vision","training":"advanced","name":"resnet","p2p":"prefer","rdma":"off"}
 *
 * "name" is there only if the training has one, and at the end only if the job is or has that: "preemptible":true;
 * "preflight":70, the percentage that was asked for; "requeued":[{"node":"n3","gbps":3.1,"model":46.3,"restart":0}], the nodes
 * that the preflight found wanting and the job was requeued without. A reader of version 1 refuses other versions.
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

/* How often a job is requeued because of its preflight, and what is asked for without a percentage. */
#define FB_PREFLIGHT_REQUEUES 2
#define FB_PREFLIGHT_PERCENT 70
#define FB_PREFLIGHT_GBPS_MAX 1e6

/* In spank_job_env; Slurm puts "SPANK_" in front of it for prolog and epilog. */
#define FB_DECISION_VARIABLE "FLIGHTBASE_DECISION"

/* A node that a preflight found wanting. */
struct fb_preflight_failure {
	char node[FB_NAME_MAX + 1];
	double gbps, model; /* measured and modelled; 0 of 0: the allreduce did not work */
	unsigned int restart; /* how often Slurm had restarted the job before: each run of it fails once */
};

struct fb_decision {
	char workspace[FB_NAME_MAX + 1];
	char training[16];
	char name[FB_NAME_MAX + 1]; /* "" if the training has no name */
	char p2p[8];
	char rdma[8];
	bool preemptible; /* requeued when the GPUs are wanted back */
	unsigned int preflight; /* percent of the model; 0: not asked for */
	unsigned int requeues;
	struct fb_preflight_failure requeued[FB_PREFLIGHT_REQUEUES];
};

/* Write the line, without a newline. Return its length, or -1 if it does not fit in size. */
int fb_decision_format(const struct fb_decision *decision, char *line, size_t size);

/* Read a line that fb_decision_format wrote. Return 0, or -1 with err. */
int fb_decision_parse(struct fb_decision *decision, const char *line, struct fb_err *err);

/*
 * What a node tells the controller of a preflight that failed: put in place of the job's admin_comment, which only root may
 * write, and taken up by job_submit's hook. The same rules as above.
 */
#define FB_PREFLIGHT_REPORT "{\"flightbase_preflight\":1"
int fb_preflight_report_format(const struct fb_preflight_failure *failure, char *line, size_t size);
int fb_preflight_report_parse(struct fb_preflight_failure *failure, const char *line, struct fb_err *err);

/* Is a variable "NAME=VALUE" one that only the controller may write (with or without Slurm's "SPANK_")? */
bool fb_decision_variable(const char *variable);

/*
 * Hold a step's own options against the decision: workspace, training, name and preemptible must be the job's;
 * wires may be switched off, but not asked for when the job gave them up; a preflight of its own is the client's affair. On
 * success *step is what the step runs with.
 */
int fb_decision_limit(const struct fb_decision *job, const struct fb_request *request, struct fb_decision *step,
		      struct fb_err *err);

#endif
