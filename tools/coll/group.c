/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Groups of a handle's ranks. The members agree on a number that is free on all of the parent's ranks, so that two groups
 * with a rank in common never have the same; the tags of their messages differ by it.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "coll/region.h"
#include "coll/work.h"

/* What each rank tells the parent's others. */
struct wish {
	int64_t color, key;
	uint64_t taken[FB_GROUPS_MAX / 64]; /* numbers of groups, one bit each */
};

#define WISH_WORDS (sizeof(struct wish) / sizeof(int64_t))

/* A handle with room for all of the parent's ranks: what is missing is found before the others are asked. */
static struct fb_coll *make_group(const struct fb_coll *parent)
{
	struct fb_coll *c = calloc(1, sizeof(*c));
	int *ranks = calloc((size_t)parent->size, sizeof(*ranks));

	if (!c || !ranks)
		goto fail;
	c->cards = calloc((size_t)parent->size, sizeof(*c->cards));
	c->order = calloc((size_t)parent->size, 2 * sizeof(*c->order));
	c->membership = calloc(1, sizeof(*c->membership));
	c->scratch = malloc(FB_SCRATCH_BYTES);
	if (!c->cards || !c->order || !c->membership || !c->scratch)
		goto fail;
	c->ranks = ranks;
	c->job = parent->job;
	c->transport = parent->transport;
	c->watch = parent->watch;
	return c;
fail:
	free(ranks);
	fb_group_destroy(c, true);
	return NULL;
}

void fb_group_destroy(struct fb_coll *c, bool orderly)
{
	if (!c)
		return;
	for (struct fb_coll *before = c->job; before; before = before->next_group)
		if (before->next_group == c) {
			before->next_group = c->next_group;
			c->job->groups[c->call.group] = NULL;
		}
	/* What a message may still be written to stays. */
	if (!orderly)
		return;
	fb_regions_destroy(c);
	free((void *)(uintptr_t)c->ranks);
	free(c->cards);
	free(c->order);
	free(c->membership);
	free(c->scratch);
	free(c);
}

static void fill_wish(const struct fb_coll *c, int color, int key, struct wish *wish)
{
	*wish = (struct wish){ .color = color, .key = key };
	wish->taken[0] = 1; /* the job */
	for (int i = 1; i < FB_GROUPS_MAX; i++)
		if (c->job->groups[i])
			wish->taken[i / 64] |= (uint64_t)1 << i % 64;
}

/* The lowest number that is free everywhere; 0: there is none. */
static uint32_t find_number(const struct wish *wishes, int size)
{
	uint64_t taken[FB_GROUPS_MAX / 64] = { 0 };

	for (int i = 0; i < size; i++)
		for (int k = 0; k < FB_GROUPS_MAX / 64; k++)
			taken[k] |= wishes[i].taken[k];
	for (uint32_t number = 1; number < FB_GROUPS_MAX; number++)
		if (!(taken[number / 64] >> number % 64 & 1))
			return number;
	return 0;
}

/* Whether rank a comes before b: by key, then by rank in the parent. */
static bool comes_before(const struct wish *wishes, int a, int b)
{
	return wishes[a].key != wishes[b].key ? wishes[a].key < wishes[b].key : a < b;
}

static void add_member(struct fb_coll *c, int *ranks, const struct fb_coll *parent, int rank)
{
	const int of_job = parent->ranks ? parent->ranks[rank] : rank;

	ranks[c->size] = of_job;
	c->cards[c->size] = parent->cards[rank];
	c->membership->bits[of_job / 8] |= (uint8_t)(1 << of_job % 8);
	if (rank == parent->rank)
		c->rank = c->size;
	c->size++;
}

static int compare(const void *one, const void *other, void *wishes)
{
	const int a = *(const int *)one, b = *(const int *)other;

	return a == b ? 0 : comes_before(wishes, a, b) ? -1 : 1;
}

/* The members, in their order; order has room for all. */
static void gather(struct fb_coll *c, const struct fb_coll *parent, struct wish *wishes, int *order)
{
	int *ranks = (int *)(uintptr_t)c->ranks, count = 0;

	for (int i = 0; i < parent->size; i++)
		if (wishes[i].color == wishes[parent->rank].color)
			order[count++] = i;
	qsort_r(order, (size_t)count, sizeof(*order), compare, wishes);
	for (int i = 0; i < count; i++)
		add_member(c, ranks, parent, order[i]);
	fb_coll_find_place(c);
}

/* From now on it is one of the job's. */
static fb_coll_status_t enter(struct fb_coll *c, uint32_t number, struct fb_err *err)
{
	const uint32_t leader = (uint32_t)c->ranks[0];

	c->membership->group = number;
	c->membership->leader = leader;
	c->call.group = number;
	if (c->watch && !(c->ledger = fb_watch_open_ledger(c->watch, number, leader)))
		return fb_coll_fail(err, FB_COLL_ERR_MEMORY, "no memory for a group");
	c->next_group = c->job->next_group;
	c->job->next_group = c;
	c->job->groups[number] = c;
	return FB_COLL_OK;
}

static fb_coll_status_t exchange(struct fb_coll *parent, const struct wish *mine, struct wish *wishes, uint64_t detail)
{
	const struct fb_task task = {
		.call = FB_CALL_ALLGATHER, .send = mine, .recv = wishes, .count = WISH_WORDS, .type = FB_COLL_INT64, .detail = detail,
	};

	wishes[0] = *mine;
	return parent->size > 1 ? fb_work_run(parent, &task) : FB_COLL_OK;
}

/* detail: what else the ranks must agree upon. */
static fb_coll_status_t split(struct fb_coll *parent, int color, int key, uint64_t detail, struct fb_coll **group)
{
	struct wish mine, *wishes = calloc((size_t)parent->size, sizeof(*wishes));
	int *order = calloc((size_t)parent->size, sizeof(*order));
	struct fb_coll *c = color == FB_COLL_NO_COLOR ? NULL : make_group(parent);
	struct fb_err err;
	fb_coll_status_t status = FB_COLL_OK;

	fill_wish(parent, color, key, &mine);
	if (!wishes || !order || (!c && color != FB_COLL_NO_COLOR)) {
		status = fb_coll_publish(fb_coll_fail(&err, FB_COLL_ERR_MEMORY, "no memory for a group of %d ranks", parent->size), &err);
	} else if (!(status = exchange(parent, &mine, wishes, detail))) {
		uint32_t number = find_number(wishes, parent->size);
		if (!number)
			status = fb_coll_fail(&err, FB_COLL_ERR_ARGUMENT,
					      "split: %d groups exist on these ranks: no more than that; finalize one", FB_GROUPS_MAX - 1);
		if (!status && c) {
			gather(c, parent, wishes, order);
			status = enter(c, number, &err);
		}
		fb_coll_publish(status, &err);
	}
	/* A failed exchange may still write to wishes. */
	if (!parent->job->failed)
		free(wishes);
	free(order);
	if (status) {
		fb_group_destroy(c, true);
		return status;
	}
	*group = c;
	return FB_COLL_OK;
}

fb_coll_status_t fb_coll_split(fb_coll_t *coll, int color, int key, fb_coll_t **group)
{
	struct fb_err err;

	if (color < FB_COLL_NO_COLOR)
		return fb_coll_publish(fb_coll_fail(&err, FB_COLL_ERR_ARGUMENT,
						    "split: color %d is negative; FB_COLL_NO_COLOR (-1) is for a rank in no group", color),
				       &err);
	return split(coll, color, key, 0, group);
}

/* My place in the list, or -1. */
static fb_coll_status_t check_list(const struct fb_coll *c, const char *name, const int *ranks, int count, int *place,
				   struct fb_err *err)
{
	bool seen[FB_RANKS_MAX] = { false };

	*place = -1;
	if (count < 1 || count > c->size || !ranks)
		return fb_coll_fail(err, FB_COLL_ERR_ARGUMENT, "%s: %d ranks: 1 to %d", name, count, c->size);
	for (int i = 0; i < count; i++) {
		if (ranks[i] < 0 || ranks[i] >= c->size)
			return fb_coll_fail(err, FB_COLL_ERR_ARGUMENT, "%s: rank %d is outside 0 to %d", name, ranks[i], c->size - 1);
		if (seen[ranks[i]])
			return fb_coll_fail(err, FB_COLL_ERR_ARGUMENT, "%s: rank %d is listed twice", name, ranks[i]);
		seen[ranks[i]] = true;
		if (ranks[i] == c->rank)
			*place = i;
	}
	return FB_COLL_OK;
}

static uint64_t hash_list(const int *ranks, int count)
{
	uint64_t hash = 0xcbf29ce484222325u;

	for (int i = 0; i < count; i++)
		hash = (hash ^ (uint64_t)ranks[i]) * 0x100000001b3u;
	return hash;
}

fb_coll_status_t fb_coll_create_group(fb_coll_t *coll, const int *ranks, int count, fb_coll_t **group)
{
	struct fb_err err;
	int place;
	fb_coll_status_t status = check_list(coll, "create_group", ranks, count, &place, &err);

	if (status)
		return fb_coll_publish(status, &err);
	return split(coll, place < 0 ? FB_COLL_NO_COLOR : 0, place, hash_list(ranks, count), group);
}

static fb_coll_status_t check_join(const struct fb_coll *c, const int *ranks, int count, int number, struct fb_err *err)
{
	int place;
	fb_coll_status_t status = check_list(c, "join_group", ranks, count, &place, err);

	if (status)
		return status;
	if (place < 0)
		return fb_coll_fail(err, FB_COLL_ERR_ARGUMENT, "join_group: rank %d is not in the list", c->rank);
	if (number < 1 || number >= FB_GROUPS_MAX)
		return fb_coll_fail(err, FB_COLL_ERR_ARGUMENT, "join_group: number %d is outside 1 to %d", number, FB_GROUPS_MAX - 1);
	if (c->job->groups[number])
		return fb_coll_fail(err, FB_COLL_ERR_ARGUMENT, "join_group: number %d is that of another group of this rank", number);
	return FB_COLL_OK;
}

fb_coll_status_t fb_coll_join_group(fb_coll_t *coll, const int *ranks, int count, int number, fb_coll_t **group)
{
	struct fb_coll *c;
	struct fb_err err;
	fb_coll_status_t status = check_join(coll, ranks, count, number, &err);

	if (status)
		return fb_coll_publish(status, &err);
	if ((status = fb_call_refuse(coll)))
		return status;
	c = make_group(coll);
	if (!c)
		return fb_coll_publish(fb_coll_fail(&err, FB_COLL_ERR_MEMORY, "no memory for a group of %d ranks", coll->size), &err);
	for (int i = 0; i < count; i++)
		add_member(c, (int *)(uintptr_t)c->ranks, coll, ranks[i]);
	fb_coll_find_place(c);
	/* Part of all tags: members with different lists do not match. */
	c->history = hash_list(c->ranks, count);
	status = enter(c, (uint32_t)number, &err);
	if (status) {
		fb_group_destroy(c, true);
		return fb_coll_publish(status, &err);
	}
	*group = c;
	return FB_COLL_OK;
}
