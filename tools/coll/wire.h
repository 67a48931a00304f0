/* SPDX-License-Identifier: GPL-2.0-or-later */
/* float32 that travels as float16 or bfloat16. */
#ifndef FB_COLL_WIRE_H
#define FB_COLL_WIRE_H

#include <stdint.h>

#include "coll/flightbase/coll.h"

/* wire: FB_COLL_FLOAT16 or FB_COLL_BFLOAT16. To the nearest, ties to even. */
void fb_wire_narrow(uint16_t *to, const float *from, size_t count, fb_coll_type_t wire);
void fb_wire_widen(float *to, const uint16_t *from, size_t count, fb_coll_type_t wire);

/* What narrow and widen make of it, in place. */
void fb_wire_round(float *data, size_t count, fb_coll_type_t wire);

#endif
