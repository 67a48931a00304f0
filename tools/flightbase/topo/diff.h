/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a node has lost of its type, or has more: GPUs, NVLinks, adapters. The two are compared GPU by GPU; if the node has fewer
 * GPUs, those that are left are laid over the type's so that the fewest links differ.
 */
#ifndef FB_TOPO_DIFF_H
#define FB_TOPO_DIFF_H

#include "flightbase/topo/machine.h"

#define FB_DIFF_MAX 256 /* more than 16 GPUs, 120 pairs of them and 32 adapters can give */
#define FB_DIFF_TEXT_MAX 160

enum fb_diff_kind {
	FB_DIFF_GPU,	 /* gone */
	FB_DIFF_LINK,	 /* NVLink gone or with fewer lanes */
	FB_DIFF_ADAPTER, /* gone, or without a link, or slower */
	FB_DIFF_OTHER,	 /* more than there was, or of another kind: nothing is missing */
};

struct fb_diff_entry {
	enum fb_diff_kind kind;
	char text[FB_DIFF_TEXT_MAX];
};

struct fb_diff {
	unsigned int count;
	struct fb_diff_entry entry[FB_DIFF_MAX];
};

/* then is the type that the file gives the node; minor, if not NULL, are the GPUs' device files now, -1: not known. */
void fb_diff_make(struct fb_diff *diff, const struct fb_topofile_type *then, const struct fb_topofile_type *now, const int *minor);

/* Is anything missing? */
bool fb_diff_missing(const struct fb_diff *diff);

#endif
