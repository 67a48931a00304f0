/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FB_TESTS_READ_TEXT_H
#define FB_TESTS_READ_TEXT_H

#include "check.h"

/* A file of less than 1 MiB, with a zero behind it; the caller frees it. */
static inline void read_text(const char *path, char **text, size_t *size)
{
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	*text = malloc(1u << 20);
	assert_non_null(*text);
	*size = fread(*text, 1, (1u << 20) - 1, file);
	(*text)[*size] = '\0';
	fclose(file);
}

#endif
