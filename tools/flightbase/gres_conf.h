/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of gres.conf. */
#ifndef FB_GRES_CONF_H
#define FB_GRES_CONF_H

#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"

struct fb_gres_line { /* values in the line's own memory; NULL: not there */
	const char *nodes, *name, *type, *file, *cores, *links, *autodetect;
	const char *include; /* the file that it includes */
};

/* Take one line apart in place; an empty one has nothing. Return 0, or -1: not "KEY=VALUE ..." or "include FILE". */
int fb_gres_conf_parse(char *line, struct fb_gres_line *parsed);

/* Does a value like AutoDetect's ask for it? "off" does not. */
bool fb_gres_conf_detects(const char *autodetect);

typedef void fb_gres_conf_each(void *context, const char *where, const struct fb_gres_line *line);

/*
 * Call each for every line of a file and of what it includes that has something. Return 0, or -1 with err and
 * errno = ENOENT if the file itself is not there.
 */
int fb_gres_conf_read(const char *path, fb_gres_conf_each *each, void *context, struct fb_err *err);

#endif
