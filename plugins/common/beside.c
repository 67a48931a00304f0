/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE /* dladdr */
#include "common/beside.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

/* The path as Slurm's loader wrote it: dlopen() compares names before it looks at files. */
static int path_make(const char *file, char *path, size_t size)
{
	static const char here;
	Dl_info self;
	const char *slash;

	if (!dladdr(&here, &self) || !self.dli_fname || !(slash = strrchr(self.dli_fname, '/')))
		return -1;
	int length = snprintf(path, size, "%.*s%s", (int)(slash + 1 - self.dli_fname), self.dli_fname, file);
	return length < 0 || (size_t)length >= size ? -1 : 0;
}

void *fb_beside_open(const char *file, char *path, size_t size)
{
	if (!path_make(file, path, size))
		return dlopen(path, RTLD_LAZY | RTLD_NOLOAD);
	*path = '\0';
	return NULL;
}
