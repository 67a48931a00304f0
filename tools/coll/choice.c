/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The names of the algorithms of allreduce, and which one it takes where no table says it. */
#include "coll/plan.h"

const char *const fb_algorithm_names[] = {
	[FB_ALGORITHM_AUTO] = "auto",	    [FB_ALGORITHM_RING] = "ring",   [FB_ALGORITHM_DOUBLING] = "doubling",
	[FB_ALGORITHM_HALVING] = "halving", [FB_ALGORITHM_RAILS] = "rails", [FB_ALGORITHM_RAILS + 1] = NULL,
};

/* Up to here the whole vector goes in log2(n) exchanges; measured, see NOTES.md. */
#define DOUBLING_BYTES ((size_t)32 << 10)
/* Bytes per rank up to which few messages matter more than that each goes to a neighbour. */
#define HALVING_BYTES ((size_t)32 << 10)

enum fb_algorithm_kind fb_algorithm_choose(enum fb_algorithm_kind asked, size_t bytes, int size, const struct fb_layout *layout)
{
	const bool power = (size & (size - 1)) == 0, rails = layout->nodes > 1 && layout->per_node > 1;

	if (!bytes || (asked == FB_ALGORITHM_DOUBLING && bytes <= FB_DEPTH * FB_SLOT_BYTES))
		return FB_ALGORITHM_DOUBLING;
	if (asked == FB_ALGORITHM_HALVING)
		return power ? FB_ALGORITHM_HALVING : FB_ALGORITHM_RING;
	if (asked == FB_ALGORITHM_RAILS)
		return rails ? FB_ALGORITHM_RAILS : FB_ALGORITHM_RING;
	if (asked != FB_ALGORITHM_AUTO)
		return FB_ALGORITHM_RING;
	if (bytes <= DOUBLING_BYTES)
		return FB_ALGORITHM_DOUBLING;
	if (rails)
		return FB_ALGORITHM_RAILS;
	/* It sends far more between nodes than a ring does when they have several ranks. */
	const bool alike = layout->nodes == 1 || layout->per_node == 1;
	return power && alike && size > 2 && bytes / (size_t)size <= HALVING_BYTES ? FB_ALGORITHM_HALVING : FB_ALGORITHM_RING;
}
