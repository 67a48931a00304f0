/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/gpus.h"

#include "common/gres_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INDICES_MAX 1024 /* of FB_GPUS_MAX indices, one by one, and more */

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

void fb_gpus_read(const char *gres, struct fb_gpus *gpus)
{
	char indices[INDICES_MAX];
	struct fb_gres_node node;

	fb_gres_read_node(gres, &node);
	fb_gres_indices(gres, indices, sizeof(indices));
	*gpus = (struct fb_gpus){ .count = node.gpus, .index = fb_gpus_index_read(indices) };
	snprintf(gpus->type, sizeof(gpus->type), "%.*s", (int)sizeof(gpus->type) - 1, node.type);
}
