/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The reports of many nodes: files, folders of files, or one text with a report after the other, as srun collects them. */
#ifndef FB_TOPO_ROSTER_H
#define FB_TOPO_ROSTER_H

#include <stddef.h>

#include "common/err.h"
#include "flightbase/topo/machine.h"

#define FB_ROSTER_NODES_MAX 65536
#define FB_ROSTER_FILE_MAX (256u << 20) /* bytes */

struct fb_roster_entry {
	struct fb_machine *machine;
	char *where; /* "FILE:LINE" */
};

struct fb_roster {
	size_t count, room;
	struct fb_roster_entry *entry; /* by node, once fb_roster_finish() was called */
};

/*
 * Add the reports of a file, of all *.json in a folder, of "-" (standard input), or of a text. Return 0, or -1 with err set to
 * "FILE:LINE: fault". The roster is to be freed either way.
 */
int fb_roster_add(struct fb_roster *roster, const char *path, struct fb_err *err);
int fb_roster_add_text(struct fb_roster *roster, const char *name, const char *text, size_t size, struct fb_err *err);

/* Sort by node. A node that is there twice must have reported the same; -1 with err if not. */
int fb_roster_finish(struct fb_roster *roster, struct fb_err *err);

const struct fb_machine *fb_roster_find(const struct fb_roster *roster, const char *node);
void fb_roster_free(struct fb_roster *roster);

#endif
