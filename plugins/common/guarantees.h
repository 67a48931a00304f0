/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guarantees of all workspaces, as the controller's job_submit plugin publishes them to its topology
 * plugin: an immutable table. The two plugins are loaded apart and find each other by the names below,
 * which carry the table's layout; without job_submit there are no guarantees.
 */
#ifndef FB_COMMON_GUARANTEES_H
#define FB_COMMON_GUARANTEES_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "common/name.h"

#define FB_GUARANTEES_PLUGIN "job_submit_flightbase.so"
#define FB_GUARANTEES_ACQUIRE "fb_guarantees_acquire_1"
#define FB_GUARANTEES_RELEASE "fb_guarantees_release_1"

struct fb_policy;

struct fb_guaranteed {
	char name[FB_NAME_MAX + 1]; /* the workspace's, which is its account's */
	unsigned int gpus;
	time_t from, until; /* its period, as in fb_workspace: outside it nothing is kept */
};

struct fb_guarantees {
	char preemptible_qos[FB_NAME_MAX + 1]; /* jobs in it are requeued when GPUs are wanted back */
	size_t count;
	struct fb_guaranteed workspace[]; /* those with a guarantee, by name */
};

/* FB_GUARANTEES_ACQUIRE: the table, valid until release on the same thread, or NULL (then no release): no guarantees. */
typedef const struct fb_guarantees *fb_guarantees_acquire_fn(void);
typedef void fb_guarantees_release_fn(void);

/* Set *table to the policy's guarantees, NULL if there are none. Return 0, or -1: out of memory. */
int fb_guarantees_create(struct fb_guarantees **table, const struct fb_policy *policy);
void fb_guarantees_destroy(struct fb_guarantees *table); /* takes NULL */

/* The index of the workspace that an account is, whatever its case, or count. account may be NULL. */
size_t fb_guarantees_find(const struct fb_guarantees *table, const char *account);

/* GPUs kept for a workspace at a time: its guarantee within its period, else 0. */
unsigned int fb_guaranteed_at(const struct fb_guaranteed *workspace, time_t now);

/* A number that changes when what is kept for any workspace does. table may be NULL. */
uint64_t fb_guarantees_fingerprint(const struct fb_guarantees *table, time_t now);

#endif
