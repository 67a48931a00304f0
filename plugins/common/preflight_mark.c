/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE /* asprintf */
#include "common/preflight_mark.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"

#define OPENING "[flightbase preflight:"

/* Where the mark begins; *after is behind its end. One that somebody has cut ends with the comment. */
static const char *locate(const char *comment, const char **after)
{
	const char *begin = comment ? strstr(comment, OPENING) : NULL, *end;

	if (!begin)
		return NULL;
	end = strchr(begin, ']');
	*after = end ? end + 1 : begin + strlen(begin);
	return begin;
}

unsigned int fb_preflight_mark_count(const char *text)
{
	unsigned long count = 0;

	if (strncmp(text, "failed ", 7) || !isdigit((unsigned char)text[7]))
		return 0;
	count = strtoul(text + 7, NULL, 10);
	return count < FB_PREFLIGHT_COUNT_MAX ? (unsigned int)count : FB_PREFLIGHT_COUNT_MAX;
}

bool fb_preflight_mark_find(const char *comment, struct fb_preflight_mark *mark)
{
	const char *after, *begin = locate(comment, &after);
	size_t length;

	if (!begin)
		return false;
	begin += strlen(OPENING);
	begin += *begin == ' ';
	length = (size_t)(after - begin);
	length -= length && begin[length - 1] == ']';
	if (length >= sizeof(mark->text))
		length = sizeof(mark->text) - 1;
	memcpy(mark->text, begin, length);
	mark->text[length] = '\0';
	fb_text_printable(mark->text);
	mark->count = fb_preflight_mark_count(mark->text);
	return true;
}

static void describe(const struct fb_preflight_event *event, unsigned int count, char *text, size_t size)
{
	char date[32] = "?", figures[64] = "did not work";
	struct tm tm;

	if (localtime_r(&event->when, &tm))
		strftime(date, sizeof(date), "%Y-%m-%dT%H:%M", &tm);
	if (event->model > 0)
		snprintf(figures, sizeof(figures), "%.3g of %.3g GB/s", event->gbps, event->model);
	snprintf(text, size, OPENING " failed %u %s, last %s by job %u: %s]", count, count == 1 ? "time" : "times", date, event->job,
		 figures);
}

char *fb_preflight_mark_add(const char *comment, const struct fb_preflight_event *event)
{
	struct fb_preflight_mark old = { .count = 0 };
	const char *after = "", *begin = locate(comment, &after);
	char mark[FB_PREFLIGHT_MARK_MAX], *whole;

	fb_preflight_mark_find(comment, &old);
	describe(event, old.count < FB_PREFLIGHT_COUNT_MAX ? old.count + 1 : old.count, mark, sizeof(mark));
	comment = comment ? comment : "";
	size_t before = begin ? (size_t)(begin - comment) : strlen(comment);
	const char *space = !begin && *comment ? " " : "";
	return asprintf(&whole, "%.*s%s%s%s", (int)before, comment, space, mark, after) < 0 ? NULL : whole;
}
