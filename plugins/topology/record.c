/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "topology/record.h"

#include <stddef.h>
#include <string.h>

static const char *string_end(const char *c, const char *end)
{
	for (c++; c < end && *c != '"'; c++)
		if (*c == '\\' && c + 1 < end)
			c++;
	return c < end ? c : NULL;
}

static bool word_is(const char *start, const char *end, const char *word)
{
	return (size_t)(end - start) == strlen(word) && !memcmp(start, word, strlen(word));
}

/* Past spaces and one ':'; NULL if there is no ':' */
static const char *colon_skip(const char *c, const char *end)
{
	while (c < end && *c == ' ')
		c++;
	if (c == end || *c != ':')
		return NULL;
	for (c++; c < end && *c == ' ';)
		c++;
	return c;
}

bool fb_record_is(const char *line, const char *key, const char *value)
{
	static const char mark[] = "{\"flightbase\":";
	unsigned int depth = 0;

	if (!line || strncmp(line, mark, sizeof(mark) - 1))
		return false;
	const char *end = line + strnlen(line, FB_RECORD_SIZE_MAX);
	for (const char *c = line; c < end; c++) {
		if (*c == '{' || *c == '[')
			depth++;
		else if (*c == '}' || *c == ']')
			depth -= depth > 0;
		if (*c != '"')
			continue;
		const char *close = string_end(c, end), *at;
		if (!close)
			return false;
		if (depth == 1 && word_is(c + 1, close, key) && (at = colon_skip(close + 1, end)) && at < end &&
		    *at == '"') {
			close = string_end(at, end);
			return close && word_is(at + 1, close, value);
		}
		c = close;
	}
	return false;
}
