/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The slurmctld of a replay, through libslurm: jobs are submitted and ended, and where it put them is read back. */
#ifndef FB_DRIVE_CONTROL_H
#define FB_DRIVE_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cluster.h"
#include "common/err.h"
#include "trace.h"

enum drive_form {
	DRIVE_GRES, /* -N n --gres=gpu:g */
	DRIVE_GPUS, /* -N n --gpus=g */
};

struct drive_cycles { /* of slurmctld's main scheduler since it started */
	uint64_t count, sum_us, max_us;
};

/* All return 0, or -1 with err. */
int drive_control_submit(const struct drive_job *job, enum drive_form form, uint32_t *id, struct fb_err *err);
int drive_control_end(uint32_t id, struct fb_err *err);

/*
 * Wait for a whole pass of the main scheduler that began after this call. The scheduler is told to go by the message
 * with which a node reports the end of an epilog, here of a job that does not exist; slurmctld's own timer would have it
 * wait up to a second. One pass may have been under way: so the end of two is awaited. once: one will do, because nothing
 * is lost if it was under way.
 */
int drive_control_settle(bool once, struct fb_err *err);

/* Which of the pending jobs have started: started[i] is set for id[i]. A job that is neither pending nor running is an error. */
int drive_control_started(const uint32_t *id, size_t ids, bool *started, struct fb_err *err);

/* What a running job holds; *part is the caller's to free(). */
int drive_control_parts(const struct drive_cluster *cluster, uint32_t id, struct drive_part **part, size_t *parts,
			 struct fb_err *err);

int drive_control_cycles(struct drive_cycles *cycles, struct fb_err *err);

/* The epilog's message (poke.c). */
int drive_control_poke(struct fb_err *err);

#endif
