/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The reductions for processors with AVX-512 as of Skylake's servers (x86-64-v4). */
#ifdef __x86_64__
#include <immintrin.h>
#ifdef __clang__
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,f16c"))), apply_to = function)
#else
#pragma GCC optimize("O3", "fp-contract=off", "no-trapping-math")
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,f16c,prefer-vector-width=512")
#endif
#define HAVE_F16C
#define VECTOR __m512i
#define STREAM _mm512_stream_si512
#define LEVEL fb_reduce_avx512
#include "coll/reduce_loops.h"
#ifdef __clang__
#pragma clang attribute pop
#endif
#endif
