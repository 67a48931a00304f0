/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names and sizes of element types and operations. */
#ifndef FB_COLL_TYPE_H
#define FB_COLL_TYPE_H

#include <stdbool.h>

#include "coll/flightbase/coll.h"

#define FB_COLL_TYPES 4
#define FB_COLL_OPS 5

/* nccl-tests' names ("float", "double", "int32", "int64"; "sum" ...); NULL for an unknown value. */
const char *fb_type_name(fb_coll_type_t type);
const char *fb_op_name(fb_coll_op_t op);

/* Also "float32" and "float64". */
bool fb_type_find(const char *name, fb_coll_type_t *type);
bool fb_op_find(const char *name, fb_coll_op_t *op);

#endif
