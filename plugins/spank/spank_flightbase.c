/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * spank_flightbase.so: Flightbase's options for sbatch, salloc and srun, and the controller's decision on
 * the nodes. This file only sends each hook to the file of its context:
 *
 *   client.c     sbatch, salloc, srun: register the options, refuse what is wrong before any RPC
 *   job.c        slurmd's prolog and epilog, as root: keep the controller's decision while the job runs
 *   step.c       slurmstepd: hold the step's own options against the decision, set FLIGHTBASE_*
 *   preflight_*.c  --preflight: measure before the program, and what follows from it
 *   hint.c       from prolog to task: what NCCL, UCX and the job are told of the node's wires
 *
 * plugstack.conf: "required spank_flightbase.so". It takes no arguments.
 */
#include <slurm/spank.h>

#include "spank/client.h"
#include "spank/job.h"
#include "spank/options.h"
#include "spank/preflight.h"
#include "spank/step.h"

SPANK_PLUGIN(flightbase, 1)

int slurm_spank_init(spank_t spank, int argc, char **argv)
{
	if (argc > 0) {
		slurm_error("flightbase: plugstack.conf: argument '%s': unknown: the plugin takes none", argv[0]);
		return ESPANK_BAD_ARG;
	}
	switch (spank_context()) {
	case S_CTX_LOCAL:
		fb_client_begin_step();
		return fb_options_register(spank, fb_client_option);
	case S_CTX_ALLOCATOR:
		fb_client_begin_job();
		return fb_options_register(spank, fb_client_option);
	case S_CTX_REMOTE:
		return fb_options_register(spank, fb_step_option);
	default:
		return ESPANK_SUCCESS;
	}
}

int slurm_spank_init_post_opt(spank_t spank, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	switch (spank_context()) {
	case S_CTX_LOCAL:
		return fb_preflight_client_create();
	case S_CTX_REMOTE:
		return fb_step_begin(spank);
	default:
		return ESPANK_SUCCESS;
	}
}

/* srun, when it has nodes and before it launches. */
int slurm_spank_local_user_init(spank_t spank, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return fb_preflight_client_launch(spank);
}

int slurm_spank_exit(spank_t spank, int argc, char **argv)
{
	(void)spank;
	(void)argc;
	(void)argv;
	fb_preflight_root_end();
	return ESPANK_SUCCESS;
}

int slurm_spank_user_init(spank_t spank, int argc, char **argv)
{
	(void)spank;
	(void)argc;
	(void)argv;
	return fb_step_user_begin();
}

int slurm_spank_task_init(spank_t spank, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return fb_step_task_begin(spank);
}

int slurm_spank_job_prolog(spank_t spank, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return fb_job_begin(spank);
}

int slurm_spank_job_epilog(spank_t spank, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return fb_job_end(spank);
}
