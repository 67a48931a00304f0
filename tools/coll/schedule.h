/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who sends what when: pure arithmetic, no communication. */
#ifndef FB_COLL_SCHEDULE_H
#define FB_COLL_SCHEDULE_H

#include <stddef.h>

/* Elements [first, first + count). */
struct fb_range {
	size_t first, count;
};

/* Block b of count elements cut into n blocks whose lengths differ by at most one, the longer ones first. */
struct fb_range fb_block(size_t count, int n, int b);

/* Segment k of a range in pieces of at most `most` elements; empty beyond its end. */
struct fb_range fb_segment(struct fb_range range, size_t most, size_t k);

/*
 * The ring over n ranks, steps 0 to 2n-3: rank sends block fb_ring_send to rank + 1 and receives block
 * fb_ring_receive from rank - 1. The first n-1 steps reduce, the others copy (Patarasuk and Yuan, 2009).
 */
int fb_ring_send(int rank, int n, int step);
int fb_ring_receive(int rank, int n, int step);

/*
 * Recursive doubling for any n: the ranks beyond the largest power of two fold into a neighbour first and
 * are told the result last.
 */
struct fb_doubling {
	int power;   /* ranks that take part in the doubling */
	int partner; /* to fold with before and after, or -1 */
	int index;   /* my place among the `power` ranks, or -1 when folded away */
};

struct fb_doubling fb_doubling_plan(int rank, int n);

/* The rank at a place among the `power` ranks. */
int fb_doubling_rank(int index, int n);

#endif
