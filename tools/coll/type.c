/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "coll/type.h"

#include <string.h>

static const struct {
	const char *name, *alias;
	size_t size;
} types[FB_COLL_TYPES] = {
	[FB_COLL_FLOAT32] = { "float", "float32", 4 },
	[FB_COLL_FLOAT64] = { "double", "float64", 8 },
	[FB_COLL_INT32] = { "int32", "int", 4 },
	[FB_COLL_INT64] = { "int64", "int64", 8 },
	[FB_COLL_FLOAT16] = { "half", "float16", 2 },
	[FB_COLL_BFLOAT16] = { "bfloat16", "bf16", 2 },
	[FB_COLL_INT8] = { "int8", "char", 1 },
	[FB_COLL_INT16] = { "int16", "short", 2 },
	[FB_COLL_UINT8] = { "uint8", "byte", 1 },
};

static const char *const ops[FB_COLL_OPS] = {
	[FB_COLL_SUM] = "sum", [FB_COLL_PROD] = "prod", [FB_COLL_MIN] = "min",
	[FB_COLL_MAX] = "max", [FB_COLL_AVG] = "avg",
};

size_t fb_coll_type_size(fb_coll_type_t type)
{
	return (unsigned)type < FB_COLL_TYPES ? types[type].size : 0;
}

const char *fb_type_name(fb_coll_type_t type)
{
	return (unsigned)type < FB_COLL_TYPES ? types[type].name : NULL;
}

const char *fb_op_name(fb_coll_op_t op)
{
	return (unsigned)op < FB_COLL_OPS ? ops[op] : NULL;
}

bool fb_type_find(const char *name, fb_coll_type_t *type)
{
	for (unsigned i = 0; i < FB_COLL_TYPES; i++)
		if (!strcmp(name, types[i].name) || !strcmp(name, types[i].alias)) {
			*type = (fb_coll_type_t)i;
			return true;
		}
	return false;
}

bool fb_op_find(const char *name, fb_coll_op_t *op)
{
	for (unsigned i = 0; i < FB_COLL_OPS; i++)
		if (!strcmp(name, ops[i])) {
			*op = (fb_coll_op_t)i;
			return true;
		}
	return false;
}
