/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an administrator is told of a node whose jobs failed their preflight: a mark in the node's comment,
 *
 *   [flightbase preflight: failed 3 times, last 2026-11-25T17:40 by job 12: 3.1 of 46.3 GB/s]
 *
 * The rest of the comment is the administrators'; taking the mark out starts the count anew.
 */
#ifndef FB_COMMON_PREFLIGHT_MARK_H
#define FB_COMMON_PREFLIGHT_MARK_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#define FB_PREFLIGHT_MARK_MAX 192
#define FB_PREFLIGHT_COUNT_MAX 1000000 /* it stays there */

struct fb_preflight_mark {
	unsigned int count;
	char text[FB_PREFLIGHT_MARK_MAX]; /* "failed 3 times, last ...", as it stands in the comment, made printable */
};

/* The count in a mark's text; 0 where somebody has changed it. */
unsigned int fb_preflight_mark_count(const char *text);

/* Find the mark; comment may be NULL. False: there is none. */
bool fb_preflight_mark_find(const char *comment, struct fb_preflight_mark *mark);

struct fb_preflight_event {
	time_t when;
	unsigned int job;
	double gbps, model; /* 0 of 0: it did not work */
};

/*
 * The comment with one failure more: the mark takes its old one's place, or stands at the end. For the caller to free; NULL:
 * no memory.
 */
char *fb_preflight_mark_add(const char *comment, const struct fb_preflight_event *event);

#endif
