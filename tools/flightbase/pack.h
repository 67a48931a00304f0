/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How the cache keeps records: a JSON array of a record's values in a fixed order. Reading trusts nothing: after the
 * first value that is missing or of another kind, `bad` is set and the rest reads as 0 and "".
 */
#ifndef FB_PACK_H
#define FB_PACK_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FB_PACK_TEXT_MAX 65536

struct fb_unpacker {
	struct json_object *array;
	size_t next;
	bool bad;
};

struct fb_unpacker fb_unpack_open(struct json_object *array);
int64_t fb_unpack_int(struct fb_unpacker *reader, int64_t min, int64_t max);
bool fb_unpack_bool(struct fb_unpacker *reader);
char *fb_unpack_text(struct fb_unpacker *reader); /* a new copy for the caller to free; NULL: bad or out of memory */
struct json_object *fb_unpack_array(struct fb_unpacker *reader); /* borrowed; NULL: bad */
bool fb_unpack_done(const struct fb_unpacker *reader); /* all was read, and nothing was bad */

/* Append to a record; false: out of memory. */
bool fb_pack_int(struct json_object *array, int64_t value);
bool fb_pack_bool(struct json_object *array, bool value);
bool fb_pack_text(struct json_object *array, const char *text);
bool fb_pack(struct json_object *array, struct json_object *value); /* takes value, which may be NULL: false */

#endif
