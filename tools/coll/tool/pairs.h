/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every pair by itself, in the rounds of a tournament: in a round everyone meets one other, all pairs of a round are measured at
 * once, and after the last round each pair has met once.
 */
#ifndef FB_ALLREDUCE_PAIRS_H
#define FB_ALLREDUCE_PAIRS_H

#include <stdbool.h>

#include "coll/tool/backend.h"
#include "coll/tool/params.h"
#include "coll/tool/run.h"

#define FB_PAIRS_RANKS_MAX 64	/* that --pairs measures by rank unless told */
#define FB_PAIRS_MEMBERS_MAX 512 /* ranks or nodes: more rounds take minutes */
#define FB_PAIRS_BYTES ((size_t)4 << 20)
#define FB_PAIRS_SMALL 8

/* Rounds for n members, and whom a member meets in a round: itself when it sits out. */
int fb_tournament_rounds(int n);
int fb_tournament_peer(int n, int round, int member);

/* Who is measured. */
struct fb_pairs {
	int members;
	int *rank;	   /* [members] */
	const char **host; /* [members], the caller's */
	bool nodes;	   /* each member is the first rank of a node */
	size_t bytes;	   /* of the large exchange; the small one has FB_PAIRS_SMALL */
	double *gbps, *us; /* [members][members], symmetric; 0 on the diagonal */
};

/*
 * Choose the members of ranks whose hosts are host[ranks], which stay. 0, or -1 with err: too many, or fewer than two of what
 * was asked for. fb_pairs_destroy takes an empty one.
 */
int fb_pairs_create(struct fb_pairs *pairs, enum fb_pairs_mode which, const char *const *host, int ranks, size_t max_bytes,
		    struct fb_err *err);
void fb_pairs_destroy(struct fb_pairs *pairs);

/* All ranks together. Each exchanges both ways at once: gbps is that of one direction, us the time of a small exchange. */
int fb_pairs_measure(struct fb_pairs *pairs, const struct fb_backend *backend, const struct fb_world *world,
		     const struct fb_buffers *buffers, struct fb_err *err);

/* A pair, a < b, as places in members. */
struct fb_pair {
	int a, b;
	double gbps, us;
	double of_median; /* its gbps over the median of its like: within a node, or between nodes */
};

/* All pairs, the slowest first: members * (members - 1) / 2, for the caller to free; NULL without memory. */
struct fb_pair *fb_pairs_sorted(const struct fb_pairs *pairs, size_t *count);

/* "rank 3 (n1) and rank 7 (n2): 1.2 GB/s, 40% of the median between nodes" */
void fb_pair_describe(const struct fb_pairs *pairs, const struct fb_pair *pair, char *text, size_t size);

#endif
