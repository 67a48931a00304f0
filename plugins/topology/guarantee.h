/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rule of guarantees: which jobs may start without touching what is kept for workspaces. Pure: counts
 * of GPUs in, a verdict out.
 *
 * A workspace's guaranteed GPUs are kept free, or lent: a GPU that a preemptible job holds can be had back,
 * so it counts as free here. What is kept is a number of GPUs, not particular ones.
 */
#ifndef FB_TOPOLOGY_GUARANTEE_H
#define FB_TOPOLOGY_GUARANTEE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One workspace with a guarantee; GPUs. */
struct fb_guarantee_use {
	uint64_t guaranteed;
	uint64_t used; /* by its jobs that are not preemptible */
};

/*
 * GPUs that are free or can be had back. idle: held by no job, on nodes in service. lent: held by preemptible
 * jobs, wherever they run. out: held, by whatever jobs, on nodes that are out of service and have preemptible
 * jobs; so many of the lent ones may not come back.
 */
uint64_t fb_guarantee_recoverable(uint64_t idle, uint64_t lent, uint64_t out);

/* GPUs that the workspaces other than number own are still owed; own may be count: none is left out. */
uint64_t fb_guarantee_owed(const struct fb_guarantee_use *use, size_t count, size_t own);

/*
 * May a job that is not preemptible take so many of the recoverable GPUs? Always within the guarantee of its
 * own workspace (number own; count: it has none); beyond it, if all that the others are owed is left over.
 * The part within its own guarantee needs no extra care: it is not among what the others are owed.
 */
bool fb_guarantee_allows(const struct fb_guarantee_use *use, size_t count, size_t own, uint64_t recoverable,
			 uint64_t gpus);

#endif
