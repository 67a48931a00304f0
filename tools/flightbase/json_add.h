/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Members of JSON objects that are printed. */
#ifndef FB_JSON_ADD_H
#define FB_JSON_ADD_H

#include <stdint.h>

struct json_object;

/* NULL is null; what is not printable becomes '?'. */
void fb_json_add_text(struct json_object *to, const char *key, const char *text);
void fb_json_add_int(struct json_object *to, const char *key, int64_t value);
/* With as many digits as people read: 12.5, not 12.500000000000000. */
void fb_json_add_number(struct json_object *to, const char *key, double value);

/* Print it with line breaks to standard output, and let it go. */
void fb_json_put(struct json_object *root);

#endif
