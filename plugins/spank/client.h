/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sbatch, salloc and srun. */
#ifndef FB_SPANK_CLIENT_H
#define FB_SPANK_CLIENT_H

/* Slurm's callback for an option as it is read: 0, or -1 after the message, which stops the command. */
int fb_client_option(int id, const char *value, int remote);

/*
 * sbatch and salloc, before they read options: salloc leaves the options of its job in its shell under the names in
 * which they travel, and a job that is submitted from there would take them for its own.
 */
void fb_client_begin_job(void);

/*
 * srun, before it reads options: inside a heterogeneous job its environment holds the options of one component, and
 * the step may be another's. A step needs none of them, since its node has the decision.
 */
void fb_client_begin_step(void);

#endif
