/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guarantees of workspaces, kept whenever Slurm chooses nodes for a job (guarantee.h has the rule).
 *
 * Slurm calls eval_nodes for starts, for starts after preemption (with the preempted jobs' GPUs free in a
 * copy), for will-run tests and for planned starts (with ended jobs' GPUs free in a copy). All are judged by the
 * same state, the cluster's now, in which lent GPUs count as free: so a job is refused before it preempts for
 * GPUs that it would not get, and what a test promises the start keeps. Only where a copy has more GPUs free
 * than that, a later start is asked about, and the copy's count is taken.
 *
 * A job that must wait keeps its nodes and is marked in best_switch, which Slurm reads as "not now" in all of
 * these, but not in tests whether it could ever run: an error there would reject the job for good.
 */
#ifndef FB_TOPOLOGY_GUARD_H
#define FB_TOPOLOGY_GUARD_H

#include "topology/usage.h"

struct fb_guard {
	topology_eval_t *eval;
	const struct fb_guarantees *table; /* NULL: the job need not be judged */
	bool copy;	    /* it is asked about in a copy of the nodes; then usage is read before they are chosen */
	uint64_t available; /* in a copy: GPUs to judge by */
	struct fb_usage usage;
};

/* Before nodes are chosen; fb_guard_end() must follow. Clears nodes that the job must not be planned on. */
void fb_guard_begin(struct fb_guard *guard, topology_eval_t *eval);

/* When they are chosen (rc is the choice's): lets the job wait if it would take what is kept for others. */
void fb_guard_end(struct fb_guard *guard, int rc);

#endif
