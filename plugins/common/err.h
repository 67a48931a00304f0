/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A caller-owned error text. The function that detects a fault writes the text once and returns -1;
 * everyone above passes it on. A library never prints.
 */
#ifndef FB_COMMON_ERR_H
#define FB_COMMON_ERR_H

#include <stddef.h>

#define FB_ERR_TEXT_MAX 512

struct fb_err {
	char text[FB_ERR_TEXT_MAX]; /* one line without a newline; control characters are replaced */
};

/*
 * Write the text, cut to FB_ERR_TEXT_MAX - 1 bytes, and return -1, so that a fault is reported and
 * returned in one line. Control characters (from file contents or user input) become '?'.
 * err may be NULL. errno is kept. Thread-safe for different err.
 */
int fb_err_set(struct fb_err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Put what the caller was doing in front of the text that is there, "PREFIX: TEXT", and return -1. */
int fb_err_prefix(struct fb_err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * Make text that came from outside fit for a terminal and for JSON, in place: control characters, those of
 * Unicode's C1 block too, and what is not UTF-8 become '?', one for each byte.
 */
void fb_text_printable(char *text);

#endif
