/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A whole site in one file, flightbase-apply(1): reading it and writing it. */
#ifndef FB_SITE_FILE_H
#define FB_SITE_FILE_H

#include "flightbase/spec.h"

#define FB_SITE_FILE_MAX (32 * 1024 * 1024) /* bytes */

struct fb_site_file {
	bool site_given;
	struct fb_site site;
	size_t count;
	struct fb_spec *spec; /* in the file's order */
};

/* Return 0, or -1 with err, "FILE:LINE: KEY: ...". fb_site_file_free takes an empty one too. */
int fb_site_file_parse(struct fb_site_file *file, const struct fb_json_doc *doc, struct fb_err *err);
void fb_site_file_free(struct fb_site_file *file);

/* The same as JSON; site may be NULL. The caller puts it. NULL: out of memory. */
struct json_object *fb_site_file_to_json(const struct fb_site *site, const struct fb_spec *spec, size_t count);

/* Read a file, or standard input for "-". */
int fb_site_file_read(struct fb_site_file *file, const char *path, struct fb_err *err);

#endif
