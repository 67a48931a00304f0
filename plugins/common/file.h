/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that are replaced atomically: a reader sees the old or the new content, also after a crash. */
#ifndef FB_COMMON_FILE_H
#define FB_COMMON_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "common/err.h"

/*
 * Write size bytes to path: a temporary file beside it, fsync if durable, rename. Return 0, or -1 with
 * err; path then holds the old or the new content, whole. Writers in different processes do not disturb each other.
 * Temporary files of path that killed writers have left behind are removed.
 */
int fb_file_replace(const char *path, const void *data, size_t size, mode_t mode, bool durable, struct fb_err *err);

#endif
