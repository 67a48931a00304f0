/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FB_TESTS_REMOVE_TREE_H
#define FB_TESTS_REMOVE_TREE_H

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

/* A folder with all that are above it. Returns 0, or -1 with errno. */
static inline int make_tree(const char *path)
{
	char part[4096];

	for (const char *slash = strchr(path + 1, '/');; slash = strchr(slash + 1, '/')) {
		int length = snprintf(part, sizeof(part), "%.*s", slash ? (int)(slash - path) : (int)strlen(path), path);

		if (length >= (int)sizeof(part) || (mkdir(part, 0755) && errno != EEXIST))
			return -1;
		if (!slash)
			return 0;
	}
}

static inline void remove_tree(const char *path)
{
	nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

#endif
