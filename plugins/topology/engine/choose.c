/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Choosing GPUs: an enumeration of the sets of the wanted size, scored from the type's tables. */
#include "topology/engine/type.h"

struct score {
	unsigned int rank;
	uint32_t own;
	uint32_t left;
};

/* Spreads the low bits of a counter over the bits of a set, one byte at a time. */
struct spread {
	uint16_t low[256], high[256];
};

static void spread_init(struct spread *spread, unsigned int set)
{
	uint16_t bit[GPUS] = { 0 };

	for (unsigned int n = 0; set; set &= set - 1)
		bit[n++] = (uint16_t)(set & -set);
	spread->low[0] = spread->high[0] = 0;
	for (unsigned int i = 1; i < 256; i++) {
		unsigned int n = (unsigned int)__builtin_ctz(i);

		spread->low[i] = spread->low[i & (i - 1)] | bit[n];
		spread->high[i] = spread->high[i & (i - 1)] | bit[n + 8];
	}
}

static bool groups_allow(const struct fb_engine_request *request, unsigned int set)
{
	for (unsigned int g = 0; g < request->groups; g++) {
		int taken = __builtin_popcount(set & request->group[g].members);

		if (!(request->group[g].counts >> taken & 1))
			return false;
	}
	return true;
}

static bool better(const struct score *a, const struct score *b)
{
	if (a->rank != b->rank)
		return a->rank > b->rank;
	if (a->own != b->own)
		return a->own > b->own;
	return a->left > b->left;
}

/* The count lowest bits of a set. */
static unsigned int lowest(unsigned int set, unsigned int count)
{
	unsigned int taken = 0;

	for (; count; count--, set &= set - 1)
		taken |= set & -set;
	return taken;
}

/* Walk over the sets in the order of their indices, so that the first of equals has the lowest. */
static unsigned int best_of(const struct fb_engine_type *type, const struct fb_engine_request *request,
			    unsigned int free_set, unsigned int idle, unsigned int held)
{
	unsigned int end = 1u << __builtin_popcount(free_set), best = 0;
	unsigned int counter = (1u << request->count) - 1;
	struct score best_score = { 0 };
	struct spread spread;

	spread_init(&spread, free_set);
	while (counter < end) {
		unsigned int set = spread.low[counter & 255] | spread.high[counter >> 8];
		struct score score = { type->rank[set | held], type->sum[set | held], type->sum[idle & ~set] };

		if (groups_allow(request, set) && (!best || better(&score, &best_score))) {
			best = set;
			best_score = score;
		}
		/* the next number with as many bits set */
		unsigned int ripple = counter + (counter & -counter);
		counter = ripple | ((counter ^ ripple) >> (2 + __builtin_ctz(counter)));
	}
	return best;
}

int fb_engine_choose(const struct fb_engine_type *type, const struct fb_engine_request *request,
		     struct fb_engine_choice *choice)
{
	unsigned int all = (1u << type->gpus) - 1;
	unsigned int free_set = request->free & all, held = request->held & all;
	unsigned int idle = (request->idle | request->free) & all, set;

	if (!request->count || request->count > (unsigned int)__builtin_popcount(free_set) ||
	    request->groups > FB_ENGINE_GROUPS_MAX)
		return -1;
	if (type->uniform && !request->groups)
		set = lowest(free_set, request->count);
	else
		set = best_of(type, request, free_set, idle, held);
	if (!set)
		return -1;
	choice->gpus = (fb_gpuset)set;
	choice->rank = type->rank[set | held];
	choice->gbps = type->rank_gbps[choice->rank];
	return 0;
}
