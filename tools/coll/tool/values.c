/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "coll/tool/values.h"

#include <float.h>
#include <math.h>
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
 * with factors between 1/2 and 2 around 1, for as many ranks as there are.
 */
static inline float float32_of(uint64_t bits, fb_coll_op_t op)
{
	uint32_t exponent = op == FB_COLL_PROD ? 126 + (uint32_t)(bits >> 40 & 1) : 127 - 12 + (uint32_t)(bits >> 40 & 15);
	uint32_t word = (uint32_t)(bits & 0x807fffff) | exponent << 23;
	float value;

	memcpy(&value, &word, sizeof(value));
	return value;
}

static inline double float64_of(uint64_t bits, fb_coll_op_t op)
{
	uint64_t exponent = op == FB_COLL_PROD ? 1022 + (bits >> 52 & 1) : 1023 - 12 + (bits >> 52 & 15);
	uint64_t word = (bits & 0x800fffffffffffff) | exponent << 52;
	double value;

	memcpy(&value, &word, sizeof(value));
	return value;
}

void fb_values_fill(void *data, size_t count, fb_coll_type_t type, fb_coll_op_t op, int rank, uint64_t iteration)
{
	uint64_t seed = seed_of(rank, iteration);

	switch (type) {
	case FB_COLL_FLOAT32:
		for (size_t i = 0; i < count; i++)
			((float *)data)[i] = float32_of(bits_at(seed, i), op);
		return;
	case FB_COLL_FLOAT64:
		for (size_t i = 0; i < count; i++)
			((double *)data)[i] = float64_of(bits_at(seed, i), op);
		return;
	case FB_COLL_INT32:
		for (size_t i = 0; i < count; i++)
			((uint32_t *)data)[i] = (uint32_t)bits_at(seed, i);
		return;
	case FB_COLL_INT64:
		for (size_t i = 0; i < count; i++)
			((uint64_t *)data)[i] = bits_at(seed, i);
		return;
	}
}

/* 64 bits of mantissa on x86: enough to judge a double, and plenty for a float. */
struct expectation {
	long double value, magnitude;
};

static struct expectation expect_float(fb_coll_type_t type, fb_coll_op_t op, int ranks, uint64_t iteration, size_t i)
{
	struct expectation e = { 0, 0 };

	for (int r = 0; r < ranks; r++) {
		uint64_t bits = bits_at(seed_of(r, iteration), i);
		long double x = type == FB_COLL_FLOAT32 ? (long double)float32_of(bits, op) : (long double)float64_of(bits, op);
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

static int wrong_float(long double got, fb_coll_type_t type, fb_coll_op_t op, int ranks, uint64_t iteration, size_t i)
{
	struct expectation e = expect_float(type, op, ranks, iteration, i);
	long double u = (type == FB_COLL_FLOAT32 ? (long double)FLT_EPSILON : (long double)DBL_EPSILON) / 2;
	long double tiny = type == FB_COLL_FLOAT32 ? (long double)FLT_MIN : (long double)DBL_MIN;

	if (op == FB_COLL_MIN || op == FB_COLL_MAX)
		return !(got == e.value);
	/* Written so that a NaN is wrong; one rounding more for the division. */
	return !(fabsl(got - e.value) <= (ranks + 1) * u * e.magnitude + tiny);
}

static uint64_t combine_int(uint64_t a, uint64_t b, fb_coll_op_t op, int wide)
{
	/* The lower 32 bits of 64-bit sums and products are those of 32-bit ones. */
	int64_t x = wide ? (int64_t)a : (int32_t)a, y = wide ? (int64_t)b : (int32_t)b;

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

static uint64_t expect_int(fb_coll_op_t op, int ranks, uint64_t iteration, size_t i, int wide)
{
	uint64_t value = bits_at(seed_of(0, iteration), i);

	for (int r = 1; r < ranks; r++)
		value = combine_int(value, bits_at(seed_of(r, iteration), i), op, wide);
	if (op == FB_COLL_AVG)
		value = (uint64_t)((wide ? (int64_t)value : (int32_t)value) / ranks);
	return value;
}

size_t fb_values_check(const void *data, size_t count, fb_coll_type_t type, fb_coll_op_t op, int ranks, uint64_t iteration)
{
	size_t wrong = 0;

	for (size_t i = 0; i < count; i++)
		switch (type) {
		case FB_COLL_FLOAT32:
			wrong += (size_t)wrong_float((long double)((const float *)data)[i], type, op, ranks, iteration, i);
			break;
		case FB_COLL_FLOAT64:
			wrong += (size_t)wrong_float((long double)((const double *)data)[i], type, op, ranks, iteration, i);
			break;
		case FB_COLL_INT32:
			wrong += ((const uint32_t *)data)[i] != (uint32_t)expect_int(op, ranks, iteration, i, 0);
			break;
		case FB_COLL_INT64:
			wrong += ((const uint64_t *)data)[i] != expect_int(op, ranks, iteration, i, 1);
			break;
		}
	return wrong;
}
