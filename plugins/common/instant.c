/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/instant.h"

#include <stdbool.h>
#include <string.h>

#define EXPECTED "YYYY-MM-DD or YYYY-MM-DDTHH:MM[:SS] is expected, with Z or +HH:MM behind it for another time zone"

/* Read exactly digits digits in [min, max] and move on. */
static bool read_number(const char **text, int digits, int min, int max, int *number)
{
	int n = 0;

	for (int i = 0; i < digits; i++, (*text)++) {
		if (**text < '0' || **text > '9')
			return false;
		n = n * 10 + **text - '0';
	}
	*number = n;
	return n >= min && n <= max;
}

static bool read_char(const char **text, char c)
{
	if (**text != c)
		return false;
	(*text)++;
	return true;
}

static bool read_date(const char **text, struct tm *tm)
{
	int year, month;

	if (!read_number(text, 4, 2000, 2199, &year) || !read_char(text, '-') || !read_number(text, 2, 1, 12, &month) ||
	    !read_char(text, '-') || !read_number(text, 2, 1, 31, &tm->tm_mday))
		return false;
	tm->tm_year = year - 1900;
	tm->tm_mon = month - 1;
	/* timegm() moves a day that the month does not have into the next one. */
	struct tm day = *tm;
	timegm(&day);
	return day.tm_mon == tm->tm_mon;
}

static bool read_clock(const char **text, struct tm *tm)
{
	if (!read_number(text, 2, 0, 23, &tm->tm_hour) || !read_char(text, ':') || !read_number(text, 2, 0, 59, &tm->tm_min))
		return false;
	return !read_char(text, ':') || read_number(text, 2, 0, 59, &tm->tm_sec);
}

/* Seconds east of Greenwich; given tells whether there is a zone at all. */
static bool read_zone(const char **text, bool *given, long *offset)
{
	int sign = **text == '-' ? -1 : 1, hours, minutes;

	*given = **text != '\0';
	*offset = 0;
	if (!*given || read_char(text, 'Z'))
		return true;
	if (!read_char(text, '+') && !read_char(text, '-'))
		return false;
	if (!read_number(text, 2, 0, 14, &hours) || !read_char(text, ':') || !read_number(text, 2, 0, 59, &minutes))
		return false;
	*offset = sign * (hours * 3600L + minutes * 60L);
	return true;
}

int fb_instant_parse(const char *text, enum fb_instant_edge edge, time_t *instant, struct fb_err *err)
{
	struct tm tm = { .tm_isdst = -1 };
	const char *at = text;
	bool zoned;
	long offset;

	if (!read_date(&at, &tm))
		return fb_err_set(err, "'%.40s' is not a date: " EXPECTED, text);
	if (read_char(&at, 'T')) {
		if (!read_clock(&at, &tm))
			return fb_err_set(err, "'%.40s' is not a time: " EXPECTED, text);
	} else if (edge == FB_INSTANT_END) {
		tm.tm_mday++;
	}
	if (!read_zone(&at, &zoned, &offset) || *at)
		return fb_err_set(err, "'%.40s' has something else behind it: " EXPECTED, text);
	*instant = zoned ? timegm(&tm) - offset : mktime(&tm);
	return 0;
}
