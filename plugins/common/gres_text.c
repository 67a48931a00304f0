/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/gres_text.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GPUS_MAX 1000000 /* of one entry: more is nonsense, and cut */

/* The entry's end: a ',' or ';' outside parentheses, or the end of the text. */
static size_t entry_length(const char *text)
{
	size_t length = 0, depth = 0;

	for (; text[length]; length++) {
		if (text[length] == '(')
			depth++;
		else if (text[length] == ')')
			depth -= depth > 0;
		else if (!depth && (text[length] == ',' || text[length] == ';'))
			break;
	}
	return length;
}

/* What follows the name in an entry of GPUs, ":v100:4(IDX:0-3)" of "gpu:v100:4(IDX:0-3)"; NULL: it is of something else. */
static const char *after_gpu(const char *entry, size_t length)
{
	const char *name = entry;

	if (!strncmp(name, "gres/", 5) || !strncmp(name, "gres:", 5))
		name += 5;
	if (strncmp(name, "gpu", 3) || name + 3 > entry + length)
		return NULL;
	return name + 3 == entry + length || strchr(":=(", name[3]) ? name + 3 : NULL;
}

/* The number in ":v100:4(...)" and what stands before it; without one it is 1. */
static int64_t count_of(const char *rest, const char *end)
{
	const char *stop = memchr(rest, '(', (size_t)(end - rest));
	const char *number = stop ? stop : end;

	stop = number;
	while (number > rest && isdigit((unsigned char)number[-1]))
		number--;
	if (number == stop || number == rest || (number[-1] != ':' && number[-1] != '='))
		return 1;
	long long count = strtoll(number, NULL, 10);
	return count < GPUS_MAX ? count : GPUS_MAX;
}

/* ":v100:8" has a type, ":8" has none. */
static bool read_type(const char *rest, const char *end, char *type, size_t size)
{
	size_t length;

	if (rest == end || *rest != ':')
		return false;
	length = strcspn(rest + 1, ":(,;");
	/* A type may be all digits only if a count follows. */
	if (!length || (rest[1 + length] != ':' && strspn(rest + 1, "0123456789") == length))
		return false;
	if (!type[0])
		snprintf(type, size, "%.*s", (int)length, rest + 1);
	return true;
}

/* An entry of GPUs: what is behind the name. */
struct entry {
	const char *rest, *end;
};

/* The next one, from *text on, which goes behind it; false: there is none. */
static bool next_entry(const char **text, struct entry *entry)
{
	while (*text && **text) {
		size_t length = entry_length(*text);

		*entry = (struct entry){ after_gpu(*text, length), *text + length };
		*text += length + ((*text)[length] != '\0');
		if (entry->rest)
			return true;
	}
	return false;
}

/* What follows the mark, "(IDX:", in the entry; NULL: it has none. */
static const char *find_mark(const struct entry *entry, const char *mark)
{
	const char *found = strstr(entry->rest, mark);

	return found && found < entry->end ? found + strlen(mark) : NULL;
}

int64_t fb_gres_requested(const char *text)
{
	struct entry entry;
	int64_t gpus = 0;

	while (next_entry(&text, &entry))
		gpus += count_of(entry.rest, entry.end);
	return gpus;
}

void fb_gres_indices(const char *text, char *indices, size_t size)
{
	struct entry entry;
	size_t used = 0;

	indices[0] = '\0';
	while (next_entry(&text, &entry)) {
		const char *list = find_mark(&entry, "(IDX:");

		if (!list)
			continue;
		used += (size_t)snprintf(indices + used, size - used, "%s%.*s", used ? "," : "", (int)strcspn(list, ")"), list);
		if (used >= size)
			return;
	}
}

void fb_gres_read_node(const char *text, struct fb_gres_node *node)
{
	struct entry entry;

	*node = (struct fb_gres_node){ .typed = true, .cores = true };
	while (next_entry(&text, &entry)) {
		node->gpus += count_of(entry.rest, entry.end);
		node->typed &= read_type(entry.rest, entry.end, node->type, sizeof(node->type));
		node->cores &= find_mark(&entry, "(S:") != NULL;
	}
	node->typed &= node->gpus > 0;
	node->cores &= node->gpus > 0;
}
