/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FB_TESTS_REMOVE_TREE_H
#define FB_TESTS_REMOVE_TREE_H

#include <ftw.h>
#include <stdio.h>

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static inline void remove_tree(const char *path)
{
	nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

#endif
