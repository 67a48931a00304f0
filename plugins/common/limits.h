/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What can never run because of the limits in Slurm's accounting, and the words for it. Pure: no Slurm.
 *
 * Slurm takes each limit from the first that sets it: the partition's QOS, the job's QOS (they change places if
 * the job's QOS says OverPartQOS), then the associations: those of a group from the user's up to the root, each of
 * which must hold; those of a job from the user's alone, which has inherited them.
 */
#ifndef FB_COMMON_LIMITS_H
#define FB_COMMON_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"

#define FB_LIMIT_NONE UINT64_MAX
#define FB_MINUTES_NONE UINT32_MAX

/* Limits of one QOS; FB_LIMIT_NONE and FB_MINUTES_NONE: not set. */
struct fb_limits_qos {
	uint64_t group, per_account, per_user, per_job; /* GPUs */
	uint32_t minutes;				/* of one job */
	bool over_partition;				/* its limits come before those of the partition's QOS */
	bool scaled;					/* its usage factor changes what counts as the job's time */
	double factor;					/* of the associations' limits; negative: not set */
};

struct fb_limit {
	uint64_t value;
	const char *kind, *name; /* where it is set: "QOS" and its name, "account" and its name; borrowed */
};

struct fb_limits {
	struct fb_limit group, per_account, per_user, per_job; /* GPUs */
	struct fb_limit minutes;
	bool group_by_qos, scaled;
	double factor;
};

void fb_limits_init(struct fb_limits *limits);

/* Call in the order in which they count: first the one that comes first. */
void fb_limits_add_qos(struct fb_limits *limits, const struct fb_limits_qos *qos, const char *name);

/* After the QOS. The group limit of one association of the chain. */
void fb_limits_add_group(struct fb_limits *limits, uint64_t gpus, const char *kind, const char *name);

/* After the QOS. What the user's association says of one job. */
void fb_limits_add_job(struct fb_limits *limits, uint64_t gpus, uint32_t minutes, const char *account);

/* Can a job of these GPUs ever run in the workspace? Return 0, or -1 with err. */
int fb_limits_check_gpus(const struct fb_limits *limits, const char *workspace, uint64_t gpus, struct fb_err *err);

/* The same for a time limit; FB_MINUTES_NONE: the job has none. */
int fb_limits_check_minutes(const struct fb_limits *limits, const char *workspace, uint32_t minutes, struct fb_err *err);

#endif
