/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * float16 and bfloat16 from and to float32, one value at a time, without the processor's instructions for it: branches are
 * written as choices, so that loops over them vectorise. The results are those of the instructions, also for NaN.
 */
#ifndef FB_COLL_HALF_H
#define FB_COLL_HALF_H

#include <stdint.h>
#include <string.h>

static inline uint32_t fb_float_bits(float value)
{
	uint32_t bits;

	memcpy(&bits, &value, sizeof(bits));
	return bits;
}

static inline float fb_float_from_bits(uint32_t bits)
{
	float value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

static inline float fb_float_from_bfloat16(uint16_t half)
{
	return fb_float_from_bits((uint32_t)half << 16);
}

/* To the nearest, ties to even; a NaN stays one. */
static inline uint16_t fb_bfloat16_from_float(float value)
{
	uint32_t bits = fb_float_bits(value), rounded = (bits + 0x7fff + (bits >> 16 & 1)) >> 16, quiet = bits >> 16 | 0x40;

	return (uint16_t)((bits & 0x7fffffff) > 0x7f800000 ? quiet : rounded);
}

/*
 * Normal numbers: shift into place and scale the exponent's bias away, which a product does without a branch. Subnormal
 * ones: their mantissa as the end of 0.5's, minus 0.5 (after FP16, Maratyszka and others).
 */
static inline float fb_float_from_float16(uint16_t half)
{
	uint32_t sign = (uint32_t)(half & 0x8000) << 16, magnitude = half & 0x7fff;
	uint32_t special = magnitude << 13 | 0x7f800000 | (magnitude > 0x7c00 ? 0x400000u : 0);
	float normal = fb_float_from_bits((magnitude << 13) + (112u << 23));
	float subnormal = fb_float_from_bits(magnitude | 126u << 23) - 0.5f;
	/* 0.5 has units of 2^-24 in its last place, as subnormal halves do. */
	uint32_t finite = fb_float_bits(magnitude < 0x0400 ? subnormal : normal);

	return fb_float_from_bits(sign | (magnitude >= 0x7c00 ? special : finite));
}

/*
 * To the nearest, ties to even. Normal results are rounded by adding just below half of the last place; subnormal ones by
 * adding 0.5, whose last place is theirs.
 */
static inline uint16_t fb_float16_from_float(float value)
{
	uint32_t bits = fb_float_bits(value), sign = bits >> 16 & 0x8000, magnitude = bits & 0x7fffffff;
	uint32_t normal = (magnitude - (112u << 23) + 0xfff + (magnitude >> 13 & 1)) >> 13;
	uint32_t subnormal = fb_float_bits(fb_float_from_bits(magnitude) + 0.5f) - (126u << 23);
	uint32_t finite = magnitude < 113u << 23 ? subnormal : normal;
	/* 65520 is the first that rounds to infinity. */
	uint32_t bounded = magnitude >= 0x477ff000 ? 0x7c00 : finite;

	return (uint16_t)(sign | (magnitude > 0x7f800000 ? 0x7e00 | (magnitude >> 13 & 0x1ff) : bounded));
}

#endif
