/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any text as a size, and two sizes as a sweep: it never goes beyond its end, and it ends. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "coll/tool/size.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void sweep(size_t first, size_t last, size_t factor, size_t step)
{
	size_t at = first;

	for (int i = 0; i < 1000 && at; i++) {
		size_t next = fb_size_next(at, last, factor, step);
		if (next && (next <= at || next > last))
			abort();
		at = next;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), *next = text;
	size_t bytes[4] = { 1, 1, 1, 1 };
	struct fb_err err;

	if (!text)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	for (int i = 0; i < 4 && next; i++) {
		const char *word = strsep(&next, " ");
		if (!fb_size_parse(word, &bytes[i], &err) && bytes[i] > PTRDIFF_MAX)
			abort();
	}
	sweep(bytes[0], bytes[1], bytes[2], bytes[3]);
	sweep(bytes[0], bytes[1], 1, bytes[3]);
	free(text);
	return 0;
}
