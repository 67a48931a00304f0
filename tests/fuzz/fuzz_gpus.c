/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any strings and numbers as a request for GPUs. What is read from a string must be what a plain rewriting of
 * Slurm's own parser reads, and a request for more of anything must not count as less.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/gpus.h"

#define TYPES_MAX 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int number(const char *text, uint64_t *value)
{
	static const struct {
		const char *suffix;
		uint64_t factor;
	} table[] = { { "", 1 },	  { "k", 1ull << 10 }, { "kib", 1ull << 10 },	      { "kb", 1000 },
		      { "m", 1ull << 20 }, { "mib", 1ull << 20 }, { "mb", 1000000 },	      { "g", 1ull << 30 },
		      { "gib", 1ull << 30 }, { "gb", 1000000000 }, { "t", 1ull << 40 },	      { "tib", 1ull << 40 },
		      { "tb", 1000000000000 }, { "p", 1ull << 50 }, { "pib", 1ull << 50 }, { "pb", 1000000000000000 } };
	char *end;

	if (*text < '0' || *text > '9')
		return 0;
	*value = strtoull(text, &end, 10);
	if (*value == UINT64_MAX)
		return 0;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (!strcasecmp(end, table[i].suffix)) {
			if (__builtin_mul_overflow(*value, table[i].factor, value))
				*value = UINT64_MAX;
			return 1;
		}
	return 0;
}

/* The next item as slurm_get_next_tres() gives it; 0: the end, or a fault. The caller frees item. */
static int next(const char **at, char **item, const char **type, uint64_t *value)
{
	for (;;) {
		const char *found = strstr(*at, "gres");
		if (!found)
			return 0;
		found += 4;
		found += *found == '/';
		size_t length = strcspn(found, ",");
		*at = found + length + (found[length] == ',');
		*item = strndup(found, length);
		*type = "";
		*value = 1;
		char *separator = strrchr(*item, '='), *colon = strrchr(*item, ':');
		int equals = separator != NULL;
		separator = separator ? separator : colon;
		if (!length) {
			free(*item);
			continue;
		}
		int good = 1;
		if (separator) {
			*separator++ = '\0';
			int counted = number(separator, value);
			good = *separator && (counted || !equals);
			if (good && !counted) {
				*type = separator;
				*value = 1;
			}
		} else {
			good = !number(*item, value);
		}
		char *inner = good ? strchr(*item, ':') : NULL;
		if (inner) {
			*inner++ = '\0';
			good = !**type;
			*type = inner;
		}
		if (good && **item && *value)
			return 1;
		good = good && **item;
		free(*item);
		if (!good)
			return 0;
	}
}

static struct fb_gpus reference(const char *text)
{
	struct {
		char *type;
		uint64_t count;
	} of[TYPES_MAX];
	size_t types = 0;
	struct fb_gpus gpus = { .count = 0 };
	char *item;
	const char *type;
	uint64_t value;

	while (next(&text, &item, &type, &value)) {
		size_t i = 0;

		gpus.asked |= !strcmp(item, "gpu") || !strcmp(item, "shard") || !strcmp(item, "mps");
		while (i < types && strcmp(of[i].type, type))
			i++;
		if (!strcmp(item, "gpu") && i < FB_GPUS_TYPES_MAX) {
			if (i == types)
				of[types++].type = strdup(type);
			of[i].count = value;
		}
		free(item);
	}
	for (size_t i = 0; i < types; i++) {
		if (__builtin_add_overflow(gpus.count, of[i].count, &gpus.count))
			gpus.count = UINT64_MAX;
		free(of[i].type);
	}
	return gpus;
}

/* Six numbers, then up to four strings, one a line. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fb_gpus_request request = { .per_job = NULL };
	uint32_t numbers[6];

	if (size < sizeof(numbers) || size > sizeof(numbers) + FB_GPUS_TEXT_MAX)
		return 0;
	memcpy(numbers, data, sizeof(numbers));
	char *text = strndup((const char *)data + sizeof(numbers), size - sizeof(numbers)), *rest = text;
	const char **const texts[] = { &request.per_node, &request.per_job, &request.per_task, &request.per_socket };
	for (size_t i = 0; i < 4 && rest; i++)
		*texts[i] = strsep(&rest, "\n");

	struct fb_gpus_request one = { .per_node = request.per_node };
	struct fb_gpus read = fb_gpus_count(&one), expected = reference(request.per_node);
	if (read.asked != expected.asked || read.count != expected.count)
		abort();
	request.nodes = numbers[0], request.tasks = numbers[1], request.tasks_per_node = numbers[2];
	request.tasks_per_socket = numbers[3], request.tasks_per_gpu = numbers[4], request.sockets_per_node = numbers[5];
	uint64_t count = fb_gpus_count(&request).count;
	request.nodes += request.nodes < UINT32_MAX;
	if (fb_gpus_count(&request).count < count)
		abort();
	request.whole_node = 8;
	if (fb_gpus_count(&request).count < count || !fb_gpus_count(&request).asked)
		abort();
	free(text);
	return 0;
}
