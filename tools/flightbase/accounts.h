/* SPDX-License-Identifier: GPL-2.0-or-later */
/* QOS and associations of the accounting, with what matters of them here. GPUs: FB_UNLIMITED: no limit. */
#ifndef FB_ACCOUNTS_H
#define FB_ACCOUNTS_H

#include <slurm/slurmdb.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fb_account_qos {
	const char *name;
	uint32_t id;
	int64_t group_gpus, user_gpus, job_gpus;
	uint32_t priority;    /* by PriorityWeightQOS */
	double factor;	      /* by which it multiplies the limits of accounts; 1: it does not */
	bool over_partition;  /* its limits come before those of the partition's QOS */
	bool preempts_lent;   /* may take GPUs from the site's QOS of preemptible jobs */
};

struct fb_account_assoc {
	const char *account;
	const char *user;   /* NULL: the account itself */
	const char *parent; /* of an account */
	int64_t gpus;	    /* quota */
	int64_t job_gpus;   /* of one job, its own or inherited */
	uint32_t minutes;   /* of one job; 0: no limit */
	const char *default_qos; /* NULL: none */
	size_t qos_count;	 /* QOS it may use, its own or inherited */
	const struct fb_account_qos **qos;
};

struct fb_accounts {
	size_t qos_count, assoc_count;
	struct fb_account_qos *qos;
	struct fb_account_assoc *assoc; /* in the order of the database */
	size_t account_count;
	const struct fb_account_assoc **account; /* those of accounts, by name */
};

/* Strings are borrowed from the lists. Out of memory ends the program. */
void fb_accounts_read(struct fb_accounts *accounts, list_t *qos, list_t *associations, int gpu_tres, const char *preemptible_qos);
void fb_accounts_index(struct fb_accounts *accounts); /* by fb_accounts_read; for one that was filled by hand */
void fb_accounts_free(struct fb_accounts *accounts);

const struct fb_account_qos *fb_accounts_qos(const struct fb_accounts *accounts, const char *name);
const struct fb_account_assoc *fb_accounts_account(const struct fb_accounts *accounts, const char *account);
bool fb_account_may_use(const struct fb_account_assoc *assoc, const char *qos);

#endif
