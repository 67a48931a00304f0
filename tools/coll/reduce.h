/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Element-wise arithmetic of the reductions; conventions in flightbase/coll.h. */
#ifndef FB_COLL_REDUCE_H
#define FB_COLL_REDUCE_H

#include "coll/flightbase/coll.h"

/*
 * out[i] = a[i] op b[i]; out may be a or b. AVG adds here; fb_reduce_finish divides once at the end.
 * Where a and b are both NaN the result is one of them: every rank must pass them in the same order.
 */
void fb_reduce(void *out, const void *a, const void *b, size_t count, fb_coll_type_t type, fb_coll_op_t op);

/* What is left to do when all ranks' values are in: the division of AVG. */
void fb_reduce_finish(void *data, size_t count, fb_coll_type_t type, fb_coll_op_t op, int ranks);

#endif
