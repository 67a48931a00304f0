/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory of fb_coll_alloc, and who finds what in it. */
#ifndef FB_COLL_REGION_H
#define FB_COLL_REGION_H

#include <stdint.h>

#include "coll/internal.h"

/* The parts of all ranks that have it mapped, one after the other; or one rank's own. */
struct fb_region {
	uint32_t id; /* from 1; the same on all ranks */
	char *base;
	size_t part;	/* bytes of one rank's part, whole pages */
	int first, parts; /* rank of the first part */
};

/* Where a buffer of this rank is; region 0 where it is not in memory that the others have mapped. */
void fb_region_find(const struct fb_coll *c, const void *memory, size_t bytes, uint32_t *region, uint64_t *offset);

/* The address of such a place of any rank in this process; NULL where there is none, or it reaches beyond the part. */
char *fb_region_at(const struct fb_coll *c, int rank, uint32_t region, uint64_t offset, size_t bytes);

void fb_regions_destroy(struct fb_coll *c);

#endif
