/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the engine share. Not for adapters. */
#ifndef FB_TOPOLOGY_ENGINE_TYPE_H
#define FB_TOPOLOGY_ENGINE_TYPE_H

#include "topology/engine/engine.h"

#define GPUS FB_ENGINE_GPUS_MAX
#define ROOMS 4 /* sizes 2, 4, 8, 16 */
#define RANKS_MAX (GPUS * (GPUS - 1) / 2 + 1)

struct fb_engine_type {
	unsigned int gpus;
	bool uniform;		    /* every pair has the same rank: any set is as good as any other */
	uint8_t link[GPUS][GPUS];
	uint8_t pair[GPUS][GPUS];   /* rank of the pair's link; 0 on the diagonal */
	uint16_t cgbps[GPUS][GPUS]; /* its bandwidth in 0.01 GB/s, capped */
	double rank_gbps[RANKS_MAX];
	uint8_t rank_link[RANKS_MAX];
	double best[GPUS + 1];
	float *room[ROOMS]; /* [2^gpus] see room.c; NULL where the type has fewer GPUs */
	uint32_t *sum; /* [2^gpus] 0.01 GB/s over all pairs of the set */
	uint8_t *rank; /* [2^gpus] of the set's best ring */
};

/* Fill type->room; return -1 if memory is out. */
int fb_engine_rooms_fill(struct fb_engine_type *type);

#endif
