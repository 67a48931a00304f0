/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The loops, for the one file per instruction set that includes this after its target pragma. It defines LEVEL, the name of
 * its table; HAVE_F16C where it may convert by instruction; VECTOR, STREAM where there are stores past the caches.
 * -O2 does not vectorise loops of unknown length, O3 does; nor loops with a choice of floats, while floats may trap.
 * No contraction: no level may round differently from the others.
 */
#include <stdint.h>
#include <string.h>

#include "coll/half.h"
#include "coll/reduce_level.h"

#define ADD(a, b) ((a) + (b))
#define MULTIPLY(a, b) ((a) * (b))
/* 16-bit factors would become signed ones, whose product may overflow. */
#define MULTIPLY_WRAPPING(a, b) (1u * (a) * (b))
/* The second comparison keeps a NaN in a; one in b survives because both comparisons are false. */
#define LESSER(a, b) (((a) < (b) || (a) != (a)) ? (a) : (b))
#define GREATER(a, b) (((a) > (b) || (a) != (a)) ? (a) : (b))

/* ivdep: out is a or b or apart from them, so that no turn of the loop depends on another one. */
#define DEFINE_LOOP(name, type, expression)                                                                \
	static void name(void *to, const void *first, const void *second, size_t count)                    \
	{                                                                                                  \
		type *out = to;                                                                            \
		const type *a = first, *b = second;                                                        \
		_Pragma("GCC ivdep") for (size_t i = 0; i < count; i++) out[i] = (type)expression(a[i], b[i]); \
	}

#define DEFINE_ORDER(suffix, type)                                                                         \
	DEFINE_LOOP(min_##suffix, type, LESSER)                                                            \
	DEFINE_LOOP(max_##suffix, type, GREATER)

#define DEFINE_FLOAT(suffix, type)                                                                         \
	DEFINE_LOOP(add_##suffix, type, ADD)                                                               \
	DEFINE_LOOP(multiply_##suffix, type, MULTIPLY)                                                     \
	DEFINE_ORDER(suffix, type)

/* Signed overflow is undefined in C; the bits of sum and product are those of the unsigned type. */
#define DEFINE_WRAPPING(bits)                                                                              \
	DEFINE_LOOP(add_int##bits, uint##bits##_t, ADD)                                                    \
	DEFINE_LOOP(multiply_int##bits, uint##bits##_t, MULTIPLY_WRAPPING)                                 \
	DEFINE_ORDER(int##bits, int##bits##_t)

DEFINE_FLOAT(float32, float)
DEFINE_FLOAT(float64, double)
DEFINE_WRAPPING(8)
DEFINE_WRAPPING(16)
DEFINE_WRAPPING(32)
DEFINE_WRAPPING(64)
DEFINE_ORDER(uint8, uint8_t)

#define BLOCK 256 /* halves that are float32 at a time: they stay in the first cache */

static void widen_float16(float *restrict to, const uint16_t *restrict from, size_t count)
{
	size_t i = 0;

#ifdef HAVE_F16C
	for (; i + 8 <= count; i += 8)
		_mm256_storeu_ps(to + i, _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(const void *)(from + i))));
#endif
	for (; i < count; i++)
		to[i] = fb_float_from_float16(from[i]);
}

static void narrow_float16(uint16_t *restrict to, const float *restrict from, size_t count)
{
	size_t i = 0;

#ifdef HAVE_F16C
	for (; i + 8 <= count; i += 8)
		_mm_storeu_si128((__m128i *)(void *)(to + i), _mm256_cvtps_ph(_mm256_loadu_ps(from + i), _MM_FROUND_TO_NEAREST_INT));
#endif
	for (; i < count; i++)
		to[i] = fb_float16_from_float(from[i]);
}

static void widen_bfloat16(float *restrict to, const uint16_t *restrict from, size_t count)
{
	for (size_t i = 0; i < count; i++)
		to[i] = fb_float_from_bfloat16(from[i]);
}

static void narrow_bfloat16(uint16_t *restrict to, const float *restrict from, size_t count)
{
	for (size_t i = 0; i < count; i++)
		to[i] = fb_bfloat16_from_float(from[i]);
}

#define DEFINE_HALF_LOOP(operation, half)                                                                  \
	static void operation##_##half(void *to, const void *first, const void *second, size_t count)      \
	{                                                                                                  \
		const uint16_t *a = first, *b = second;                                                    \
		uint16_t *out = to;                                                                        \
		float x[BLOCK], y[BLOCK];                                                                  \
		for (size_t i = 0; i < count; i += BLOCK) {                                                \
			size_t n = count - i < BLOCK ? count - i : BLOCK;                                  \
			widen_##half(x, a + i, n);                                                         \
			widen_##half(y, b + i, n);                                                         \
			operation##_float32(x, x, y, n);                                                   \
			narrow_##half(out + i, x, n);                                                      \
		}                                                                                          \
	}

#define DEFINE_HALF(half)                                                                                  \
	DEFINE_HALF_LOOP(add, half)                                                                        \
	DEFINE_HALF_LOOP(multiply, half)                                                                   \
	DEFINE_HALF_LOOP(min, half)                                                                        \
	DEFINE_HALF_LOOP(max, half)

DEFINE_HALF(float16)
DEFINE_HALF(bfloat16)

/* In the type's own arithmetic; that of small integers is int, which holds any number of ranks. */
#define DEFINE_DIVIDE(suffix, type, divisor_type)                                                          \
	static void divide_##suffix(void *data, size_t count, int ranks)                                   \
	{                                                                                                  \
		type *x = data;                                                                            \
		const divisor_type divisor = (divisor_type)ranks;                                          \
		for (size_t i = 0; i < count; i++)                                                         \
			x[i] = (type)(x[i] / divisor);                                                     \
	}

DEFINE_DIVIDE(float32, float, float)
DEFINE_DIVIDE(float64, double, double)
DEFINE_DIVIDE(int8, int8_t, int)
DEFINE_DIVIDE(int16, int16_t, int)
DEFINE_DIVIDE(int32, int32_t, int32_t)
DEFINE_DIVIDE(int64, int64_t, int64_t)
DEFINE_DIVIDE(uint8, uint8_t, int)

#define DEFINE_HALF_DIVIDE(half)                                                                           \
	static void divide_##half(void *data, size_t count, int ranks)                                     \
	{                                                                                                  \
		uint16_t *halves = data;                                                                   \
		float x[BLOCK];                                                                            \
		for (size_t i = 0; i < count; i += BLOCK) {                                                \
			size_t n = count - i < BLOCK ? count - i : BLOCK;                                  \
			widen_##half(x, halves + i, n);                                                    \
			divide_float32(x, n, ranks);                                                       \
			narrow_##half(halves + i, x, n);                                                   \
		}                                                                                          \
	}

DEFINE_HALF_DIVIDE(float16)
DEFINE_HALF_DIVIDE(bfloat16)

static void stream(void *to, const void *from, size_t bytes)
{
#ifdef STREAM
	size_t head = -(uintptr_t)to % sizeof(VECTOR), i;

	if (head > bytes)
		head = bytes;
	memcpy(to, from, head);
	for (i = head; i + sizeof(VECTOR) <= bytes; i += sizeof(VECTOR)) {
		VECTOR v;
		memcpy(&v, (const char *)from + i, sizeof(v));
		STREAM((void *)((char *)to + i), v);
	}
	memcpy((char *)to + i, (const char *)from + i, bytes - i);
#else
	memcpy(to, from, bytes);
#endif
}

static void fence(void)
{
#ifdef STREAM
	_mm_sfence();
#endif
}

#define ROW(suffix) { add_##suffix, multiply_##suffix, min_##suffix, max_##suffix }

const struct fb_reduce_level LEVEL = {
	.loop = {
		[FB_COLL_FLOAT32] = ROW(float32),
		[FB_COLL_FLOAT64] = ROW(float64),
		[FB_COLL_INT32] = ROW(int32),
		[FB_COLL_INT64] = ROW(int64),
		[FB_COLL_FLOAT16] = ROW(float16),
		[FB_COLL_BFLOAT16] = ROW(bfloat16),
		[FB_COLL_INT8] = ROW(int8),
		[FB_COLL_INT16] = ROW(int16),
		[FB_COLL_UINT8] = { add_int8, multiply_int8, min_uint8, max_uint8 },
	},
	.divide = {
		[FB_COLL_FLOAT32] = divide_float32,
		[FB_COLL_FLOAT64] = divide_float64,
		[FB_COLL_INT32] = divide_int32,
		[FB_COLL_INT64] = divide_int64,
		[FB_COLL_FLOAT16] = divide_float16,
		[FB_COLL_BFLOAT16] = divide_bfloat16,
		[FB_COLL_INT8] = divide_int8,
		[FB_COLL_INT16] = divide_int16,
		[FB_COLL_UINT8] = divide_uint8,
	},
	.stream = stream,
	.fence = fence,
};
