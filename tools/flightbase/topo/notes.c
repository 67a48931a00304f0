/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/topo/notes.h"

#include <stdarg.h>
#include <stdio.h>

void fb_note(struct fb_notes *notes, const char *format, ...)
{
	char text[FB_ERR_TEXT_MAX];
	va_list list;

	if (notes->count == FB_NOTES_MAX)
		return;
	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	fb_err_set(&notes->note[notes->count++], "%s", text);
}
