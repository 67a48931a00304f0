/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names and sizes of element types and operations. */
#ifndef FB_COLL_TYPE_H
#define FB_COLL_TYPE_H

#include <stdbool.h>

#include "coll/flightbase/coll.h"

#define FB_COLL_TYPES 9
#define FB_COLL_OPS 5

/* nccl-tests' names ("float", "double", "half", "bfloat16", "int32" ...; "sum" ...); NULL for an unknown value. */
const char *fb_type_name(fb_coll_type_t type);
const char *fb_op_name(fb_coll_op_t op);

/* Also "float32", "float64", "float16" and "bf16". */
bool fb_type_find(const char *name, fb_coll_type_t *type);
/* All names, for a message: "float, double, ..." */
#define FB_TYPE_NAMES "float, double, int32, int64, half, bfloat16, int8, int16, uint8"

bool fb_op_find(const char *name, fb_coll_op_t *op);

#endif
