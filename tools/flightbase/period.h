/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A workspace's period as people read it: days of the calendar, in local time. */
#ifndef FB_PERIOD_H
#define FB_PERIOD_H

#include <stddef.h>
#include <time.h>

#define FB_PERIOD_TEXT_MAX 48
#define FB_TIME_TEXT_MAX 32

/*
 * Days from today to the period's last day: 0 on that day, negative after it. until is the first second after the
 * period and must not be 0.
 */
long fb_period_days_left(time_t until, time_t now);

/*
 * "153 days left", "ends today", "ended 2 days ago", "starts in 3 days"; "" without bounds. from and until as in
 * struct fb_workspace. size is at least FB_PERIOD_TEXT_MAX.
 */
void fb_period_text(time_t from, time_t until, time_t now, char *text, size_t size);

/* "2026-12-01 08:30", "2026-12-01 08:30:05", "2026-12-01T08:30:05+09:00"; "" for 0. size is at least FB_TIME_TEXT_MAX. */
enum fb_time_style { FB_TIME_MINUTES, FB_TIME_SECONDS, FB_TIME_ISO };
void fb_time_text(time_t when, enum fb_time_style style, char *text, size_t size);

#endif
