/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a job asks for, out of Slurm's structures: GPUs and time. */
#ifndef FB_JOB_SUBMIT_DEMAND_H
#define FB_JOB_SUBMIT_DEMAND_H

#include "common/gpus.h"
#include "common/limits.h"
#include "job_submit/partitions.h"
#include "job_submit/slurm.h"

/*
 * GPUs of a submission, of a job's record, and of the record as a change would leave it. Under slurmctld's locks on
 * nodes and partitions, and under the association cache's (its TRES).
 */
struct fb_gpus fb_demand_submitted(const job_desc_msg_t *job, const struct fb_partitions *partitions);
struct fb_gpus fb_demand_recorded(const job_record_t *job, const struct fb_partitions *partitions);
struct fb_gpus fb_demand_changed(const job_record_t *job, const job_desc_msg_t *request, const struct fb_partitions *partitions);

/* Of a submission: GPUs that some node must give, and nodes, each at least; 0: not said. */
uint64_t fb_demand_on_a_node(const job_desc_msg_t *job);
uint32_t fb_demand_nodes(const job_desc_msg_t *job);

/* Does the change touch anything that decides about GPUs? */
bool fb_demand_touched(const job_desc_msg_t *request);

/* Slurm's "not given" as 0. */
uint32_t fb_demand_minutes_or_0(uint32_t minutes);

/*
 * How long a job may run in a partition: its own limit in minutes (NO_VAL: none given), else the partition's default,
 * else what the limits allow, else the partition's maximum. In open: nobody gave one.
 */
uint32_t fb_demand_minutes(uint32_t asked, const part_record_t *partition, const struct fb_limits *limits, bool *open);

#endif
