/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "coll/reduce.h"

#include <stdint.h>

/*
 * The loops are memory bound only when they are vectorised, which -O2 does not do for unknown lengths.
 * The clones choose the widest vectors at load time; sanitizers run before that choice can be made.
 */
#pragma GCC optimize("O3")
#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define FB_VECTOR __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define FB_VECTOR
#endif

#define ADD(a, b) ((a) + (b))
#define MULTIPLY(a, b) ((a) * (b))
/* The second comparison keeps a NaN in a; one in b survives because both comparisons are false. */
#define LESSER(a, b) (((a) < (b) || (a) != (a)) ? (a) : (b))
#define GREATER(a, b) (((a) > (b) || (a) != (a)) ? (a) : (b))

#define DEFINE_LOOP(name, type, expression)                                                                \
	FB_VECTOR static void name(type *out, const type *a, const type *b, size_t count)                  \
	{                                                                                                  \
		for (size_t i = 0; i < count; i++)                                                         \
			out[i] = expression(a[i], b[i]);                                                   \
	}

DEFINE_LOOP(add_float32, float, ADD)
DEFINE_LOOP(multiply_float32, float, MULTIPLY)
DEFINE_LOOP(min_float32, float, LESSER)
DEFINE_LOOP(max_float32, float, GREATER)
DEFINE_LOOP(add_float64, double, ADD)
DEFINE_LOOP(multiply_float64, double, MULTIPLY)
DEFINE_LOOP(min_float64, double, LESSER)
DEFINE_LOOP(max_float64, double, GREATER)
/* Unsigned, because signed overflow is undefined in C; the bits of sum and product are the same. */
DEFINE_LOOP(add_int32, uint32_t, ADD)
DEFINE_LOOP(multiply_int32, uint32_t, MULTIPLY)
DEFINE_LOOP(min_int32, int32_t, LESSER)
DEFINE_LOOP(max_int32, int32_t, GREATER)
DEFINE_LOOP(add_int64, uint64_t, ADD)
DEFINE_LOOP(multiply_int64, uint64_t, MULTIPLY)
DEFINE_LOOP(min_int64, int64_t, LESSER)
DEFINE_LOOP(max_int64, int64_t, GREATER)

#define REDUCE_TYPE(suffix)                                                                                \
	switch (op) {                                                                                      \
	case FB_COLL_SUM:                                                                                  \
	case FB_COLL_AVG:                                                                                  \
		add_##suffix(out, a, b, count);                                                            \
		return;                                                                                    \
	case FB_COLL_PROD:                                                                                 \
		multiply_##suffix(out, a, b, count);                                                       \
		return;                                                                                    \
	case FB_COLL_MIN:                                                                                  \
		min_##suffix(out, a, b, count);                                                            \
		return;                                                                                    \
	case FB_COLL_MAX:                                                                                  \
		max_##suffix(out, a, b, count);                                                            \
		return;                                                                                    \
	}                                                                                                  \
	return

void fb_reduce(void *out, const void *a, const void *b, size_t count, fb_coll_type_t type, fb_coll_op_t op)
{
	switch (type) {
	case FB_COLL_FLOAT32:
		REDUCE_TYPE(float32);
	case FB_COLL_FLOAT64:
		REDUCE_TYPE(float64);
	case FB_COLL_INT32:
		REDUCE_TYPE(int32);
	case FB_COLL_INT64:
		REDUCE_TYPE(int64);
	}
}

#define DEFINE_DIVIDE(suffix, type)                                                                        \
	FB_VECTOR static void divide_##suffix(type *data, size_t count, int ranks)                         \
	{                                                                                                  \
		type divisor = (type)ranks;                                                                \
		for (size_t i = 0; i < count; i++)                                                         \
			data[i] /= divisor;                                                                \
	}

DEFINE_DIVIDE(float32, float)
DEFINE_DIVIDE(float64, double)
DEFINE_DIVIDE(int32, int32_t)
DEFINE_DIVIDE(int64, int64_t)

void fb_reduce_finish(void *data, size_t count, fb_coll_type_t type, fb_coll_op_t op, int ranks)
{
	if (op != FB_COLL_AVG || ranks == 1)
		return;
	switch (type) {
	case FB_COLL_FLOAT32:
		divide_float32(data, count, ranks);
		return;
	case FB_COLL_FLOAT64:
		divide_float64(data, count, ranks);
		return;
	case FB_COLL_INT32:
		divide_int32(data, count, ranks);
		return;
	case FB_COLL_INT64:
		divide_int64(data, count, ranks);
		return;
	}
}
