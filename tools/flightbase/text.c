/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void fb_text_append(char *text, size_t size, const char *format, ...)
{
	size_t used = strlen(text);
	va_list args;

	va_start(args, format);
	vsnprintf(text + used, size - used, format, args);
	va_end(args);
}

/* A list that grows too long ends in "..." rather than in half a name. */
void fb_text_list(char *text, size_t size, const char *item)
{
	size_t used = strlen(text);

	if (used >= 3 && !strcmp(text + used - 3, "..."))
		return;
	if (used + strlen(item) + sizeof(", , ...") > size)
		fb_text_append(text, size, ", ...");
	else
		fb_text_append(text, size, "%s%s", used ? ", " : "", item);
}
