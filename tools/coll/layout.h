/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which ranks share a node: pure arithmetic on cards that every rank has alike. */
#ifndef FB_COLL_LAYOUT_H
#define FB_COLL_LAYOUT_H

#include "coll/card.h"

struct fb_layout {
	const int *order; /* [size], the ranks node after node: nodes by their first rank, the ranks of each ascending */
	int position;	  /* of this rank in it */
	int nodes;
	int per_node; /* ranks of every node; 0: not the same number */
};

/* order and scratch have room for size ints each. */
void fb_layout_find(const struct fb_card *cards, int size, int rank, int *order, int *scratch, struct fb_layout *layout);

#endif
