/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void fb_text_printable(char *text)
{
	for (unsigned char *c = (unsigned char *)text; *c; c++)
		if (*c < 0x20 || *c == 0x7f)
			*c = '?';
}

int fb_err_set(struct fb_err *err, const char *format, ...)
{
	char text[FB_ERR_TEXT_MAX]; /* what is formatted may be err's own text */
	int saved = errno;
	va_list args;

	if (!err)
		return -1;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	memcpy(err->text, text, strlen(text) + 1);
	fb_text_printable(err->text);
	errno = saved;
	return -1;
}

int fb_err_prefix(struct fb_err *err, const char *format, ...)
{
	char prefix[FB_ERR_TEXT_MAX];
	va_list args;

	if (!err)
		return -1;
	va_start(args, format);
	vsnprintf(prefix, sizeof(prefix), format, args);
	va_end(args);
	return fb_err_set(err, "%s: %s", prefix, err->text);
}
