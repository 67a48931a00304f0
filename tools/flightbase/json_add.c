/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/json_add.h"

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "flightbase/memory.h"

void fb_json_add_text(struct json_object *to, const char *key, const char *text)
{
	char *copy = text ? fb_need(strdup(text)) : NULL;

	if (copy)
		fb_text_printable(copy);
	json_object_object_add(to, key, copy ? json_object_new_string(copy) : NULL);
	free(copy);
}

void fb_json_add_int(struct json_object *to, const char *key, int64_t value)
{
	json_object_object_add(to, key, json_object_new_int64(value));
}

void fb_json_add_number(struct json_object *to, const char *key, double value)
{
	char text[32];

	snprintf(text, sizeof(text), "%.6g", value);
	json_object_object_add(to, key, json_object_new_double_s(strtod(text, NULL), text));
}

void fb_json_put(struct json_object *root)
{
	puts(json_object_to_json_string_ext(root, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(root);
}
