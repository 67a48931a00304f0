/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any text as a document: walk all of it and ask for the message of every value. */
#include <stdint.h>
#include <stdlib.h>

#include "common/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk(const struct fb_json *at, int depth)
{
	struct fb_err err;

	fb_json_error(at, &err, "message");
	if (depth > FB_JSON_DEPTH_MAX)
		abort();
	if (json_object_is_type(at->value, json_type_array))
		for (size_t i = 0; i < fb_json_length(at); i++) {
			struct fb_json element = fb_json_element(at, i);
			walk(&element, depth + 1);
		}
	if (!json_object_is_type(at->value, json_type_object))
		return;
	json_object_object_foreach(at->value, key, value)
	{
		struct fb_json member;

		if (!fb_json_member(at, key, &member) || member.value != value)
			abort();
		walk(&member, depth + 1);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fb_json_doc doc;
	struct fb_err err;

	if (fb_json_doc_parse(&doc, "fuzz", (const char *)data, size, &err))
		return 0;
	struct fb_json root = fb_json_root(&doc);
	walk(&root, 0);
	fb_json_doc_free(&doc);
	return 0;
}
