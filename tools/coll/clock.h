/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The monotonic clock, and one that leaves out the time in which the process was stopped. */
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

/*
 * Time in which this process ran: it stands still while the process is stopped (SIGSTOP, scontrol suspend, gang
 * scheduling), so that a limit does not run out meanwhile. Who owns one looks at it now and then; from one look to the
 * next at most `most` ms count. All zero to begin with.
 */
struct fb_awake {
	int64_t seen, missed;
};

static inline int64_t fb_awake_ms(struct fb_awake *awake, int64_t most)
{
	int64_t now = fb_clock_ms();

	if (awake->seen && now - awake->seen > most)
		awake->missed += now - awake->seen - most;
	awake->seen = now;
	return now - awake->missed;
}

static inline void fb_clock_sleep_ms(int64_t ms)
{
	struct timespec t = { (time_t)(ms / 1000), (long)(ms % 1000) * 1000000 };

	nanosleep(&t, NULL);
}

#endif
