/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as a table of algorithms: what is accepted prints to text that reads the same, and every shape gets an answer. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "coll/tuning.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ask(const struct fb_tuning *tuning)
{
	static const struct fb_layout layouts[] = {
		{ .nodes = 1, .per_node = 2 }, { .nodes = 2, .per_node = 1 }, { .nodes = 3, .per_node = 8 }, { .nodes = 8192, .per_node = 1 },
		{ .nodes = 2, .per_node = 0 },
	};

	for (size_t i = 0; i < sizeof(layouts) / sizeof(*layouts); i++) {
		const struct fb_tuned_shape shape = fb_tuning_find(tuning, &layouts[i]);
		for (uint64_t bytes = 1; bytes; bytes <<= 1) {
			const enum fb_algorithm_kind kind = fb_tuned_choose(&shape, bytes);
			if (kind > FB_ALGORITHM_RAILS || (kind != FB_ALGORITHM_AUTO && !layouts[i].per_node))
				abort();
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fb_tuning tuning, again;
	struct fb_err err;
	char *text = malloc(size + 1), *printed = NULL;
	size_t length;

	if (!text)
		abort();
	memcpy(text, data, size);
	int rc = fb_tuning_parse(text, size, &tuning, &err);
	free(text);
	if (rc) {
		if (tuning.count || !memchr(err.text, '\0', sizeof(err.text)))
			abort();
		return 0;
	}
	FILE *file = open_memstream(&printed, &length);
	if (!file)
		abort();
	fb_tuning_print(file, &tuning);
	if (fclose(file) || fb_tuning_parse(printed, length, &again, &err) || again.count != tuning.count ||
	    memcmp(again.entry, tuning.entry, tuning.count * sizeof(*tuning.entry)) != 0)
		abort();
	free(printed);
	ask(&tuning);
	return 0;
}
