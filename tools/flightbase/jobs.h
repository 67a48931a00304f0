/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The controller's jobs as one snapshot, with what Flightbase decided of each. */
#ifndef FB_JOBS_H
#define FB_JOBS_H

#include <slurm/slurm.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/decision.h"
#include "common/err.h"

struct fb_job {
	const slurm_job_info_t *info; /* Slurm's own record */
	bool decided;		      /* decision is what job_submit granted; false: the job is in no workspace */
	struct fb_decision decision;
	int64_t gpus; /* held by a job that holds resources, else asked for; of one task if it is an array's record */
};

struct fb_jobs {
	job_info_msg_t *msg;
	time_t taken; /* when the controller answered */
	uint32_t count;
	struct fb_job *job;
};

/* Ask the controller for all jobs. Return 0, or -1 with err; jobs is then empty. */
int fb_jobs_load(struct fb_jobs *jobs, struct fb_err *err);

/* The same for one job, with all that the controller keeps of its array or heterogeneous job; count 0: it knows none. */
int fb_jobs_load_one(struct fb_jobs *jobs, uint32_t id, struct fb_err *err);
void fb_jobs_free(struct fb_jobs *jobs);

enum fb_job_phase { FB_JOB_PENDING, FB_JOB_HOLDING, FB_JOB_OVER }; /* HOLDING: has resources */
enum fb_job_phase fb_job_phase(const slurm_job_info_t *info);

/* Tasks that a record stands for: those of an array that wait are one record. */
uint32_t fb_job_tasks(const slurm_job_info_t *info);

/* The count of a TRES by name in "cpu=1,gres/gpu=4,gres/gpu:v100=4"; 0: it is not in it. */
int64_t fb_tres_count(const char *tres, const char *name);

#endif
