/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plugstack.conf and what it includes, as Slurm reads it. */
#ifndef FB_PLUGSTACK_H
#define FB_PLUGSTACK_H

#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"

enum fb_plugstack_kind { FB_PLUGSTACK_NOTHING, FB_PLUGSTACK_REQUIRED, FB_PLUGSTACK_OPTIONAL, FB_PLUGSTACK_INCLUDE, FB_PLUGSTACK_BAD };

struct fb_plugstack_line {
	enum fb_plugstack_kind kind;
	const char *path; /* of the plugin, or the pattern of the include; in the line's own memory */
};

/* Take one line apart in place. */
void fb_plugstack_parse(char *line, struct fb_plugstack_line *parsed);

/* Where a plugin stands in the files, first to last. */
struct fb_plugstack_entry {
	bool there, required;
	char path[1024];  /* as it is written */
	char where[1024]; /* "FILE:LINE" */
};

/*
 * Look for a plugin by its file's name in path and what it includes. Return 0, or -1 with err: a file cannot be read
 * or a line is none. A missing file is as an empty one, as it is for Slurm.
 */
int fb_plugstack_find(const char *path, const char *plugin, struct fb_plugstack_entry *entry, struct fb_err *err);

#endif
