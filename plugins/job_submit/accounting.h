/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Slurm's association cache as fb_decide() wants to ask it, and the limits that it holds. */
#ifndef FB_JOB_SUBMIT_ACCOUNTING_H
#define FB_JOB_SUBMIT_ACCOUNTING_H

#include "common/decide.h"
#include "common/limits.h"
#include "job_submit/members.h"
#include "job_submit/qos_table.h"

/* All associations of users at one time, and all QOS. */
struct fb_accounting_snapshot {
	struct fb_members *members; /* NULL: none was made yet */
	int associations;	    /* how many the cache had; while it still has as many, the members are believed */
	struct fb_qos_table *qos;   /* NULL: none was made yet */
};

/* What one submission asks with. */
struct fb_accounting_query {
	const char *partitions; /* the job's --partition, a list, or NULL: an association may be limited to one */
	const struct fb_accounting_snapshot *snapshot;
	bool live; /* the cache alone is asked, of QOS too; slow, so only before a refusal */

	/* Out: of the user that was last found to be a member, one of the two. */
	const struct fb_member *member;
	const struct slurmdb_assoc_rec *association;
	bool unsure; /* out: not everything is in the snapshot, so what passes must be asked live as well */
};

/* Take the cache's read locks and fill accounting; its answers are valid until unlock. */
void fb_accounting_lock(struct fb_accounting *accounting, struct fb_accounting_query *query);
void fb_accounting_unlock(const struct fb_accounting_query *query);

/* Whose limits are asked for. */
struct fb_accounting_job {
	uint32_t uid;
	const char *account;
	const char *qos; /* as the job asks for it, or NULL */
	uint32_t qos_id; /* or this, if not 0; neither: the association's default */
	const char *partition, *partition_qos; /* names; NULL: none */
};

/*
 * Under the locks, after the user was found to be a member: the limits of GPUs and time that a job there has. The names
 * in them are valid until unlock. Return whether all of them could be found out; if not, nothing may be refused by them.
 */
bool fb_accounting_limits(struct fb_accounting_query *query, const struct fb_accounting_job *job,
			  struct fb_limits *limits);

/*
 * Under the locks: is the account a workspace by its QOS, whatever the settings say? account may be NULL. One that is by
 * the snapshot must be asked live as well; without a snapshot each one is.
 */
bool fb_accounting_has_qos(const struct fb_accounting_query *query, const char *account);

/* Under the locks: is the user a coordinator of the account? */
bool fb_accounting_coordinator(uint32_t uid, const char *account);

/* Under the locks: where GPUs stand in Slurm's arrays of TRES; -1: slurm.conf does not account for them. */
int fb_accounting_gpu_position(void);

/* Has the cache another number of associations than the snapshot? */
bool fb_accounting_changed(const struct fb_accounting_snapshot *snapshot);

/* All members as they are now, the caller's to destroy, out of so many associations; NULL: none, or out of memory. */
struct fb_members *fb_accounting_members_make(int *associations);

/* All QOS as they are now, the caller's to destroy; NULL: there are none, or out of memory. */
struct fb_qos_table *fb_accounting_qos_make(void);

#endif
