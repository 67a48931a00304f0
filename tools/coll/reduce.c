/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which loops do the work. */
#include "coll/reduce.h"

#include <stdatomic.h>

#include "coll/reduce_level.h"

static const struct fb_reduce_level *find_level(enum fb_simd_kind simd)
{
	/* FB_SIMD_AUTO takes the first that is there. */
#ifdef __x86_64__
	if ((simd == FB_SIMD_AUTO || simd == FB_SIMD_AVX512) && __builtin_cpu_supports("avx512f") &&
	    __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
	    __builtin_cpu_supports("f16c"))
		return &fb_reduce_avx512;
	if ((simd == FB_SIMD_AUTO || simd == FB_SIMD_AVX2) && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("f16c"))
		return &fb_reduce_avx2;
#endif
	return simd == FB_SIMD_AUTO || simd == FB_SIMD_SSE2 ? &fb_reduce_sse2 : NULL;
}

static _Atomic(const struct fb_reduce_level *) chosen;

/* Two threads that find none yet choose the same one. */
static const struct fb_reduce_level *level(void)
{
	const struct fb_reduce_level *found = atomic_load_explicit(&chosen, memory_order_relaxed);

	if (found)
		return found;
	found = find_level(FB_SIMD_AUTO);
	atomic_store_explicit(&chosen, found, memory_order_relaxed);
	return found;
}

fb_coll_status_t fb_reduce_select(enum fb_simd_kind simd, struct fb_err *err)
{
	const struct fb_reduce_level *found = find_level(simd);

	if (!found)
		return fb_coll_fail(err, FB_COLL_ERR_ARGUMENT, "environment variable FLIGHTBASE_SIMD: this processor has no %s",
				    simd == FB_SIMD_AVX512 ? "AVX-512 (F, BW, DQ, VL)" : "AVX2 with F16C");
	atomic_store_explicit(&chosen, found, memory_order_relaxed);
	return FB_COLL_OK;
}

static enum fb_loop loop_of(fb_coll_op_t op)
{
	static const enum fb_loop loops[FB_COLL_OPS] = {
		[FB_COLL_SUM] = FB_LOOP_ADD, [FB_COLL_AVG] = FB_LOOP_ADD, [FB_COLL_PROD] = FB_LOOP_MULTIPLY,
		[FB_COLL_MIN] = FB_LOOP_MIN, [FB_COLL_MAX] = FB_LOOP_MAX,
	};

	return loops[op];
}

void fb_reduce(void *out, const void *a, const void *b, size_t count, fb_coll_type_t type, fb_coll_op_t op)
{
	level()->loop[type][loop_of(op)](out, a, b, count);
}

void fb_reduce_finish(void *data, size_t count, fb_coll_type_t type, fb_coll_op_t op, int ranks)
{
	if (op == FB_COLL_AVG && ranks > 1)
		level()->divide[type](data, count, ranks);
}

void fb_stream_copy(void *to, const void *from, size_t bytes)
{
	level()->stream(to, from, bytes);
}

void fb_stream_fence(void)
{
	level()->fence();
}
