/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/json_scan.h"

#include <json-c/json.h>
#include <string.h>

#include "common/json.h"

/* The text was accepted by json-c, so the scanner only has to follow it; it never reads past size. */
struct scan {
	const char *text;
	size_t size, at;
};

static char peek(struct scan *s)
{
	while (s->at < s->size && strchr(" \t\r\n,:", s->text[s->at]) && s->text[s->at])
		s->at++;
	return s->at < s->size ? s->text[s->at] : '\0';
}

/* Pass a string; its text between the quotes, escapes unresolved, is [*start, *start + *length). */
static void pass_string(struct scan *s, size_t *start, size_t *length)
{
	*start = ++s->at;
	while (s->at < s->size && s->text[s->at] != '"')
		s->at += s->text[s->at] == '\\' ? 2 : 1;
	if (s->at > s->size)
		s->at = s->size;
	*length = s->at - *start;
	s->at += s->at < s->size;
}

static void pass_scalar(struct scan *s)
{
	size_t start, length;

	if (s->text[s->at] == '"') {
		pass_string(s, &start, &length);
		return;
	}
	size_t before = s->at;
	while (s->at < s->size && !strchr(" \t\r\n,:]}[{\"", s->text[s->at]))
		s->at++;
	s->at += s->at == before; /* never stand still */
}

static void pass_value(struct scan *s)
{
	size_t depth = 0;

	do {
		char c = peek(s);

		if (!c)
			return;
		if (c == '{' || c == '[') {
			depth++;
			s->at++;
		} else if (c == '}' || c == ']') {
			depth -= depth > 0;
			s->at++;
		} else {
			pass_scalar(s);
		}
	} while (depth);
}

/* Write the key with its escapes resolved by json-c itself. */
static struct json_object *key_object(const struct scan *s, size_t start, size_t length)
{
	struct json_tokener *tokener = json_tokener_new();
	struct json_object *key = NULL;

	if (tokener && start > 0 && start + length < s->size)
		key = json_tokener_parse_ex(tokener, s->text + start - 1, (int)length + 2);
	if (tokener)
		json_tokener_free(tokener);
	return key;
}

static bool key_equals(const struct scan *s, size_t start, size_t length, const char *want)
{
	if (!memchr(s->text + start, '\\', length))
		return strlen(want) == length && !memcmp(s->text + start, want, length);
	struct json_object *key = key_object(s, start, length);
	bool same = key && !strcmp(json_object_get_string(key), want);
	json_object_put(key);
	return same;
}

/* At '{': move to the value of a member. Its key's offset, or false when it is not there. */
static bool enter_member(struct scan *s, const char *want, size_t *key_at)
{
	s->at++;
	while (peek(s) == '"') {
		size_t key_start = s->at, start, length;

		pass_string(s, &start, &length);
		peek(s);
		if (key_equals(s, start, length, want)) {
			*key_at = key_start;
			return true;
		}
		pass_value(s);
	}
	return false;
}

static bool enter_element(struct scan *s, size_t index, size_t *value_at)
{
	s->at++;
	for (size_t i = 0; peek(s) && peek(s) != ']'; i++) {
		if (i == index) {
			*value_at = s->at;
			return true;
		}
		pass_value(s);
	}
	return false;
}

size_t fb_json_scan_find(const char *text, size_t size, const struct fb_json_step *steps, size_t count)
{
	struct scan s = { .text = text, .size = size };
	size_t found = 0;

	peek(&s);
	found = s.at;
	for (size_t i = 0; i < count; i++) {
		char c = peek(&s);
		bool entered = steps[i].key ? c == '{' && enter_member(&s, steps[i].key, &found) :
					      c == '[' && enter_element(&s, steps[i].index, &found);
		if (!entered)
			break;
	}
	return found;
}

/* One set of keys per open object; NULL for an open array. */
struct open_objects {
	struct json_object *keys[FB_JSON_DEPTH_MAX + 1];
	size_t depth;
};

static bool add_key(struct open_objects *open, struct scan *s, char *name, size_t name_size)
{
	size_t start, length;

	pass_string(s, &start, &length);
	struct json_object *set = open->depth ? open->keys[open->depth - 1] : NULL;
	struct json_object *key = set ? key_object(s, start, length) : NULL;
	bool twice = key && json_object_object_get_ex(set, json_object_get_string(key), NULL);
	if (key && !twice)
		json_object_object_add(set, json_object_get_string(key), NULL);
	if (twice) {
		size_t n = length < name_size - 1 ? length : name_size - 1;
		memcpy(name, s->text + start, n);
		name[n] = '\0';
	}
	json_object_put(key);
	return twice;
}

bool fb_json_scan_duplicate(const char *text, size_t size, size_t *offset, char *key, size_t key_size)
{
	struct scan s = { .text = text, .size = size };
	struct open_objects open = { .depth = 0 };
	bool twice = false, expect_key = false;

	for (char c; !twice && (c = peek(&s));) {
		if (c == '{' || c == '[') {
			if (open.depth > FB_JSON_DEPTH_MAX)
				break;
			open.keys[open.depth++] = c == '{' ? json_object_new_object() : NULL;
			s.at++;
		} else if (c == '}' || c == ']') {
			if (open.depth)
				json_object_put(open.keys[--open.depth]);
			s.at++;
		} else if (c == '"' && expect_key) {
			*offset = s.at;
			twice = add_key(&open, &s, key, key_size);
			expect_key = false;
			continue;
		} else {
			pass_scalar(&s);
		}
		expect_key = open.depth && open.keys[open.depth - 1];
	}
	while (open.depth)
		json_object_put(open.keys[--open.depth]);
	return twice;
}
