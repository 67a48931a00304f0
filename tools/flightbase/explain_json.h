/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The same as one JSON object, with all numbers. Times are seconds since 1970; what is not known is null. */
#ifndef FB_EXPLAIN_JSON_H
#define FB_EXPLAIN_JSON_H

#include <json-c/json.h>

#include "flightbase/causes.h"
#include "flightbase/why.h"

/* causes: only of a pending job, else NULL. The caller puts the object. */
struct json_object *fb_explain_json(const struct fb_why *why, const struct fb_causes *causes);

#endif
