/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which association a (user, account) pair has, in one step.
 *
 * Slurm's association cache has 1,000 hash chains: with 1,000 accounts of 100 users a look-up by name walks
 * hundreds of records that lie far apart and takes 65 microseconds, one by id walks 100. What is found here is a hint:
 * the record with that id is looked at, and who is not in it is looked up by name.
 */
#ifndef FB_JOB_SUBMIT_MEMBERS_H
#define FB_JOB_SUBMIT_MEMBERS_H

#include <stddef.h>
#include <stdint.h>

struct fb_members;

/* For up to expected pairs; more are dropped. NULL: out of memory. Immutable once filled, so freely shared. */
struct fb_members *fb_members_create(size_t expected);
void fb_members_destroy(struct fb_members *members);
void fb_members_add(struct fb_members *members, uint32_t uid, const char *account, uint32_t association);

/* The association's id; 0: not known. Compares hashes only, so who asks must look whether it is the pair's. */
uint32_t fb_members_find(const struct fb_members *members, uint32_t uid, const char *account);

#endif
