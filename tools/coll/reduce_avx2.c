/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The reductions for processors with AVX2 and F16C (Haswell, Zen, and later). */
#ifdef __x86_64__
#include <immintrin.h>
#ifdef __clang__
#pragma clang attribute push(__attribute__((target("avx2,f16c"))), apply_to = function)
#else
#pragma GCC optimize("O3", "fp-contract=off", "no-trapping-math")
#pragma GCC target("avx2,f16c")
#endif
#define HAVE_F16C
#define VECTOR __m256i
#define STREAM _mm256_stream_si256
#define LEVEL fb_reduce_avx2
#include "coll/reduce_loops.h"
#ifdef __clang__
#pragma clang attribute pop
#endif
#endif
