/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which algorithm allreduces take on a cluster, as measured there: a text file that `flightbase-allreduce --tune` writes. Rank 0
 * reads it and has it on its card, so that all ranks go by the same one, whatever the files of their nodes are.
 */
#ifndef FB_COLL_TUNING_H
#define FB_COLL_TUNING_H

#include <stdint.h>
#include <stdio.h>

#include "coll/layout.h"
#include "coll/settings.h"

#define FB_TUNED_MAX 128
#define FB_TUNED_NODES_MAX 65535

/* In groups of that shape, allreduces of up to `bytes` that no smaller limit covers. */
struct fb_tuned {
	uint16_t nodes, per_node;
	uint64_t bytes; /* UINT64_MAX: of any size */
	enum fb_algorithm_kind algorithm; /* RING to RAILS */
};

struct fb_tuning {
	unsigned count;
	struct fb_tuned entry[FB_TUNED_MAX]; /* strictly ascending by nodes, per_node, bytes */
};

/* Is it an entry that may follow `before` (NULL: the first one)? */
bool fb_tuned_follows(const struct fb_tuned *entry, const struct fb_tuned *before);

/* Lines of "NODES RANKS-PER-NODE BYTES|any ALGORITHM", in order; # begins a comment. 0, or -1 with an err that names the line. */
int fb_tuning_parse(const char *text, size_t size, struct fb_tuning *tuning, struct fb_err *err);

/* The entries as such lines. */
void fb_tuning_print(FILE *file, const struct fb_tuning *tuning);

/* Read a file: 0, or -1 with an err that names it; *tuning then has no entries. */
int fb_tuning_read(const char *path, struct fb_tuning *tuning, struct fb_err *err);

/* Replace the entries of a shape; those given are all of it, in order. 0, or -1 with err where there is no room. */
int fb_tuning_replace(struct fb_tuning *tuning, const struct fb_tuned *entries, unsigned count, struct fb_err *err);

/* The entries of one shape, in a table that stays. */
struct fb_tuned_shape {
	const struct fb_tuned *entry;
	unsigned count;
};

/*
 * Those of the measured shape that is nearest: one node or several, one rank per node or several are never taken for each other;
 * then by the ratio of nodes, then that of ranks per node, the smaller shape where equal. None: nothing of the kind was measured,
 * or nodes have different numbers of ranks.
 */
struct fb_tuned_shape fb_tuning_find(const struct fb_tuning *tuning, const struct fb_layout *layout);

/* AUTO where the shape has no entries. */
enum fb_algorithm_kind fb_tuned_choose(const struct fb_tuned_shape *shape, uint64_t bytes);

#endif
