/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How many GPUs a request asks for, at least. Pure: no Slurm.
 *
 * Only a lower bound is safe to refuse by: what the bound exceeds can never run, and what it misses is held
 * back by the scheduler's own count. The strings come from users and are read as Slurm's own parser does
 * (slurm_get_next_tres() of 24.11), so that no spelling counts here but not there.
 */
#ifndef FB_COMMON_GPUS_H
#define FB_COMMON_GPUS_H

#include <stdbool.h>
#include <stdint.h>

#define FB_GPUS_TEXT_MAX 1024 /* bytes of a request that are read; Slurm refuses longer ones */
#define FB_GPUS_TYPES_MAX 16  /* types of GPUs that are told apart; further ones are not counted */

/* A request in Slurm's terms. NULL and 0: not given. */
struct fb_gpus_request {
	const char *per_job, *per_node, *per_socket, *per_task; /* "gres/gpu:2", "gres/gpu:a100:2,gres/gpu:v100:1" */
	uint32_t nodes; /* at least */
	uint32_t tasks;
	uint32_t tasks_per_node, tasks_per_socket, tasks_per_gpu, sockets_per_node;
	uint32_t whole_node; /* GPUs that each node has at least, for a job that takes whole nodes */
};

struct fb_gpus {
	bool asked;	/* it asks for GPUs, or for shares of GPUs */
	uint64_t count; /* GPUs that it gets at least; UINT64_MAX: a number beyond all sense */
};

/* Never fails: what Slurm will refuse anyway counts as far as it can be read. Time is linear in the strings. */
struct fb_gpus fb_gpus_count(const struct fb_gpus_request *request);

#endif
