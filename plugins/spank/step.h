/* SPDX-License-Identifier: GPL-2.0-or-later */
/* slurmstepd: a step of a job, before its tasks start. */
#ifndef FB_SPANK_STEP_H
#define FB_SPANK_STEP_H

#include <slurm/spank.h>

/* Slurm's callback for an option that came with the step; it is judged in fb_step_begin. */
int fb_step_option(int id, const char *value, int remote);

/* As root: hold the step's options against the job's decision; set its environment if they are within it. */
int fb_step_begin(spank_t spank);

/*
 * As the user, before the tasks, and in each task: negative after one line to the user if the step was refused. A task is
 * told of its wires.
 */
int fb_step_user_begin(void);
int fb_step_task_begin(spank_t spank);

#endif
