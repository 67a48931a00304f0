/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmocka with what it needs, and the assertions our tables share. */
#ifndef FB_TESTS_CHECK_H
#define FB_TESTS_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The text must hold the part; says both when it does not. */
static inline void check_contains(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("'%s' does not contain '%s'", text, part);
}

/* A folder for one test; the caller removes it with remove_tree. */
static inline void make_temporary(char *path, size_t size)
{
	const char *base = getenv("TMPDIR");

	snprintf(path, size, "%s/fbtest.XXXXXX", base ? base : "/tmp");
	assert_non_null(mkdtemp(path));
}

static inline void write_file(const char *dir, const char *name, const char *text)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fputs(text, file) >= 0, 1);
	assert_int_equal(fclose(file), 0);
}

#endif
