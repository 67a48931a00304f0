/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tasks of a job are told of the wires of its nodes: the job's record, topology.json, and hints of both. */
#ifndef FB_ENV_H
#define FB_ENV_H

#include "flightbase/islands.h"
#include "flightbase/job_ref.h"
#include "flightbase/jobs.h"
#include "topology/hints.h"

/* Nodes of one type and leaf group on which the job has the same GPUs: their tasks are told the same. */
struct fb_env_part {
	hostlist_t *nodes;
	const struct fb_topofile_type *type; /* NULL: topology.json does not name them */
	const struct fb_topofile_group *group; /* NULL: none */
	fb_gpuset gpus;
	struct fb_hints hints;
};

struct fb_env {
	struct fb_jobs jobs;
	const struct fb_job *job; /* in jobs; it has or had resources */
	char id[48], user[64];
	struct fb_topology topology;
	size_t parts;
	struct fb_env_part *part; /* none of a job that is in no workspace */
};

/* node NULL: all; task -1: none in particular. Return 0, or -1 with err. Free it in either case. */
int fb_env_load(struct fb_env *env, const struct fb_job_ref *ref, const char *node, int64_t task, struct fb_err *err);
void fb_env_free(struct fb_env *env);

#endif
