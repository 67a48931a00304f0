/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/gpus.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint64_t fb_gpus_index_read(const char *text)
{
	uint64_t index = 0;

	while (*text >= '0' && *text <= '9') {
		char *end;
		unsigned long first = strtoul(text, &end, 10), last = first;

		if (*end == '-')
			last = strtoul(end + 1, &end, 10);
		for (unsigned long i = first; i <= last && i < FB_GPUS_MAX; i++)
			index |= UINT64_C(1) << i;
		text = end + (*end == ',');
	}
	return index;
}

void fb_gpus_index_text(uint64_t index, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (unsigned int i = 0; i < FB_GPUS_MAX; i++) {
		unsigned int last = i;

		if (!(index >> i & 1))
			continue;
		while (last + 1 < FB_GPUS_MAX && (index >> (last + 1) & 1))
			last++;
		int length = snprintf(text + used, size - used, last > i ? "%s%u-%u" : "%s%u", used ? "," : "", i, last);
		if (length < 0 || (size_t)length >= size - used)
			return;
		used += (size_t)length;
		i = last;
	}
}

/* The end of the entry that begins here: commas in parentheses are not between entries. */
static const char *entry_end(const char *entry)
{
	for (int depth = 0; *entry && (depth > 0 || *entry != ','); entry++)
		depth += (*entry == '(') - (*entry == ')');
	return entry;
}

/* "gpu", "gpu:2", "gpu:v100", "gpu:v100:2", each with "(...)" behind it; length is that of what is in front of it. */
static void read_entry(const char *entry, size_t length, struct fb_gpus *gpus)
{
	char text[128], *type = NULL;
	int64_t count = 1;

	if (length >= sizeof(text) || strncmp(entry, "gpu", 3) || (length > 3 && entry[3] != ':'))
		return;
	memcpy(text, entry, length);
	text[length] = '\0';
	for (char *save = NULL, *field = strtok_r(text + 3, ":", &save); field; field = strtok_r(NULL, ":", &save)) {
		char *end;
		long long number = strtoll(field, &end, 10);

		if (*end)
			type = field;
		else
			count = number;
	}
	if (count > 0 && count <= FB_GPUS_COUNT_MAX)
		gpus->count += count;
	if (type && !gpus->type[0])
		snprintf(gpus->type, sizeof(gpus->type), "%s", type);
}

void fb_gpus_read(const char *gres, struct fb_gpus *gpus)
{
	*gpus = (struct fb_gpus){ .count = 0 };
	while (gres && *gres) {
		const char *end = entry_end(gres);
		size_t length = strcspn(gres, "(,");

		read_entry(gres, length, gpus);
		if (!strncmp(gres, "gpu", 3) && !strncmp(gres + length, "(IDX:", 5))
			gpus->index |= fb_gpus_index_read(gres + length + 5);
		gres = end + (*end == ',');
	}
}
