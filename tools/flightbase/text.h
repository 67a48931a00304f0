/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Texts put together piece by piece in a buffer of the caller's; what does not fit is cut. */
#ifndef FB_TEXT_H
#define FB_TEXT_H

#include <stddef.h>

void fb_text_append(char *text, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Append one of a list: "a, b, c". */
void fb_text_list(char *text, size_t size, const char *item);

#endif
