/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Giving the core away for a moment, between looks at what does not come.
 *
 * sched_yield is the shortest way where nobody else wants the core, or another rank that waits, too. But where a program
 * computes on it (the rank's own, as when gradients are reduced while the next ones are computed) the kernel lets that go on for
 * its time slice, many times in a row: 1 to 20 ms. A thread that wakes from a sleep gets the core from it at once (35 us;
 * NOTES.md). So one that yielded and did not come back soon sleeps instead, for a while that grows with each time it happens.
 * The longer a wait has lasted, the longer are its naps: they take no more than an eighth more, and each costs that program something.
 * Short waits, as of small vectors, still yield: most yields are short, and a nap is longer than such a wait.
 */
#ifndef FB_COLL_PATIENCE_H
#define FB_COLL_PATIENCE_H

#include <sched.h>

#include "coll/clock.h"

#define FB_YIELD_LONG_NS 300000
#define FB_NAP_LEAST_NS 20000
#define FB_NAP_MOST_NS 1000000
#define FB_WAIT_SHORT_NS 200000 /* so far */
#define FB_WAITS_SHORT_NS 500000 /* as a rule */
#define FB_NAPS_FIRST_NS 5000000	 /* a daemon's moment must not cost more than that */
#define FB_NAPS_MOST_NS 1000000000
#define FB_YIELDS_SHORT 1000 /* in a row, and the core is free again */

/* All zero to begin with. */
struct fb_patience {
	int64_t waits_since;	  /* ns of the clock; 0: it came */
	int64_t usual;		  /* length of a wait with a yield, on average over the last ones */
	int64_t naps_until, naps; /* the end and the length of the last series of naps */
	int shorts;
};

/* waited: ns. */
static inline void fb_patience_nap(int64_t waited)
{
	int64_t ns = waited / 8;

	ns = ns < FB_NAP_LEAST_NS ? FB_NAP_LEAST_NS : ns < FB_NAP_MOST_NS ? ns : FB_NAP_MOST_NS;
	const struct timespec nap = { 0, ns };
	nanosleep(&nap, NULL);
}

/* What was waited for has come. */
static inline void fb_patience_end(struct fb_patience *p)
{
	if (!p->waits_since)
		return;
	p->usual += (fb_clock_ns() - p->waits_since - p->usual) / 8;
	p->waits_since = 0;
}

static inline void fb_patience_yield(struct fb_patience *p)
{
	int64_t before = fb_clock_ns();

	if (!p->waits_since)
		p->waits_since = before;
	if (before < p->naps_until && (before - p->waits_since > FB_WAIT_SHORT_NS || p->usual > FB_WAITS_SHORT_NS)) {
		fb_patience_nap(before - p->waits_since);
		return;
	}
	sched_yield();
	int64_t after = fb_clock_ns();
	if (after - before > FB_YIELD_LONG_NS) {
		p->naps = !p->naps ? FB_NAPS_FIRST_NS : 2 * p->naps < FB_NAPS_MOST_NS ? 2 * p->naps : FB_NAPS_MOST_NS;
		p->naps_until = after + p->naps;
		p->shorts = 0;
	} else if (p->naps && ++p->shorts > FB_YIELDS_SHORT) {
		p->naps = 0;
	}
}

#endif
