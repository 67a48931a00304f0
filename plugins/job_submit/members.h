/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A set of (user, account) pairs, to answer "is a member" in one step.
 *
 * Slurm's association cache has 1,000 hash chains: with 1,000 accounts of 100 users a look-up walks hundreds
 * of records and took 65 microseconds where this set takes one. It only ever confirms: who is not in it is
 * looked up in the cache, and Slurm itself holds every job against the cache once more.
 */
#ifndef FB_JOB_SUBMIT_MEMBERS_H
#define FB_JOB_SUBMIT_MEMBERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fb_members;

/* For up to expected pairs; more are dropped. NULL: out of memory. Immutable once filled, so freely shared. */
struct fb_members *fb_members_create(size_t expected);
void fb_members_destroy(struct fb_members *members);
void fb_members_add(struct fb_members *members, uint32_t uid, const char *account);

/* Compares 64-bit hashes: a pair that is not in the set is taken for one that is with odds of 1 in 2^40 or less. */
bool fb_members_contain(const struct fb_members *members, uint32_t uid, const char *account);

#endif
