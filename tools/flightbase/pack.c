/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/pack.h"

#include <string.h>

struct fb_unpacker fb_unpack_open(struct json_object *array)
{
	return (struct fb_unpacker){ .array = array, .bad = !json_object_is_type(array, json_type_array) };
}

static struct json_object *next(struct fb_unpacker *reader, enum json_type type)
{
	struct json_object *value = NULL;

	if (!reader->bad && reader->next < json_object_array_length(reader->array))
		value = json_object_array_get_idx(reader->array, reader->next++);
	if (!value || !json_object_is_type(value, type))
		reader->bad = true;
	return reader->bad ? NULL : value;
}

int64_t fb_unpack_int(struct fb_unpacker *reader, int64_t min, int64_t max)
{
	struct json_object *value = next(reader, json_type_int);
	int64_t number = value ? json_object_get_int64(value) : 0;

	if (value && (number < min || number > max))
		reader->bad = true;
	return reader->bad ? 0 : number;
}

bool fb_unpack_bool(struct fb_unpacker *reader)
{
	struct json_object *value = next(reader, json_type_boolean);

	return value && json_object_get_boolean(value);
}

char *fb_unpack_text(struct fb_unpacker *reader)
{
	struct json_object *value = next(reader, json_type_string);
	char *text = NULL;

	/* A text with a NUL inside is none of ours. */
	if (value && json_object_get_string_len(value) <= FB_PACK_TEXT_MAX &&
	    strlen(json_object_get_string(value)) == (size_t)json_object_get_string_len(value))
		text = strdup(json_object_get_string(value));
	if (!text)
		reader->bad = true;
	return text;
}

struct json_object *fb_unpack_array(struct fb_unpacker *reader)
{
	return next(reader, json_type_array);
}

bool fb_unpack_done(const struct fb_unpacker *reader)
{
	return !reader->bad && reader->next == json_object_array_length(reader->array);
}

bool fb_pack(struct json_object *array, struct json_object *value)
{
	if (value && !json_object_array_add(array, value))
		return true;
	json_object_put(value);
	return false;
}

bool fb_pack_int(struct json_object *array, int64_t value)
{
	return fb_pack(array, json_object_new_int64(value));
}

bool fb_pack_bool(struct json_object *array, bool value)
{
	return fb_pack(array, json_object_new_boolean(value));
}

bool fb_pack_text(struct json_object *array, const char *text)
{
	return fb_pack(array, json_object_new_string(text));
}
