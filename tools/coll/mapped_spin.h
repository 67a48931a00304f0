/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Waiting for a word in mapped memory: look often, then give the core away between looks, and never without end.
 *
 * How long to look depends on who has the other core. A rank that computes there is waited for some tens of microseconds, as
 * giving the core away may cost a whole time slice of another program. But the rank waited for may be one that cannot run before
 * this one gives way, if there are fewer cores than ranks or the kernel has put both on one. That shows in how long it takes to
 * get the core back: nobody wanted it, or a program kept it, or another rank had it for a moment and now the word is there.
 */
#ifndef FB_COLL_MAPPED_SPIN_H
#define FB_COLL_MAPPED_SPIN_H

#include "coll/internal.h"

#define FB_LOOKS_EAGER 300 /* without a pause, which takes a third of the wait for a rank that is as far as this one */
#define FB_LOOKS_LEAST 10
#define FB_LOOKS_MOST 2000 /* some 60 us */
#define FB_MOMENT_FROM_NS 2000
#define FB_MOMENT_TO_NS 200000

struct fb_spin {
	int looks, yields;
	int64_t yielded_at; /* ns, first */
};

static inline void fb_spin_pause(void)
{
#if defined(__x86_64__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("isb");
#endif
}

/* After a look in vain. A failure when the watch has found one. */
static inline fb_coll_status_t fb_spin_once(struct fb_coll *c, struct fb_spin *spin)
{
	if (++spin->looks <= c->looks) {
		if (spin->looks > FB_LOOKS_EAGER)
			fb_spin_pause();
		return FB_COLL_OK;
	}
	spin->looks = 0;
	if (!spin->yields++)
		spin->yielded_at = fb_clock_ns();
	return fb_call_idle(c);
}

/* The wait is over. */
static inline void fb_spin_end(struct fb_coll *c, const struct fb_spin *spin)
{
	if (!spin->yields)
		return;
	fb_call_moved(c);
	int64_t took = (fb_clock_ns() - spin->yielded_at) / spin->yields;
	if (took > FB_MOMENT_FROM_NS && took < FB_MOMENT_TO_NS)
		c->looks = c->looks / 2 > FB_LOOKS_LEAST ? c->looks / 2 : FB_LOOKS_LEAST;
	else
		c->looks = c->looks * 2 < c->looks_most ? c->looks * 2 : c->looks_most;
}

#endif
