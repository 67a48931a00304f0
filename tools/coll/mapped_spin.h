/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Waiting for a word in mapped memory: look often, then give the core away between looks, and never without end. */
#ifndef FB_COLL_MAPPED_SPIN_H
#define FB_COLL_MAPPED_SPIN_H

#include "coll/internal.h"

#define EAGER 300

struct fb_spin {
	int looks;
	bool idle;
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
		/* A pause takes a third of the wait for a rank that is as far as this one. */
		if (spin->looks > EAGER)
			fb_spin_pause();
		return FB_COLL_OK;
	}
	spin->looks = 0;
	spin->idle = true;
	return fb_call_idle(c);
}

static inline void fb_spin_end(struct fb_coll *c, const struct fb_spin *spin)
{
	if (spin->idle)
		fb_call_moved(c);
}

#endif
