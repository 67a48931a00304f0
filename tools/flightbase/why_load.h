/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The facts about a job, from slurmctld and, for one that it has forgotten, from slurmdbd. Needs no special rights. */
#ifndef FB_WHY_LOAD_H
#define FB_WHY_LOAD_H

#include <slurm/slurm.h>
#include <slurm/slurmdb.h>

#include "common/policy.h"
#include "flightbase/why.h"
#include "flightbase/job_ref.h"
#include "flightbase/jobs.h"

/* The why, and what their strings point into. */
struct fb_why_source {
	struct fb_why why;
	const struct fb_job *job; /* in own; NULL: slurmctld has forgotten it */
	struct fb_jobs own;	  /* the job, with the rest of its array */
	struct fb_jobs all;
	struct fb_policy *policy;
	node_info_msg_t *nodes;
	partition_info_msg_t *partitions;
	reserve_info_msg_t *reservations;
	assoc_mgr_info_msg_t *associations, *others;
	list_t *history; /* of slurmdb_job_rec_t */
	char user[64];
};

/* Return 0, or -1 with err: there is no such job, or slurmctld does not answer. Free it in either case. */
int fb_why_load(struct fb_why_source *source, const struct fb_job_ref *ref, struct fb_err *err);
void fb_why_free(struct fb_why_source *source);

/* The parts. Each fills its part of the why, and leaves it unknown when Slurm does not show it. */
int fb_why_load_history(struct fb_why_source *source, const struct fb_job_ref *ref, struct fb_err *err);
void fb_why_load_limits(struct fb_why_source *source);  /* after the jobs and partitions */
void fb_why_load_stated(struct fb_why_source *source);  /* by the one before */
void fb_why_load_guarantees(struct fb_why_source *source); /* by the cluster's */
void fb_why_load_partitions(struct fb_why_source *source);
void fb_why_load_cluster(struct fb_why_source *source); /* after the jobs */
void fb_why_load_queue(struct fb_why_source *source);   /* after the jobs and the cluster */
void fb_why_load_priority(struct fb_why_source *source);

/* The QOS whose limits count, in Slurm's order: the partition's before the job's, unless the job's says OverPartQOS. */
size_t fb_why_order_qos(const struct fb_why_source *source, const slurmdb_qos_rec_t *qos[2]);

/* The record that the user named, of those that slurmctld keeps of the job; NULL: it has none. And its name, as "12_3". */
const struct fb_job *fb_why_find_job(const struct fb_jobs *jobs, const struct fb_job_ref *ref);
void fb_why_job_name(const slurm_job_info_t *info, const struct fb_job_ref *ref, char *id, size_t size);

const char *fb_why_state_word(uint32_t state); /* "PENDING" */
void fb_why_user_name(const slurm_job_info_t *info, char *name, size_t size);

#endif
