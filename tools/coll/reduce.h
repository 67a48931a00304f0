/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Element-wise arithmetic of the reductions; conventions in flightbase/coll.h. */
#ifndef FB_COLL_REDUCE_H
#define FB_COLL_REDUCE_H

#include "coll/settings.h"

/*
 * Use this instruction set from now on, or with FB_SIMD_AUTO (which is what happens without a call) the widest that the
 * processor has. All give the same bits. Refuses what the processor does not have.
 */
fb_coll_status_t fb_reduce_select(enum fb_simd_kind simd, struct fb_err *err);

/*
 * out[i] = a[i] op b[i]; out may be a or b. AVG adds here; fb_reduce_finish divides once at the end.
 * Where a and b are both NaN the result is one of them: every rank must pass them in the same order.
 */
void fb_reduce(void *out, const void *a, const void *b, size_t count, fb_coll_type_t type, fb_coll_op_t op);

/* What is left to do when all ranks' values are in: the division of AVG. */
void fb_reduce_finish(void *data, size_t count, fb_coll_type_t type, fb_coll_op_t op, int ranks);

/*
 * Copy to memory that is not read again soon, past the caches: it need not be read first, and nothing is pushed out.
 * fb_stream_fence before another process is told of it: no release store orders these.
 */
void fb_stream_copy(void *to, const void *from, size_t bytes);
void fb_stream_fence(void);

#endif
