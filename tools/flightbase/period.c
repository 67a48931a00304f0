/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/period.h"

#include <math.h>
#include <stdio.h>

/* Noon of the day: a day more or less is then never an hour's matter. */
static time_t noon(time_t when)
{
	struct tm day;

	localtime_r(&when, &day);
	day.tm_hour = 12;
	day.tm_min = day.tm_sec = 0;
	day.tm_isdst = -1;
	return mktime(&day);
}

static long days_between(time_t first, time_t last)
{
	return lround(difftime(noon(last), noon(first)) / 86400);
}

long fb_period_days_left(time_t until, time_t now)
{
	return days_between(now, until - 1);
}

void fb_period_text(time_t from, time_t until, time_t now, char *text, size_t size)
{
	long days = until ? fb_period_days_left(until, now) : 0, start = from > now ? days_between(now, from) : 0;

	text[0] = '\0';
	if (from > now && start == 0)
		snprintf(text, size, "starts today");
	else if (from > now)
		snprintf(text, size, "starts in %ld day%s", start, start == 1 ? "" : "s");
	else if (until && until <= now && days == 0)
		snprintf(text, size, "ended today");
	else if (until && until <= now)
		snprintf(text, size, "ended %ld day%s ago", -days, days == -1 ? "" : "s");
	else if (until && days == 0)
		snprintf(text, size, "ends today");
	else if (until)
		snprintf(text, size, "%ld day%s left", days, days == 1 ? "" : "s");
}

void fb_time_text(time_t when, enum fb_time_style style, char *text, size_t size)
{
	struct tm tm;
	size_t used;

	text[0] = '\0';
	if (!when || !localtime_r(&when, &tm))
		return;
	if (style == FB_TIME_ISO)
		used = strftime(text, size, "%Y-%m-%dT%H:%M:%S", &tm);
	else
		used = style == FB_TIME_MINUTES ? strftime(text, size, "%Y-%m-%d %H:%M", &tm) :
						  strftime(text, size, "%Y-%m-%d %H:%M:%S", &tm);
	long minutes = tm.tm_gmtoff / 60, magnitude = minutes < 0 ? -minutes : minutes;
	if (style == FB_TIME_ISO && used)
		snprintf(text + used, size - used, "%c%02ld:%02ld", minutes < 0 ? '-' : '+', magnitude / 60 % 100, magnitude % 60);
}
