/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * JSON files with errors that name file, line and key.
 *
 * A document is parsed strictly by json-c (no comments, no duplicate keys, no text after the value,
 * depth at most FB_JSON_DEPTH_MAX). A cursor is a value of it together with the way that led there; it
 * lives on the stack and points at its parent cursor, so it must not outlive it. json-c keeps no
 * positions, so the line of a key is looked up in the text, only when an error needs it.
 */
#ifndef FB_COMMON_JSON_H
#define FB_COMMON_JSON_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

#define FB_JSON_DEPTH_MAX 16

struct fb_json_doc {
	char *name; /* for messages: the file's path */
	char *text;
	size_t size;
	struct json_object *root;
};

struct fb_json {
	const struct fb_json_doc *doc;
	struct json_object *value;
	const struct fb_json *parent; /* NULL at the root */
	const char *key;	      /* of an object's member, else NULL */
	size_t index;		      /* of an array's element */
};

/*
 * Read and parse a regular file of at most size_max bytes, or parse text that the caller has (copied).
 * Return 0, or -1 with err set and errno, EINVAL if the content is at fault (ENOENT: the file is not there);
 * doc is then empty.
 * fb_json_doc_free releases what a successful call made.
 */
int fb_json_doc_read(struct fb_json_doc *doc, const char *path, size_t size_max, struct fb_err *err);
int fb_json_doc_parse(struct fb_json_doc *doc, const char *name, const char *text, size_t size,
		      struct fb_err *err);
void fb_json_doc_free(struct fb_json_doc *doc);

struct fb_json fb_json_root(const struct fb_json_doc *doc);

/* Members and elements. fb_json_member returns false if the object has no such key. */
bool fb_json_member(const struct fb_json *at, const char *key, struct fb_json *member);
struct fb_json fb_json_element(const struct fb_json *at, size_t index);
size_t fb_json_length(const struct fb_json *at); /* elements of an array */

/* Write "FILE:LINE: KEY: TEXT" and return -1. */
int fb_json_error(const struct fb_json *at, struct fb_err *err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Checks; each returns 0, or -1 with err set. Outputs are written only on success. */
int fb_json_need_member(const struct fb_json *at, const char *key, struct fb_json *member, struct fb_err *err);
int fb_json_need_object(const struct fb_json *at, const char *const *keys, struct fb_err *err); /* NULL-ended list of the
						keys that are known; NULL: any key */
int fb_json_need_array(const struct fb_json *at, size_t min, size_t max, struct fb_err *err);
int fb_json_need_string(const struct fb_json *at, size_t length_max, const char **text, struct fb_err *err);
int fb_json_need_int(const struct fb_json *at, int64_t min, int64_t max, int64_t *value, struct fb_err *err);
int fb_json_need_double(const struct fb_json *at, double min, double max, double *value, struct fb_err *err);
int fb_json_need_bool(const struct fb_json *at, bool *value, struct fb_err *err);

#endif
