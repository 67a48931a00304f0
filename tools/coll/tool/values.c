/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "coll/tool/values.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

/* splitmix64's finalizer: neighbouring inputs give unrelated outputs. */
static inline uint64_t mix(uint64_t x)
{
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

static inline uint64_t seed_of(int rank, uint64_t iteration)
{
	return mix(iteration * 0x9e3779b97f4a7c15u + (uint64_t)rank * 0xd1b54a32d192ed03u + 1);
}

static inline uint64_t bits_at(uint64_t seed, size_t i)
{
	return mix(seed + (uint64_t)i * 0x9e3779b97f4a7c15u);
}

/*
 * A float put together from its parts: random sign and mantissa, exponent from a range. Products stay in range
 * with factors between 1/2 and 2 around 1, for as many ranks as there are. Halves of a sum differ by at most four times, so that
 * none is lost in the rounding of the others.
 */
static inline uint32_t word32_of(uint64_t bits, fb_coll_op_t op)
{
	uint32_t exponent = op == FB_COLL_PROD ? 126 + (uint32_t)(bits >> 40 & 1) : 127 - 12 + (uint32_t)(bits >> 40 & 15);

	return (uint32_t)(bits & 0x807fffff) | exponent << 23;
}

static inline uint64_t word64_of(uint64_t bits, fb_coll_op_t op)
{
	uint64_t exponent = op == FB_COLL_PROD ? 1022 + (bits >> 52 & 1) : 1023 - 12 + (bits >> 52 & 15);

	return (bits & 0x800fffffffffffff) | exponent << 52;
}

/* Factors of float16 lie between 7/8 and 9/8: its range ends at 65504. */
static inline uint16_t float16_of(uint64_t bits, fb_coll_op_t op)
{
	uint32_t up = bits >> 40 & 1, sign = (uint32_t)(bits & 0x8000);

	if (op == FB_COLL_PROD)
		return (uint16_t)(sign | (up ? 0x3c00 | (bits & 0x7f) : 0x3b00 | (bits & 0xff)));
	return (uint16_t)(sign | (14 + up) << 10 | (bits & 0x3ff));
}

static inline uint16_t bfloat16_of(uint64_t bits)
{
	return (uint16_t)((bits & 0x807f) | (126 + (bits >> 40 & 1)) << 7);
}

/* The element as it lies in memory, in the low bits. */
static inline uint64_t word_of(uint64_t bits, fb_coll_type_t type, fb_coll_op_t op)
{
	switch (type) {
	case FB_COLL_FLOAT32:
		return word32_of(bits, op);
	case FB_COLL_FLOAT64:
		return word64_of(bits, op);
	case FB_COLL_FLOAT16:
		return float16_of(bits, op);
	case FB_COLL_BFLOAT16:
		return bfloat16_of(bits);
	default:
		return bits;
	}
}

void fb_values_fill(void *data, size_t count, fb_coll_type_t type, fb_coll_op_t op, int rank, uint64_t iteration)
{
	uint64_t seed = seed_of(rank, iteration);

	switch (fb_coll_type_size(type)) {
	case 1:
		for (size_t i = 0; i < count; i++)
			((uint8_t *)data)[i] = (uint8_t)bits_at(seed, i);
		return;
	case 2:
		for (size_t i = 0; i < count; i++)
			((uint16_t *)data)[i] = (uint16_t)word_of(bits_at(seed, i), type, op);
		return;
	case 4:
		for (size_t i = 0; i < count; i++)
			((uint32_t *)data)[i] = (uint32_t)word_of(bits_at(seed, i), type, op);
		return;
	default:
		for (size_t i = 0; i < count; i++)
			((uint64_t *)data)[i] = word_of(bits_at(seed, i), type, op);
	}
}

/* As in values.h: half the epsilon, and what is lost below the least normal number. */
struct format {
	bool is_float;
	long double unit, tiny;
};

static struct format format_of(fb_coll_type_t type)
{
	switch (type) {
	case FB_COLL_FLOAT32:
		return (struct format){ true, FLT_EPSILON / 2, FLT_MIN };
	case FB_COLL_FLOAT64:
		return (struct format){ true, DBL_EPSILON / 2, DBL_MIN };
	case FB_COLL_FLOAT16:
		return (struct format){ true, 0x1p-11L, 0x1p-14L };
	case FB_COLL_BFLOAT16:
		return (struct format){ true, 0x1p-8L, FLT_MIN };
	default:
		return (struct format){ .is_float = false };
	}
}

static long double float16_value(uint16_t half)
{
	int exponent = half >> 10 & 31, mantissa = half & 0x3ff;
	long double magnitude = exponent == 31 ? (mantissa ? (long double)NAN : (long double)INFINITY) :
				exponent       ? ldexpl(mantissa + 1024, exponent - 25) :
						 ldexpl(mantissa, -24);

	return half & 0x8000 ? -magnitude : magnitude;
}

static long double float_value(uint64_t word, fb_coll_type_t type)
{
	uint32_t low = type == FB_COLL_BFLOAT16 ? (uint32_t)word << 16 : (uint32_t)word;
	float narrow;
	double wide;

	if (type == FB_COLL_FLOAT16)
		return float16_value((uint16_t)word);
	memcpy(&wide, &word, sizeof(wide));
	memcpy(&narrow, &low, sizeof(narrow));
	return type == FB_COLL_FLOAT64 ? (long double)wide : (long double)narrow;
}

/* 64 bits of mantissa on x86: enough to judge a double, and plenty for a float. */
struct expectation {
	long double value, magnitude;
};

static struct expectation expect_float(fb_coll_type_t type, fb_coll_op_t op, int ranks, uint64_t iteration, size_t i)
{
	struct expectation e = { 0, 0 };

	for (int r = 0; r < ranks; r++) {
		long double x = float_value(word_of(bits_at(seed_of(r, iteration), i), type, op), type);
		e.magnitude += fabsl(x);
		if (!r)
			e.value = x;
		else if (op == FB_COLL_PROD)
			e.value *= x;
		else if (op == FB_COLL_MIN)
			e.value = x < e.value ? x : e.value;
		else if (op == FB_COLL_MAX)
			e.value = x > e.value ? x : e.value;
		else
			e.value += x;
	}
	if (op == FB_COLL_PROD)
		e.magnitude = fabsl(e.value);
	if (op == FB_COLL_AVG) {
		e.value /= ranks;
		e.magnitude /= ranks;
	}
	return e;
}

static bool wrong_float(long double got, const struct format *format, struct expectation e, fb_coll_op_t op, int ranks)
{
	if (op == FB_COLL_MIN || op == FB_COLL_MAX)
		return !(got == e.value);
	/* Written so that a NaN is wrong; one rounding more for the division. */
	return !(fabsl(got - e.value) <= (ranks + 1) * format->unit * e.magnitude + format->tiny);
}

static int64_t integer_value(uint64_t word, fb_coll_type_t type)
{
	switch (type) {
	case FB_COLL_INT8:
		return (int8_t)word;
	case FB_COLL_UINT8:
		return (uint8_t)word;
	case FB_COLL_INT16:
		return (int16_t)word;
	case FB_COLL_INT32:
		return (int32_t)word;
	default:
		return (int64_t)word;
	}
}

/* The lower bits of 64-bit sums and products are those of narrower ones. */
static uint64_t combine_int(uint64_t a, uint64_t b, fb_coll_type_t type, fb_coll_op_t op)
{
	int64_t x = integer_value(a, type), y = integer_value(b, type);

	switch (op) {
	case FB_COLL_PROD:
		return a * b;
	case FB_COLL_MIN:
		return (uint64_t)(x < y ? x : y);
	case FB_COLL_MAX:
		return (uint64_t)(x > y ? x : y);
	default:
		return a + b;
	}
}

static int64_t expect_int(fb_coll_type_t type, fb_coll_op_t op, int ranks, uint64_t iteration, size_t i)
{
	uint64_t value = bits_at(seed_of(0, iteration), i);

	for (int r = 1; r < ranks; r++)
		value = combine_int(value, bits_at(seed_of(r, iteration), i), type, op);
	return op == FB_COLL_AVG ? integer_value(value, type) / ranks : integer_value(value, type);
}

size_t fb_values_check(const void *data, size_t count, fb_coll_type_t type, fb_coll_op_t op, int ranks, uint64_t iteration)
{
	const size_t element = fb_coll_type_size(type);
	const struct format format = format_of(type);
	size_t wrong = 0;

	for (size_t i = 0; i < count; i++) {
		uint64_t word = 0; /* little endian, as everything here */
		memcpy(&word, (const char *)data + i * element, element);
		if (format.is_float)
			wrong += wrong_float(float_value(word, type), &format, expect_float(type, op, ranks, iteration, i), op, ranks);
		else
			wrong += integer_value(word, type) != expect_int(type, op, ranks, iteration, i);
	}
	return wrong;
}
