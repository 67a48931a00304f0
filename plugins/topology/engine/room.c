/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Room: what a set of idle GPUs offers to jobs of 2, 4, 8 or 16 GPUs, as many of one size as go into it. A table per size
 * holds for every set the greatest sum of value times GPUs over ways to cut it into sets of that size.
 */
#include <stdlib.h>

#include "topology/engine/type.h"

struct cutting {
	const struct fb_engine_type *type;
	float *room;
	unsigned int size;
	float most; /* no cutting of the set can be better */
};

/* Take more GPUs out of rest, all above the last one taken, to complete the first part of a cutting. */
static float parts_try(const struct cutting *cut, unsigned int set, unsigned int part, unsigned int rest,
		       unsigned int more)
{
	float best = 0;

	if (!more)
		return (float)(cut->type->rank_gbps[cut->type->rank[part]] * cut->size) + cut->room[set & ~part];
	while ((unsigned int)__builtin_popcount(rest) >= more && best < cut->most) {
		unsigned int gpu = rest & -rest;
		float sum;

		rest &= rest - 1;
		sum = parts_try(cut, set, part | gpu, rest, more - 1);
		best = sum > best ? sum : best;
	}
	return best;
}

static void room_fill(struct cutting *cut)
{
	const struct fb_engine_type *type = cut->type;

	for (unsigned int set = 1; set < 1u << type->gpus; set++) {
		unsigned int low = set & -set, parts = (unsigned int)__builtin_popcount(set) / cut->size;
		float with, without = cut->room[set & ~low];

		if (!parts)
			continue;
		cut->most = (float)(type->best[cut->size] * cut->size * parts);
		with = without < cut->most ? parts_try(cut, set, low, set & ~low, cut->size - 1) : 0;
		cut->room[set] = with > without ? with : without;
	}
}

int fb_engine_rooms_fill(struct fb_engine_type *type)
{
	for (unsigned int b = 0; b < ROOMS; b++) {
		struct cutting cut = { .type = type, .size = 2u << b };

		if (cut.size > type->gpus)
			return 0;
		cut.room = type->room[b] = calloc(1u << type->gpus, sizeof(cut.room[0]));
		if (!cut.room)
			return -1;
		room_fill(&cut);
	}
	return 0;
}
