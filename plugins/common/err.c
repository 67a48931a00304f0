/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/*
 * The bytes of the UTF-8 character at text, or 0: it is none. By RFC 3629: no overlong forms, no surrogates, nothing
 * beyond U+10FFFF.
 */
static size_t utf8_length(const unsigned char *text)
{
	size_t length = text[0] < 0x80 ? 1 : text[0] >= 0xf0 ? 4 : text[0] >= 0xe0 ? 3 : 2;
	uint32_t point = length == 1 ? text[0] : text[0] & (0x7fu >> length);
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };

	if (text[0] >= 0xf8 || (text[0] >= 0x80 && text[0] < 0xc0))
		return 0;
	/* The NUL at the end is no continuation, so this stops there. */
	for (size_t i = 1; i < length; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		point = point << 6 | (text[i] & 0x3f);
	}
	if (point < least[length] || point > 0x10ffff || (point >= 0xd800 && point < 0xe000))
		return 0;
	return length;
}

static bool is_control(const unsigned char *text, size_t length)
{
	if (length == 1)
		return text[0] < 0x20 || text[0] == 0x7f;
	return length == 2 && text[0] == 0xc2 && text[1] < 0xa0;
}

void fb_text_printable(char *text)
{
	unsigned char *c = (unsigned char *)text;

	while (*c) {
		size_t length = utf8_length(c);

		if (length && !is_control(c, length)) {
			c += length;
			continue;
		}
		for (size_t i = 0; i < (length ? length : 1); i++)
			*c++ = '?';
	}
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
