/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The members of all accounts at one time, and what their associations allow.
 *
 * Slurm's association cache has 1,000 hash chains: with 1,000 accounts of 100 users a look-up by name walks hundreds of
 * records that lie far apart and takes 65 microseconds, one by id 10, where this takes one step. It is some
 * seconds old, so it only ever lets a job pass: who is not in it, or asks for more, is held against the cache itself.
 */
#ifndef FB_JOB_SUBMIT_MEMBERS_H
#define FB_JOB_SUBMIT_MEMBERS_H

#include <stddef.h>
#include <stdint.h>

struct fb_members;

/* One association; common/limits.h says what is no limit. */
struct fb_member {
	uint64_t group;	  /* GPUs: the least of its own and those of the accounts above it */
	uint64_t per_job; /* GPUs */
	uint32_t minutes; /* of a job */
	uint32_t qos;	  /* the id of its default QOS; 0: the one called "normal" */
};

/* For up to expected pairs; more are dropped. NULL: out of memory. Immutable once filled, so freely shared. */
struct fb_members *fb_members_create(size_t expected);
void fb_members_destroy(struct fb_members *members);
void fb_members_add(struct fb_members *members, uint32_t uid, const char *account, const struct fb_member *member);

/*
 * NULL: not known. Compares 64-bit hashes: a pair that is not in the set is taken for one that is with odds of 1 in 2^40
 * or less, and Slurm itself holds every job against the cache once more.
 */
const struct fb_member *fb_members_find(const struct fb_members *members, uint32_t uid, const char *account);

#endif
