/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FB_COLL_CLOCK_H
#define FB_COLL_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline int64_t fb_clock_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static inline int64_t fb_clock_ms(void)
{
	return fb_clock_ns() / 1000000;
}

static inline void fb_clock_sleep_ms(int64_t ms)
{
	struct timespec t = { (time_t)(ms / 1000), (long)(ms % 1000) * 1000000 };

	nanosleep(&t, NULL);
}

#endif
