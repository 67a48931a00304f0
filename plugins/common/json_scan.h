/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Positions in JSON text that json-c has already accepted: where a value starts, where a key repeats. */
#ifndef FB_COMMON_JSON_SCAN_H
#define FB_COMMON_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>

#define FB_JSON_SCAN_KEY_MAX 128

struct fb_json_step {
	const char *key; /* member of an object; NULL: element of an array */
	size_t index;
};

/* Offset of the key (or element) that the steps lead to; of the nearest enclosing one if it is not there. */
size_t fb_json_scan_find(const char *text, size_t size, const struct fb_json_step *steps, size_t count);

/* True if an object has a key twice; offset and the key (cut to key_size) are then set. */
bool fb_json_scan_duplicate(const char *text, size_t size, size_t *offset, char *key, size_t key_size);

#endif
