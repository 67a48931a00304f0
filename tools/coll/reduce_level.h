/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The loops of the reductions once per instruction set: the same results by wider registers. */
#ifndef FB_COLL_REDUCE_LEVEL_H
#define FB_COLL_REDUCE_LEVEL_H

#include <stddef.h>

#include "coll/type.h"

enum fb_loop { FB_LOOP_ADD, FB_LOOP_MULTIPLY, FB_LOOP_MIN, FB_LOOP_MAX, FB_LOOPS };

struct fb_reduce_level {
	/* out[i] = a[i] op b[i]; out may be a or b. */
	void (*loop[FB_COLL_TYPES][FB_LOOPS])(void *out, const void *a, const void *b, size_t count);
	/* data[i] /= ranks */
	void (*divide[FB_COLL_TYPES])(void *data, size_t count, int ranks);
	/* Copy past the caches where the instruction set can. fence orders these stores before later ones. */
	void (*stream)(void *to, const void *from, size_t bytes);
	void (*fence)(void);
};

extern const struct fb_reduce_level fb_reduce_sse2; /* on other processors than x86: the compiler's default */
#ifdef __x86_64__
extern const struct fb_reduce_level fb_reduce_avx2, fb_reduce_avx512;
#endif

#endif
