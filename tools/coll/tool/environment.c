/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "coll/tool/environment.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"

/* Libraries' settings, which should be the same everywhere; and what places a task, which need not be. */
static const char *const settings[] = { "UCX_", "NCCL_", "OMPI_MCA_", "UCC_", "GLOO_", NULL };
static const char *const placement[] = { "FLIGHTBASE_",	     "CUDA_VISIBLE_DEVICES=", "GOMP_CPU_AFFINITY=", "KMP_AFFINITY=",
					 "LD_PRELOAD=",	     "OMP_NUM_THREADS=",      "OMP_PLACES=",	    "OMP_PROC_BIND=",
					 "SLURM_CPU_BIND=",  "SLURM_CPUS_PER_TASK=",  "SLURM_CPU_FREQ_REQ=", "SLURM_DISTRIBUTION=",
					 "SLURM_GPUS_PER_TASK=", "SLURM_HINT=",	      "SLURM_MEM_BIND=",    "SLURM_MPI_TYPE=",
					 "SLURM_STEP_GPUS=", "SLURM_THREADS_PER_CORE=", NULL };
/* Keys of a job and what only repeats others. */
static const char *const never[] = { "FLIGHTBASE_SET=", "OMPI_MCA_orte_precondition_transports=", NULL };

/* These name what is on a node. */
static const char *const by_node[] = { "NCCL_IB_HCA=", "NCCL_TOPO_FILE=", "NCCL_HOSTID=", "UCX_NET_DEVICES=", NULL };

static bool begins(const char *variable, const char *const *with)
{
	for (; *with; with++)
		if (!strncmp(variable, *with, strlen(*with)))
			return true;
	return false;
}

static bool matters(const char *variable)
{
	return strchr(variable, '=') && (begins(variable, settings) || begins(variable, placement)) && !begins(variable, never);
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int fb_environment_create(char *const *variables, struct fb_environment *environment)
{
	struct fb_environment e = { .count = 0 };
	size_t count = 0;

	*environment = e;
	while (variables[count])
		count++;
	e.entry = calloc(count + 1, sizeof(*e.entry));
	if (!e.entry)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (!matters(variables[i]))
			continue;
		e.entry[e.count] = strdup(variables[i]);
		if (!e.entry[e.count]) {
			fb_environment_destroy(&e);
			return -1;
		}
		fb_text_printable(e.entry[e.count++]);
	}
	qsort(e.entry, e.count, sizeof(*e.entry), compare);
	*environment = e;
	return 0;
}

void fb_environment_destroy(struct fb_environment *environment)
{
	for (size_t i = 0; i < environment->count; i++)
		free(environment->entry[i]);
	free(environment->entry);
	*environment = (struct fb_environment){ .count = 0 };
}

uint64_t fb_environment_hash(const struct fb_environment *environment)
{
	uint64_t hash = 0xcbf29ce484222325u;

	for (size_t i = 0; i < environment->count; i++) {
		if (!begins(environment->entry[i], settings) || begins(environment->entry[i], by_node))
			continue;
		for (const char *c = environment->entry[i]; *c; c++)
			hash = (hash ^ (unsigned char)*c) * 0x100000001b3u;
		hash = (hash ^ '\n') * 0x100000001b3u;
	}
	return hash;
}
