/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "job_submit/members.h"

#include <stdlib.h>

struct entry {
	uint64_t pair; /* 0: free */
	struct fb_member member;
};

struct fb_members {
	size_t room, count; /* room is a power of two and at least twice the count */
	struct entry entry[];
};

static uint64_t pair_of(uint32_t uid, const char *account)
{
	uint64_t hash = 1469598103934665603u ^ uid; /* FNV-1a, then the finalizer of MurmurHash3 */

	for (; *account; account++)
		hash = (hash ^ (unsigned char)*account) * 1099511628211u;
	hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccdu;
	hash = (hash ^ (hash >> 33)) * 0xc4ceb9fe1a85ec53u;
	hash ^= hash >> 33;
	return hash ? hash : 1;
}

/* The slot that holds the pair, or the free one where it belongs. */
static size_t slot_of(const struct fb_members *members, uint64_t pair)
{
	size_t slot = (size_t)pair & (members->room - 1);

	while (members->entry[slot].pair && members->entry[slot].pair != pair)
		slot = (slot + 1) & (members->room - 1);
	return slot;
}

struct fb_members *fb_members_create(size_t expected)
{
	size_t room = 64;

	while (room < 2 * expected)
		room *= 2;
	struct fb_members *members = calloc(1, sizeof(*members) + room * sizeof(members->entry[0]));
	if (members)
		members->room = room;
	return members;
}

void fb_members_destroy(struct fb_members *members)
{
	free(members);
}

void fb_members_add(struct fb_members *members, uint32_t uid, const char *account, const struct fb_member *member)
{
	uint64_t pair = pair_of(uid, account);
	size_t slot = slot_of(members, pair);

	if (members->entry[slot].pair || 2 * (members->count + 1) > members->room)
		return;
	members->entry[slot] = (struct entry){ pair, *member };
	members->count++;
}

const struct fb_member *fb_members_find(const struct fb_members *members, uint32_t uid, const char *account)
{
	uint64_t pair = pair_of(uid, account);
	const struct entry *entry = &members->entry[slot_of(members, pair)];

	return entry->pair == pair ? &entry->member : NULL;
}
