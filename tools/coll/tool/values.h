/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Test data and what must come out. Every element differs by rank, place and iteration, with the magnitudes of
 * gradients (2^-12 to 2^3, halves 2^-1 to 2, both signs); integers use all bits. The expected value is computed from the
 * generator in wider arithmetic, not with the library's reductions.
 */
#ifndef FB_ALLREDUCE_VALUES_H
#define FB_ALLREDUCE_VALUES_H

#include <stddef.h>
#include <stdint.h>

#include "coll/type.h"

/* Fill data[count] with rank's input of an iteration. */
void fb_values_fill(void *data, size_t count, fb_coll_type_t type, fb_coll_op_t op, int rank, uint64_t iteration);

/*
 * Elements of data that are not the result over `ranks` ranks. Integers, min and max are compared exactly; for
 * floats the error of n-1 additions or products in any order, each rounded by u = epsilon / 2, is allowed:
 * n * u * sum of |x| (Higham, Accuracy and Stability of Numerical Algorithms, 4.2), one rounding more for
 * avg; relative n * u for prod. nccl-tests allowed a fixed 1e-5 for float and 1e-12 for double.
 */
size_t fb_values_check(const void *data, size_t count, fb_coll_type_t type, fb_coll_op_t op, int ranks, uint64_t iteration);

#endif
