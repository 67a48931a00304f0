/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words for people: points in time, lengths of time, counts; and a screen of lines with labels. */
#ifndef FB_SAY_H
#define FB_SAY_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#define FB_SAY_MAX 96 /* bytes that hold any of these */

/* "2026-11-25T01:09:53", local time. */
void fb_say_time(time_t when, char *text, size_t size);

/* "2026-11-25T01:09:53 (in 2 h 5 min)", "... (40 s ago)", "... (now)". */
void fb_say_when(time_t when, time_t now, char *text, size_t size);

/* "40 s", "5 min", "2 h 5 min", "3 days 4 h"; negative as zero. */
void fb_say_span(int64_t seconds, char *text, size_t size);

/* "1 GPU", "8 GPUs": the noun is given for one. */
void fb_say_count(int64_t count, const char *noun, char *text, size_t size);

/* "900 MiB", "488 GiB" of an amount in MiB. */
void fb_say_memory(int64_t mebibytes, char *text, size_t size);

#define FB_LINES_MAX 40
#define FB_LINE_TEXT_MAX 480

struct fb_line {
	const char *label; /* "": it goes on with the line before */
	char text[FB_LINE_TEXT_MAX];
};

struct fb_lines {
	size_t count;
	struct fb_line line[FB_LINES_MAX];
};

/* What goes beyond FB_LINES_MAX is dropped: a screen is a screen. */
void fb_lines_add(struct fb_lines *lines, const char *label, const char *format, ...) __attribute__((format(printf, 3, 4)));
void fb_lines_print(const struct fb_lines *lines, FILE *stream);

/* Append to a list in text, with ", " between; what does not fit is left out. */
void fb_say_append(char *text, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
