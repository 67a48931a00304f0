/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/hours.h"

static time_t midnight(time_t now, int days_before)
{
	struct tm day;

	localtime_r(&now, &day);
	day.tm_mday -= days_before;
	day.tm_hour = day.tm_min = day.tm_sec = 0;
	day.tm_isdst = -1;
	return mktime(&day);
}

void fb_hours_window(time_t now, struct fb_hours_window *window)
{
	struct tm hour;

	localtime_r(&now, &hour);
	hour.tm_min = hour.tm_sec = 0;
	*window = (struct fb_hours_window){ .month = midnight(now, 29), .week = midnight(now, 6), .today = midnight(now, 0),
					    .until = mktime(&hour) };
}

void fb_hours_add(struct fb_hours *hours, const struct fb_hours_window *window, time_t start, uint64_t seconds)
{
	if (start < window->month || start >= window->until)
		return;
	hours->month += (double)seconds / 3600;
	if (start >= window->week)
		hours->week += (double)seconds / 3600;
}

time_t fb_hours_query_start(const struct fb_hours_window *window)
{
	struct tm first, last;

	localtime_r(&window->month, &first);
	localtime_r(&window->today, &last);
	return first.tm_mday == 1 && last.tm_mday == 1 ? midnight(window->month, 1) : window->month;
}
