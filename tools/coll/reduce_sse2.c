/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The reductions for every x86-64 processor; on others, for what the compiler was told to build for. */
#pragma GCC optimize("O3", "fp-contract=off", "no-trapping-math")
#ifdef __x86_64__
#include <immintrin.h>
#define VECTOR __m128i
#define STREAM _mm_stream_si128
#endif
#define LEVEL fb_reduce_sse2
#include "coll/reduce_loops.h"
