/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "job_submit/qos_table.h"

#include <ctype.h>
#include <stdlib.h>

struct entry {
	uint32_t id;
	uint64_t name; /* hashed: two of one hash would only be told apart by the list */
	struct fb_limits_qos limits;
};

struct fb_qos_table {
	size_t most, count;
	size_t room;		/* of each index: a power of two, at least twice as many as there may be */
	uint32_t *ids, *names;	/* the number of an entry, counted from 1; 0: free */
	struct entry entry[];
};

static uint64_t mix(uint64_t hash)
{
	hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccdu; /* the finalizer of MurmurHash3 */
	hash = (hash ^ (hash >> 33)) * 0xc4ceb9fe1a85ec53u;
	return hash ^ (hash >> 33);
}

static uint64_t hash_name(const char *name)
{
	uint64_t hash = 1469598103934665603u; /* FNV-1a */

	for (; *name; name++)
		hash = (hash ^ (uint64_t)tolower((unsigned char)*name)) * 1099511628211u;
	return mix(hash);
}

struct fb_qos_table *fb_qos_table_create(size_t expected)
{
	struct fb_qos_table *table = calloc(1, sizeof(*table) + expected * sizeof(table->entry[0]));

	if (!table)
		return NULL;
	table->most = expected;
	for (table->room = 16; table->room < 2 * expected;)
		table->room *= 2;
	table->ids = calloc(table->room, sizeof(*table->ids));
	table->names = calloc(table->room, sizeof(*table->names));
	if (!table->ids || !table->names) {
		fb_qos_table_destroy(table);
		return NULL;
	}
	return table;
}

void fb_qos_table_destroy(struct fb_qos_table *table)
{
	if (!table)
		return;
	free(table->ids);
	free(table->names);
	free(table);
}

static const struct entry *entry_of(const struct fb_qos_table *table, uint32_t number)
{
	return number ? &table->entry[number - 1] : NULL;
}

static uint32_t *slot_of_id(const struct fb_qos_table *table, uint32_t id)
{
	size_t slot = mix(id) & (table->room - 1);

	while (table->ids[slot] && entry_of(table, table->ids[slot])->id != id)
		slot = (slot + 1) & (table->room - 1);
	return &table->ids[slot];
}

static uint32_t *slot_of_name(const struct fb_qos_table *table, uint64_t name)
{
	size_t slot = name & (table->room - 1);

	while (table->names[slot] && entry_of(table, table->names[slot])->name != name)
		slot = (slot + 1) & (table->room - 1);
	return &table->names[slot];
}

void fb_qos_table_add(struct fb_qos_table *table, uint32_t id, const char *name, const struct fb_limits_qos *limits)
{
	struct entry entry = { id, hash_name(name), *limits };

	if (table->count == table->most || *slot_of_id(table, id) || *slot_of_name(table, entry.name))
		return;
	table->entry[table->count++] = entry;
	*slot_of_id(table, id) = *slot_of_name(table, entry.name) = (uint32_t)table->count;
}

const struct fb_limits_qos *fb_qos_table_id(const struct fb_qos_table *table, uint32_t id)
{
	const struct entry *entry = entry_of(table, *slot_of_id(table, id));

	return entry ? &entry->limits : NULL;
}

const struct fb_limits_qos *fb_qos_table_name(const struct fb_qos_table *table, const char *name)
{
	const struct entry *entry = entry_of(table, *slot_of_name(table, hash_name(name)));

	return entry ? &entry->limits : NULL;
}
