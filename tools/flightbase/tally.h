/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a snapshot's jobs and nodes add up to. Tasks of an array count each. */
#ifndef FB_TALLY_H
#define FB_TALLY_H

#include "flightbase/snapshot.h"

struct fb_count {
	int64_t used;	 /* GPUs that jobs hold */
	int64_t wanted;	 /* GPUs that waiting jobs ask for */
	uint64_t running, pending; /* jobs that hold resources, and that wait for them */
};

void fb_count_add(struct fb_count *count, const struct fb_snap_job *job);

/* The whole cluster. total = used + free + down. */
struct fb_cluster_count {
	int64_t total, used, free, down; /* down: GPUs nobody uses on nodes that may not be given work */
	uint64_t running, pending;
};
void fb_tally_cluster(const struct fb_snapshot *snapshot, struct fb_cluster_count *count);

/* Groups of jobs by what a key function says of them, sorted by key. */
typedef const char *fb_tally_key(const struct fb_snap_job *job);
const char *fb_tally_by_account(const struct fb_snap_job *job);
const char *fb_tally_by_user(const struct fb_snap_job *job);
const char *fb_tally_by_training(const struct fb_snap_job *job);

struct fb_group {
	const char *key; /* the snapshot's */
	struct fb_count count;
};

struct fb_tally {
	size_t groups;
	struct fb_group *group;
};

/* Of the jobs of one account and of one user; NULL: of all. Return 0, or -1: out of memory. */
int fb_tally_make(const struct fb_snapshot *snapshot, const char *account, const char *user, fb_tally_key *key,
		  struct fb_tally *tally);
void fb_tally_free(struct fb_tally *tally);
struct fb_count fb_tally_sum(const struct fb_tally *tally);
struct fb_count fb_tally_find(const struct fb_tally *tally, const char *key); /* zeros if there is no such group */

#endif
