/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Slurm's association cache as fb_decide() wants to ask it. */
#ifndef FB_JOB_SUBMIT_ACCOUNTING_H
#define FB_JOB_SUBMIT_ACCOUNTING_H

#include "common/decide.h"
#include "job_submit/members.h"

/* All associations of users at one time. */
struct fb_accounting_snapshot {
	struct fb_members *members; /* NULL: none was made yet */
	int associations;	    /* how many the cache had; while it still has as many, the members are believed */
};

/* What one submission asks with. */
struct fb_accounting_query {
	const char *partitions; /* the job's --partition, a list, or NULL: an association may be limited to one */
	const struct fb_accounting_snapshot *snapshot;
};

/* Take the cache's read locks and fill accounting; its answers are valid until unlock. */
void fb_accounting_lock(struct fb_accounting *accounting, struct fb_accounting_query *query);
void fb_accounting_unlock(void);

/*
 * Make a new snapshot if the cache has another number of associations than the given one, or if force.
 * Return whether one was made; the caller then owns its members.
 */
bool fb_accounting_snapshot_make(const struct fb_accounting_snapshot *last, bool force,
				 struct fb_accounting_snapshot *snapshot);

#endif
