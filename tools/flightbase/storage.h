/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Storage of a workspace. How much its tree holds takes a walk through all of it, so by default what the file system
 * says of the directory is shown: with project quotas on XFS, ext4 or Lustre that is the project's, else the whole
 * file system's.
 */
#ifndef FB_STORAGE_H
#define FB_STORAGE_H

#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

#define FB_STORAGE_TIMEOUT 2000 /* milliseconds */
#define FB_BYTES_TEXT_MAX 32

struct fb_storage {
	uint64_t total, used, available; /* bytes; available: to users */
};

struct fb_storage_tree {
	uint64_t bytes;	 /* allocated; a file with several names counts once */
	uint64_t files;	 /* what is no directory */
	uint64_t hidden; /* directories that could not be read */
};

/*
 * Ask the file system, at most timeout milliseconds: a file server that is gone must not take the screen with it.
 * Return 0, or -1 with err.
 */
int fb_storage_ask(const char *path, int timeout, struct fb_storage *storage, struct fb_err *err);

/* The same with another function in statvfs' place, for tests. It may run on after this returns, so arg must stay. */
int fb_storage_ask_with(int (*probe)(const char *path, struct fb_storage *storage), const char *path, int timeout,
			struct fb_storage *storage, struct fb_err *err);

/* Walk the tree; other file systems mounted in it and links are not followed. Return 0, or -1 with err. */
int fb_storage_walk(const char *path, struct fb_storage_tree *tree, struct fb_err *err);

/* "1.5 TiB". size is at least FB_BYTES_TEXT_MAX. */
void fb_bytes_text(uint64_t bytes, char *text, size_t size);

#endif
