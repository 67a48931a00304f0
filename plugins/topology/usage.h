/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who holds how many GPUs now, for the rule of guarantees.
 *
 * Idle GPUs are counted on the nodes. What a workspace holds is the usage that Slurm's own limits go by: of
 * its account, less what of it is in the preemptible QOS. Slurm updates both under the job lock with every
 * start and end, so a job that started a moment ago counts; no walk over jobs is needed.
 */
#ifndef FB_TOPOLOGY_USAGE_H
#define FB_TOPOLOGY_USAGE_H

#include "common/guarantees.h"
#include "topology/guarantee.h"
#include "topology/slurm_compat.h"

struct fb_usage {
	struct fb_guarantee_use *use; /* one for each workspace of the table, in its order */
	size_t count;
	size_t own;	      /* the job's workspace; count: it has no guarantee */
	uint64_t asked;	      /* GPUs that the job asks for, at least */
	uint64_t siblings;    /* GPUs for the pending components of its heterogeneous job */
	uint64_t recoverable; /* GPUs that are free or can be had back, the siblings' not among them */
	uint64_t at_most;     /* GPUs that can be free now, wherever lent ones are; the siblings' not among them */
	bool preemptible;     /* the job is: nothing else is set then */
};

/*
 * Read it for a job; the pending components of its heterogeneous job count as if they had started. Takes the
 * association cache's read locks; the caller holds slurmctld's job and node locks. Return 0 and fb_usage_free()
 * releases, or -1 (with a line in the log, once): Slurm does not keep what is needed.
 */
int fb_usage_read(struct fb_usage *usage, const struct fb_guarantees *table, const job_record_t *job);
void fb_usage_free(struct fb_usage *usage);

/*
 * Are the node's GPUs there for any job: is it up, and not drained, reserved or switched off? Read from the node's
 * state, because slurmctld changes its bitmaps of available nodes while it schedules.
 */
bool fb_usage_node_counts(const node_record_t *node);
bool fb_usage_node_reserved(const node_record_t *node); /* by an advance reservation, now */

/* GPUs of a node that no job holds, by their state in its record or in a copy. NULL: the node has none. */
uint64_t fb_usage_idle(const gres_node_state_t *gres_ns);

#endif
