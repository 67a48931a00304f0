/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "topology/ring.h"

#include <stdlib.h>

/* The set's GPUs by their position in it, and for each the positions it reaches at the wanted bandwidth. */
struct group {
	unsigned int count;
	unsigned int gpu[FB_ENGINE_GPUS_MAX];
	unsigned int near[FB_ENGINE_GPUS_MAX];
};

static void group_make(struct group *group, const struct fb_engine_wiring *w, fb_gpuset set, double gbps)
{
	*group = (struct group){ .count = 0 };
	for (unsigned int i = 0; i < w->gpus; i++)
		if (set >> i & 1)
			group->gpu[group->count++] = i;
	for (unsigned int a = 0; a < group->count; a++)
		for (unsigned int b = 0; b < group->count; b++) {
			unsigned int i = group->gpu[a], j = group->gpu[b];

			if (a != b && fb_link_gbps(w->link[i][j], w->lanes[i][j], w->lane_gbps) >= gbps)
				group->near[a] |= 1u << b;
		}
}

/* ends[s]: where a path may end that begins at position 0 and visits all of s. */
static uint16_t *paths_make(const struct group *group)
{
	uint16_t *ends = calloc((size_t)1 << group->count, sizeof(ends[0]));

	if (!ends)
		return NULL;
	ends[1] = 1;
	for (unsigned int s = 3; s < 1u << group->count; s += 2)
		for (unsigned int rest = s & ~1u; rest; rest &= rest - 1) {
			unsigned int v = (unsigned int)__builtin_ctz(rest);

			if (ends[s & ~(1u << v)] & group->near[v])
				ends[s] |= (uint16_t)(1u << v);
		}
	return ends;
}

unsigned int fb_ring_order(const struct fb_engine_wiring *wiring, fb_gpuset set, double gbps, unsigned int *order)
{
	struct group group;

	group_make(&group, wiring, set, gbps);
	if (group.count < 2)
		return 0;
	uint16_t *ends = paths_make(&group);
	if (!ends)
		return 0;
	/* A ring is the same walked backwards: from its end the first choice is the lowest. */
	unsigned int todo = (1u << group.count) - 1, at = 0, done = 0;
	order[done++] = group.gpu[0];
	while (done < group.count) {
		unsigned int next = ends[todo] & group.near[at];

		if (!next)
			break;
		at = (unsigned int)__builtin_ctz(next);
		todo &= ~(1u << at);
		order[done++] = group.gpu[at];
	}
	free(ends);
	return done == group.count ? done : 0;
}
