/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fb_coll_alloc: memory that all ranks of a node have mapped, so that a call reads and writes it in place. */
#include "coll/region.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "coll/mapped.h"

static char *part_of(const struct fb_region *r, int rank)
{
	return r->base + (size_t)(rank - r->first) * r->part;
}

void fb_region_find(const struct fb_coll *c, const void *memory, size_t bytes, uint32_t *region, uint64_t *offset)
{
	const char *at = memory;

	*region = 0;
	*offset = 0;
	for (size_t i = 0; i < c->region_count; i++) {
		const struct fb_region *r = &c->regions[i];
		const char *mine = part_of(r, c->rank);
		if (at < mine || at >= mine + r->part || bytes > r->part - (size_t)(at - mine))
			continue;
		*region = r->id;
		*offset = (uint64_t)(at - mine);
		return;
	}
}

char *fb_region_at(const struct fb_coll *c, int rank, uint32_t region, uint64_t offset, size_t bytes)
{
	for (size_t i = 0; region && i < c->region_count; i++) {
		const struct fb_region *r = &c->regions[i];
		if (r->id == region)
			return offset > r->part || bytes > r->part - offset ? NULL : part_of(r, rank) + offset;
	}
	return NULL;
}

static void release(struct fb_region *r)
{
	munmap(r->base, r->part * (size_t)r->parts);
}

void fb_regions_destroy(struct fb_coll *c)
{
	for (size_t i = 0; i < c->region_count; i++)
		release(&c->regions[i]);
	free(c->regions);
}

static bool make_room(struct fb_coll *c)
{
	if (c->region_count < c->region_room)
		return true;
	size_t room = c->region_room ? 2 * c->region_room : 8;
	struct fb_region *regions = realloc(c->regions, room * sizeof(*regions));
	if (!regions)
		return false;
	c->regions = regions;
	c->region_room = room;
	return true;
}

/* What rank 0 makes and the others map, and whether each could. */
struct share {
	struct fb_offer offer;
	int32_t mapped;
};

static bool all_mapped(const struct fb_coll *c, int turn)
{
	struct share theirs;

	for (int r = 0; r < c->size; r++) {
		memcpy(&theirs, fb_mapped_post_of(c->mapped, turn, r)->payload, sizeof(theirs));
		if (!theirs.mapped)
			return false;
	}
	return true;
}

/* r->base is set on all ranks or on none. */
static fb_coll_status_t map_together(struct fb_coll *c, struct fb_region *r, bool room)
{
	struct share mine = { .offer = { .fd = -1 } }, first;
	fb_coll_status_t status;
	int turn;

	if (!c->rank)
		fb_offer_make(&mine.offer);
	status = fb_mapped_meet(c, &mine, sizeof(mine), &turn);
	if (status)
		goto close_offer;
	memcpy(&first, fb_mapped_post_of(c->mapped, turn, 0)->payload, sizeof(first));
	r->base = room ? fb_offer_map(&first.offer, r->part * (size_t)r->parts) : NULL;
	mine.mapped = r->base != NULL;
	status = fb_mapped_meet(c, &mine, sizeof(mine), &turn);
	if (r->base && (status || !all_mapped(c, turn))) {
		release(r);
		r->base = NULL;
	}
close_offer:
	if (mine.offer.fd >= 0)
		close(mine.offer.fd);
	return status;
}

static void map_alone(struct fb_region *r, bool room)
{
	void *memory = room ? mmap(NULL, r->part, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) : MAP_FAILED;

	r->base = memory == MAP_FAILED ? NULL : memory;
	if (r->base)
		madvise(r->base, r->part, MADV_HUGEPAGE);
}

static fb_coll_status_t allocate(struct fb_coll *c, struct fb_region *r, size_t bytes)
{
	const struct fb_call_state call = { .call = FB_CALL_ALLOC, .count = bytes };
	const bool room = make_room(c);
	fb_coll_status_t status;

	if (!c->mapped) {
		r->first = c->rank;
		r->parts = 1;
		map_alone(r, room);
		return FB_COLL_OK;
	}
	r->parts = c->size;
	status = fb_call_begin(c, &call);
	return status ? status : fb_call_end(c, map_together(c, r, room));
}

fb_coll_status_t fb_coll_alloc(fb_coll_t *coll, size_t bytes, void **memory)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct fb_region r = { .id = coll->last_region + 1 };
	struct fb_err err;
	fb_coll_status_t status;

	if (!bytes || bytes > PTRDIFF_MAX / (size_t)coll->size - page)
		return fb_coll_publish(fb_coll_fail(&err, FB_COLL_ERR_ARGUMENT, "alloc: %zu bytes: from 1 to %zu are possible", bytes,
						    PTRDIFF_MAX / (size_t)coll->size - page),
				       &err);
	r.part = (bytes + page - 1) / page * page;
	status = allocate(coll, &r, bytes);
	if (status)
		return status;
	coll->last_region = r.id;
	if (!r.base)
		return fb_coll_publish(fb_coll_fail(&err, FB_COLL_ERR_MEMORY, "alloc: %zu bytes for each of %d ranks: no such memory",
						    bytes, coll->size),
				       &err);
	coll->regions[coll->region_count++] = r;
	*memory = part_of(&r, coll->rank);
	return FB_COLL_OK;
}

/* Nobody uses a region in a later call that another rank does not have any more. */
static fb_coll_status_t part_with(struct fb_coll *c, const struct fb_region *r)
{
	const struct fb_call_state call = { .call = FB_CALL_FREE, .count = r->id };
	fb_coll_status_t status = fb_call_begin(c, &call);
	int turn;

	return status ? status : fb_call_end(c, fb_mapped_meet(c, NULL, 0, &turn));
}

fb_coll_status_t fb_coll_free(fb_coll_t *coll, void *memory)
{
	struct fb_err err;
	size_t i = 0;

	if (!memory)
		return FB_COLL_OK;
	while (i < coll->region_count && part_of(&coll->regions[i], coll->rank) != memory)
		i++;
	if (i == coll->region_count)
		return fb_coll_publish(fb_coll_fail(&err, FB_COLL_ERR_ARGUMENT, "free: this is no memory of fb_coll_alloc"), &err);
	fb_coll_status_t status = coll->mapped ? part_with(coll, &coll->regions[i]) : FB_COLL_OK;
	if (status)
		return status;
	release(&coll->regions[i]);
	coll->regions[i] = coll->regions[--coll->region_count];
	return FB_COLL_OK;
}
