/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What libslurm exports under a stable name, but its public headers do not declare. */
#ifndef FB_LIBSLURM_H
#define FB_LIBSLURM_H

#include <slurm/slurm.h>
#include <stdint.h>

/* What was read from slurm.conf. */
extern slurm_conf_t slurm_conf;
char *slurm_get_extra_conf_path(char *name); /* beside slurm.conf; slurm_xfree it */

#ifndef SLURM_AUTH_NOBODY
#define SLURM_AUTH_NOBODY 99 /* KILL_JOB_MSG_INITIALIZER names it */
#endif
void slurm_free_kill_jobs_response_msg(kill_jobs_resp_msg_t *msg);

void slurm_xfree(void **item); /* what libslurm's functions return as text */
int slurm_bit_test(bitstr_t *bits, int64_t bit);
int64_t slurm_bit_size(bitstr_t *bits);

/* "PENDING"; "AssocGrpGRES". */
char *slurm_job_state_string(uint32_t state);
const char *slurm_job_state_reason_string(enum job_state_reason reason);

#endif
