/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Another plugin of ours in this process, which Slurm has loaded from the same folder. */
#ifndef FB_COMMON_BESIDE_H
#define FB_COMMON_BESIDE_H

#include <stddef.h>

/*
 * The handle of the plugin in this file ("NAME.so"), for dlsym() and dlclose(); NULL: it is not loaded. Nothing is loaded here.
 * path, of size bytes, is where it was looked for, "" if that is not to be told.
 */
void *fb_beside_open(const char *file, char *path, size_t size);

#endif
