/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is odd, in words for people; the same words about several nodes are one remark with a list of nodes. */
#ifndef FB_TOPO_REMARKS_H
#define FB_TOPO_REMARKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define FB_REMARKS_MAX 1000 /* different ones; of more it is only counted how many */

struct fb_remark {
	char *text;
	size_t hosts, room;
	char **host; /* none: it is about no node */
};

struct fb_remarks {
	size_t count, dropped;
	struct fb_remark *remark;
};

struct json_object;

/* host NULL: about no node. Out of memory ends the program: a list that leaves something out would be a lie. */
void fb_remark_add(struct fb_remarks *remarks, const char *host, const char *format, ...) __attribute__((format(printf, 3, 4)));
void fb_remarks_free(struct fb_remarks *remarks);

/* A line each: "PREFIXn[1-4]: TEXT". */
void fb_remarks_print(const struct fb_remarks *remarks, const char *prefix, FILE *stream);

/* [ { "nodes": "n[1-4]" or null, "count": 4, "text": "..." } ] */
struct json_object *fb_remarks_json(const struct fb_remarks *remarks);

#endif
