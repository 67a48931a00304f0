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
	int saved = errno;
	va_list args;

	if (!err)
		return -1;
	va_start(args, format);
	vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	fb_text_printable(err->text);
	errno = saved;
	return -1;
}

int fb_err_prefix(struct fb_err *err, const char *format, ...)
{
	char prefix[FB_ERR_TEXT_MAX], text[FB_ERR_TEXT_MAX];
	va_list args;

	if (!err)
		return -1;
	va_start(args, format);
	vsnprintf(prefix, sizeof(prefix), format, args);
	va_end(args);
	memcpy(text, err->text, sizeof(text));
	return fb_err_set(err, "%s: %s", prefix, text);
}
