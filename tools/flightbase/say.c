/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/say.h"

#include <stdarg.h>
#include <string.h>

#include "common/err.h"

void fb_say_time(time_t when, char *text, size_t size)
{
	struct tm tm;

	if (!localtime_r(&when, &tm) || !strftime(text, size, "%Y-%m-%dT%H:%M:%S", &tm))
		snprintf(text, size, "?");
}

void fb_say_span(int64_t seconds, char *text, size_t size)
{
	int64_t days = seconds / 86400, hours = seconds / 3600 % 24, minutes = seconds / 60 % 60;

	if (seconds < 60)
		snprintf(text, size, "%lld s", (long long)(seconds > 0 ? seconds : 0));
	else if (seconds < 3600)
		snprintf(text, size, "%lld min", (long long)minutes);
	else if (days)
		snprintf(text, size, hours ? "%lld day%s %lld h" : "%lld day%s", (long long)days, days == 1 ? "" : "s",
			 (long long)hours);
	else
		snprintf(text, size, minutes ? "%lld h %lld min" : "%lld h", (long long)hours, (long long)minutes);
}

void fb_say_when(time_t when, time_t now, char *text, size_t size)
{
	char time[FB_SAY_MAX], span[FB_SAY_MAX];
	int64_t distance = (int64_t)when - (int64_t)now;

	fb_say_time(when, time, sizeof(time));
	fb_say_span(distance < 0 ? -distance : distance, span, sizeof(span));
	if (!distance)
		snprintf(text, size, "%s (now)", time);
	else
		snprintf(text, size, distance > 0 ? "%s (in %s)" : "%s (%s ago)", time, span);
}

void fb_say_count(int64_t count, const char *noun, char *text, size_t size)
{
	snprintf(text, size, "%lld %s%s", (long long)count, noun, count == 1 ? "" : "s");
}

void fb_say_memory(int64_t mebibytes, char *text, size_t size)
{
	if (mebibytes < 10240)
		snprintf(text, size, "%lld MiB", (long long)mebibytes);
	else
		snprintf(text, size, "%lld GiB", (long long)((mebibytes + 512) / 1024));
}

void fb_lines_add(struct fb_lines *lines, const char *label, const char *format, ...)
{
	va_list args;

	if (lines->count >= FB_LINES_MAX)
		return;
	struct fb_line *line = &lines->line[lines->count++];
	line->label = label;
	va_start(args, format);
	vsnprintf(line->text, sizeof(line->text), format, args);
	va_end(args);
	fb_text_printable(line->text);
}

void fb_lines_print(const struct fb_lines *lines, FILE *stream)
{
	for (size_t i = 0; i < lines->count; i++)
		fprintf(stream, "%-11s %s\n", lines->line[i].label, lines->line[i].text);
}

void fb_say_append(char *text, size_t size, const char *format, ...)
{
	size_t used = strlen(text);
	va_list args;

	if (used && used + 2 < size)
		used += (size_t)snprintf(text + used, size - used, ", ");
	va_start(args, format);
	if (used < size)
		vsnprintf(text + used, size - used, format, args);
	va_end(args);
}
