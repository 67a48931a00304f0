/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "coll/wire.h"

#include "coll/half.h"

/* As in reduce_loops.h: -O2 does not vectorise loops of unknown length. */
#pragma GCC optimize("O3", "fp-contract=off", "no-trapping-math")

void fb_wire_narrow(uint16_t *restrict to, const float *restrict from, size_t count, fb_coll_type_t wire)
{
	if (wire == FB_COLL_BFLOAT16)
		for (size_t i = 0; i < count; i++)
			to[i] = fb_bfloat16_from_float(from[i]);
	else
		for (size_t i = 0; i < count; i++)
			to[i] = fb_float16_from_float(from[i]);
}

void fb_wire_widen(float *restrict to, const uint16_t *restrict from, size_t count, fb_coll_type_t wire)
{
	if (wire == FB_COLL_BFLOAT16)
		for (size_t i = 0; i < count; i++)
			to[i] = fb_float_from_bfloat16(from[i]);
	else
		for (size_t i = 0; i < count; i++)
			to[i] = fb_float_from_float16(from[i]);
}

void fb_wire_round(float *data, size_t count, fb_coll_type_t wire)
{
	if (wire == FB_COLL_BFLOAT16)
		for (size_t i = 0; i < count; i++)
			data[i] = fb_float_from_bfloat16(fb_bfloat16_from_float(data[i]));
	else
		for (size_t i = 0; i < count; i++)
			data[i] = fb_float_from_float16(fb_float16_from_float(data[i]));
}
