/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The reductions: every type and operation at every instruction set against plain arithmetic in wider types. */
#include "check.h"

#include <math.h>

#include "coll/half.h"
#include "coll/reduce.h"
#include "coll/type.h"

#define MOST 600 /* elements: beyond two blocks of halves */
#define SHIFTS 5 /* places in a vector to start from */
#define ROOM (MOST + SHIFTS + 1)

static const size_t lengths[] = { 0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 63, 64, 65, 127, 129, 255, 256, 257, 511, 513, MOST };

static uint64_t next_random(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return *state >> 11;
}

static bool is_float(fb_coll_type_t type)
{
	return type == FB_COLL_FLOAT16 || type == FB_COLL_BFLOAT16 || type == FB_COLL_FLOAT32 || type == FB_COLL_FLOAT64;
}

/* What a float16 means, from its definition. */
static double value_of_float16(uint16_t half)
{
	int exponent = half >> 10 & 31, mantissa = half & 0x3ff;
	double magnitude = exponent == 31 ? (mantissa ? (double)NAN : (double)INFINITY) :
			   exponent	  ? ldexp(mantissa + 1024, exponent - 25) :
					    ldexp(mantissa, -24);

	return half & 0x8000 ? -magnitude : magnitude;
}

static double float_at(const void *data, size_t i, fb_coll_type_t type)
{
	const uint16_t *halves = data;

	switch (type) {
	case FB_COLL_FLOAT16:
		return value_of_float16(halves[i]);
	case FB_COLL_BFLOAT16:
		return (double)fb_float_from_bits((uint32_t)halves[i] << 16);
	case FB_COLL_FLOAT32:
		return (double)((const float *)data)[i];
	default:
		return ((const double *)data)[i];
	}
}

static int64_t integer_at(const void *data, size_t i, fb_coll_type_t type)
{
	switch (type) {
	case FB_COLL_INT8:
		return ((const int8_t *)data)[i];
	case FB_COLL_UINT8:
		return ((const uint8_t *)data)[i];
	case FB_COLL_INT16:
		return ((const int16_t *)data)[i];
	case FB_COLL_INT32:
		return ((const int32_t *)data)[i];
	default:
		return ((const int64_t *)data)[i];
	}
}

static double combine_floats(double a, double b, fb_coll_op_t op)
{
	switch (op) {
	case FB_COLL_PROD:
		return a * b;
	case FB_COLL_MIN:
		return a < b ? a : b;
	case FB_COLL_MAX:
		return a > b ? a : b;
	default:
		return a + b;
	}
}

static uint64_t combine_integers(int64_t a, int64_t b, fb_coll_op_t op)
{
	switch (op) {
	case FB_COLL_PROD:
		return (uint64_t)a * (uint64_t)b;
	case FB_COLL_MIN:
		return (uint64_t)(a < b ? a : b);
	case FB_COLL_MAX:
		return (uint64_t)(a > b ? a : b);
	default:
		return (uint64_t)a + (uint64_t)b;
	}
}

/* The distance to the next value of a type that has `bits` of mantissa and no exponent below `least`. */
static double last_place(double x, int bits, int least)
{
	int exponent;

	frexp(x, &exponent);
	return ldexp(1, (exponent < least ? least : exponent) - bits);
}

/* Halves and float32 are exact in double before they are rounded: half a unit in the last place, and float32's on the way. */
static void check_float(double got, double exact, fb_coll_type_t type)
{
	double unit = type == FB_COLL_FLOAT16  ? last_place(exact, 11, -13) :
		      type == FB_COLL_BFLOAT16 ? last_place(exact, 8, -125) :
		      type == FB_COLL_FLOAT32  ? last_place(exact, 24, -125) :
						 last_place(exact, 53, -1021) * 2;

	if (!(fabs(got - exact) <= unit * 0.50001))
		fail_msg("%s: %.17g, not %.17g", fb_type_name(type), got, exact);
}

static void check_results(const void *out, const void *a, const void *b, size_t n, fb_coll_type_t type, fb_coll_op_t op)
{
	const size_t size = fb_coll_type_size(type);

	for (size_t i = 0; i < n; i++) {
		if (is_float(type)) {
			check_float(float_at(out, i, type), combine_floats(float_at(a, i, type), float_at(b, i, type), op), type);
			continue;
		}
		uint64_t wide = combine_integers(integer_at(a, i, type), integer_at(b, i, type), op);
		if (memcmp((const char *)out + i * size, &wide, size) != 0)
			fail_msg("%s %s: element %zu is wrong", fb_type_name(type), fb_op_name(op), i);
	}
}

/* Floats of moderate size, integers of all bits. */
static void fill(void *data, size_t count, fb_coll_type_t type, uint64_t *state)
{
	for (size_t i = 0; i < count; i++) {
		uint64_t bits = next_random(state);
		float moderate = (float)((double)(bits & 0xfffff) / 0x10000 - 8);

		if (type == FB_COLL_FLOAT16)
			((uint16_t *)data)[i] = fb_float16_from_float(moderate);
		else if (type == FB_COLL_BFLOAT16)
			((uint16_t *)data)[i] = fb_bfloat16_from_float(moderate);
		else if (type == FB_COLL_FLOAT32)
			((float *)data)[i] = moderate;
		else if (type == FB_COLL_FLOAT64)
			((double *)data)[i] = (double)moderate + (double)bits * 0x1p-60;
		else
			memcpy((char *)data + i * fb_coll_type_size(type), &bits, fb_coll_type_size(type));
	}
}

static char a[ROOM * 8], b[ROOM * 8], out[ROOM * 8], before[ROOM * 8];

/* Out of place, and into either input; nothing beyond the end changes. */
static void try_lengths(fb_coll_type_t type, fb_coll_op_t op, uint64_t *state)
{
	const size_t size = fb_coll_type_size(type);

	for (size_t k = 0; k < sizeof(lengths) / sizeof(*lengths); k++) {
		size_t n = lengths[k];
		char *x = a + next_random(state) % SHIFTS * size, *y = b + next_random(state) % SHIFTS * size;
		char *to = out + next_random(state) % SHIFTS * size;
		fill(x, n + 1, type, state);
		fill(y, n + 1, type, state);
		memcpy(before, x, (n + 1) * size);
		memset(to, 0x5a, (n + 1) * size);
		fb_reduce(to, x, y, n, type, op);
		check_results(to, x, y, n, type, op);
		for (size_t i = 0; i < size; i++)
			assert_int_equal(to[n * size + i], 0x5a);
		fb_reduce(x, x, y, n, type, op);
		assert_memory_equal(x, to, n * size);
		assert_memory_equal(x + n * size, before + n * size, size);
		fb_reduce(y, before, y, n, type, op);
		assert_memory_equal(y, to, n * size);
	}
}

/* Calls body at each instruction set that this processor has. */
static void at_each_level(void (*body)(void))
{
	struct fb_err err;

	for (int simd = FB_SIMD_AUTO; simd <= FB_SIMD_AVX512; simd++)
		if (!fb_reduce_select((enum fb_simd_kind)simd, &err))
			body();
		else
			check_contains(err.text, "FLIGHTBASE_SIMD: this processor has no AVX");
	assert_int_equal(fb_reduce_select(FB_SIMD_SSE2, &err), FB_COLL_OK);
	assert_int_equal(fb_reduce_select(FB_SIMD_AUTO, &err), FB_COLL_OK);
}

static void try_all(void)
{
	uint64_t state = 1;

	for (int type = 0; type < FB_COLL_TYPES; type++)
		for (int op = 0; op < FB_COLL_OPS; op++)
			try_lengths((fb_coll_type_t)type, (fb_coll_op_t)op, &state);
}

static void test_all(void **state)
{
	(void)state;
	at_each_level(try_all);
}

/* Of two NaN the result is one, and the compiler chooses which for + and *. */
static bool undecided(size_t i, fb_coll_type_t type)
{
	return is_float(type) && isnan(float_at(a, i, type)) && isnan(float_at(b, i, type));
}

/* Random bits, so that all kinds of special values meet: the instruction sets agree about every bit. */
static void test_levels_agree(void **unused)
{
	char mine[MOST * 8];
	struct fb_err err;
	uint64_t state = 7;

	(void)unused;
	for (int type = 0; type < FB_COLL_TYPES; type++)
		for (int op = 0; op < FB_COLL_OPS; op++)
			for (int turn = 0; turn < 40; turn++) {
				const size_t size = fb_coll_type_size((fb_coll_type_t)type);
				fill(a, MOST * size, FB_COLL_UINT8, &state);
				fill(b, MOST * size, FB_COLL_UINT8, &state);
				/* Every second turn exponents are at their largest. */
				for (size_t i = 0; turn % 2 && i < MOST; i++)
					a[i * size + size - 1] = 0x7f, b[(i + 1) * size - 1] = (char)(i & 1 ? 0xff : 0x7c);
				assert_int_equal(fb_reduce_select(FB_SIMD_SSE2, &err), FB_COLL_OK);
				fb_reduce(out, a, b, MOST, (fb_coll_type_t)type, (fb_coll_op_t)op);
				fb_reduce_finish(out, MOST, (fb_coll_type_t)type, (fb_coll_op_t)op, 3);
				for (int simd = FB_SIMD_AVX2; simd <= FB_SIMD_AVX512; simd++) {
					if (fb_reduce_select((enum fb_simd_kind)simd, &err))
						continue;
					fb_reduce(mine, a, b, MOST, (fb_coll_type_t)type, (fb_coll_op_t)op);
					fb_reduce_finish(mine, MOST, (fb_coll_type_t)type, (fb_coll_op_t)op, 3);
					for (size_t i = 0; i < MOST; i++)
						if (memcmp(mine + i * size, out + i * size, size) != 0 && !undecided(i, (fb_coll_type_t)type))
							fail_msg("%s %s differs at level %d", fb_type_name((fb_coll_type_t)type),
								 fb_op_name((fb_coll_op_t)op), simd);
				}
			}
	assert_int_equal(fb_reduce_select(FB_SIMD_AUTO, &err), FB_COLL_OK);
}

/* All of them there and back, against the definition. */
static void test_every_float16(void **state)
{
	(void)state;
	for (uint32_t h = 0; h <= 0xffff; h++) {
		float value = fb_float_from_float16((uint16_t)h);
		double exact = value_of_float16((uint16_t)h);
		assert_true((isnan(value) && isnan(exact)) || ((double)value == exact && !signbit(value) == !signbit(exact)));
		assert_int_equal(fb_float16_from_float(value), isnan(exact) ? h | 0x200 : h);
		value = fb_float_from_bfloat16((uint16_t)h);
		assert_int_equal(fb_bfloat16_from_float(value), isnan(value) ? h | 0x40 : h);
	}
}

static void test_rounding(void **state)
{
	static const struct {
		float value;
		uint16_t float16, bfloat16;
	} cases[] = {
		{ 1, 0x3c00, 0x3f80 },
		{ 1 + 0x1p-11f, 0x3c00, 0x3f80 },		    /* a tie goes to the even one below */
		{ 1 + 0x1p-10f + 0x1p-11f, 0x3c02, 0x3f80 },	    /* and above */
		{ 1 + 0x1p-11f + 0x1p-20f, 0x3c01, 0x3f80 },
		{ 1 + 0x1p-8f, 0x3c04, 0x3f80 },
		{ 1 + 0x1p-7f + 0x1p-8f, 0x3c0c, 0x3f82 },
		{ 1 + 0x1p-8f + 0x1p-20f, 0x3c04, 0x3f81 },
		{ 65519.996f, 0x7bff, 0x4780 },
		{ 65520, 0x7c00, 0x4780 },			    /* the first that is infinite as float16 */
		{ 0x1p-14f, 0x0400, 0x3880 },
		{ 0x1p-24f, 0x0001, 0x3380 },
		{ 0x1p-25f, 0x0000, 0x3300 },
		{ 0x1.8p-25f, 0x0001, 0x3340 },
		{ -0x1p-24f - 0x1p-25f, 0x8002, 0xb3c0 },
		{ 0x1.fffp-15f, 0x0400, 0x3880 },		    /* a subnormal that rounds to a normal one */
		{ 0x1.ffffp127f, 0x7c00, 0x7f80 },		    /* the largest round to infinity */
		{ -INFINITY, 0xfc00, 0xff80 },
		{ -0.0f, 0x8000, 0x8000 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(fb_float16_from_float(cases[i].value), cases[i].float16);
		assert_int_equal(fb_bfloat16_from_float(cases[i].value), cases[i].bfloat16);
	}
}

/* More ranks than a small integer counts to. */
static void try_divide(void)
{
	int8_t small[] = { -128, 127, 100, -7 };
	uint8_t bytes[] = { 255, 254, 3, 0 };
	int16_t words[] = { INT16_MIN, 32767, -301, 299 };
	uint16_t halves[] = { fb_float16_from_float(3), fb_float16_from_float(-1), 0x7c00, fb_float16_from_float(10) };

	fb_reduce_finish(small, 4, FB_COLL_INT8, FB_COLL_SUM, 3);
	assert_int_equal(small[0], -128);
	fb_reduce_finish(small, 4, FB_COLL_INT8, FB_COLL_AVG, 3);
	assert_true(small[0] == -42 && small[1] == 42 && small[2] == 33 && small[3] == -2);
	fb_reduce_finish(small, 4, FB_COLL_INT8, FB_COLL_AVG, 256);
	assert_true(!small[0] && !small[1] && !small[2] && !small[3]);
	fb_reduce_finish(bytes, 4, FB_COLL_UINT8, FB_COLL_AVG, 2);
	assert_true(bytes[0] == 127 && bytes[1] == 127 && bytes[2] == 1 && bytes[3] == 0);
	fb_reduce_finish(bytes, 4, FB_COLL_UINT8, FB_COLL_AVG, 512);
	assert_true(!bytes[0]);
	fb_reduce_finish(words, 4, FB_COLL_INT16, FB_COLL_AVG, 300);
	assert_true(words[0] == -109 && words[1] == 109 && words[2] == -1 && words[3] == 0);
	fb_reduce_finish(halves, 4, FB_COLL_FLOAT16, FB_COLL_AVG, 2);
	assert_true(halves[0] == fb_float16_from_float(1.5f) && halves[1] == fb_float16_from_float(-0.5f) && halves[2] == 0x7c00 &&
		    halves[3] == fb_float16_from_float(5));
}

static void test_divide(void **state)
{
	(void)state;
	at_each_level(try_divide);
}

static void try_stream(void)
{
	uint64_t state = 3;

	for (size_t n = 0; n < 300; n++)
		for (size_t shift = 0; shift < 65; shift += 13) {
			fill(a, n + 1, FB_COLL_UINT8, &state);
			memset(out, 0x5a, n + shift + 1);
			fb_stream_copy(out + shift, a, n);
			fb_stream_fence();
			assert_memory_equal(out + shift, a, n);
			assert_true(out[shift + n] == 0x5a && (!shift || out[shift - 1] == 0x5a));
		}
}

static void test_stream(void **state)
{
	(void)state;
	at_each_level(try_stream);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all),	 cmocka_unit_test(test_levels_agree), cmocka_unit_test(test_every_float16),
		cmocka_unit_test(test_rounding), cmocka_unit_test(test_divide),	      cmocka_unit_test(test_stream),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
