/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The job's SPANK variables: the decision goes in, forged ones go out. */
#ifndef FB_JOB_SUBMIT_VARIABLES_H
#define FB_JOB_SUBMIT_VARIABLES_H

#include "job_submit/slurm.h"

/* Remove every variable by which a user could pretend to be the controller. */
void fb_variables_drop_forged(job_desc_msg_t *job);

/* Add the decision; prolog and steps on the nodes go by it. */
void fb_variables_set_decision(job_desc_msg_t *job, const char *line);

#endif
