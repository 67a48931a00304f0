/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/json.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/json_scan.h"

static size_t line_of(const struct fb_json_doc *doc, size_t offset)
{
	size_t line = 1;

	for (size_t i = 0; i < offset && i < doc->size; i++)
		line += doc->text[i] == '\n';
	return line;
}

static int doc_check(struct fb_json_doc *doc, struct fb_err *err)
{
	struct json_tokener *tokener = json_tokener_new_ex(FB_JSON_DEPTH_MAX);
	size_t offset;

	if (!tokener)
		return fb_err_set(err, "%s: out of memory", doc->name);
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	doc->root = json_tokener_parse_ex(tokener, doc->text, (int)doc->size + 1);
	enum json_tokener_error fault = json_tokener_get_error(tokener);
	offset = json_tokener_get_parse_end(tokener);
	json_tokener_free(tokener);
	if (fault == json_tokener_continue || (fault == json_tokener_error_parse_eof && offset >= doc->size))
		return fb_err_set(err, "%s:%zu: the file ends in the middle of a value", doc->name,
				  line_of(doc, doc->size));
	if (fault != json_tokener_success)
		return fb_err_set(err, "%s:%zu: not valid JSON: %s", doc->name, line_of(doc, offset),
				  json_tokener_error_desc(fault));
	for (size_t i = offset; i < doc->size; i++)
		if (!strchr(" \t\r\n", doc->text[i]) || !doc->text[i])
			return fb_err_set(err, "%s:%zu: text after the end of the value", doc->name, line_of(doc, i));
	if (!doc->root)
		return fb_err_set(err, "%s:1: null where an object was expected", doc->name);
	char key[FB_JSON_SCAN_KEY_MAX];
	if (fb_json_scan_duplicate(doc->text, doc->size, &offset, key, sizeof(key)))
		return fb_err_set(err, "%s:%zu: key '%s' appears twice", doc->name, line_of(doc, offset), key);
	return 0;
}

int fb_json_doc_parse(struct fb_json_doc *doc, const char *name, const char *text, size_t size,
		      struct fb_err *err)
{
	*doc = (struct fb_json_doc){ .size = size };
	doc->name = strdup(name);
	doc->text = malloc(size + 1);
	if (!doc->name || !doc->text) {
		fb_json_doc_free(doc);
		return fb_err_set(err, "%s: out of memory", name);
	}
	memcpy(doc->text, text, size);
	doc->text[size] = '\0';
	if (doc_check(doc, err)) {
		fb_json_doc_free(doc);
		errno = EINVAL;
		return -1;
	}
	return 0;
}

/* Read all of an open file into a new buffer; the caller frees it. */
static char *read_all(int fd, size_t size)
{
	char *text = malloc(size + 1);
	size_t done = 0;

	while (text && done < size) {
		ssize_t got = read(fd, text + done, size - done);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			int saved = got ? errno : EAGAIN; /* EAGAIN: it shrank while it was read */

			free(text);
			errno = saved;
			return NULL;
		}
		done += (size_t)got;
	}
	return text;
}

/* Read an open file; errno is EINVAL when its content is at fault, else what the system said. */
static int doc_read_open(struct fb_json_doc *doc, int fd, const char *path, size_t size_max, struct fb_err *err)
{
	struct stat st;

	if (fstat(fd, &st))
		return fb_err_set(err, "%s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size > size_max) {
		errno = EINVAL;
		if (!S_ISREG(st.st_mode))
			return fb_err_set(err, "%s: not a regular file", path);
		return fb_err_set(err, "%s: %" PRIu64 " bytes; at most %zu are read", path, (uint64_t)st.st_size, size_max);
	}
	char *text = read_all(fd, (size_t)st.st_size);
	if (!text)
		return fb_err_set(err, "%s: %s", path, strerror(errno));
	int rc = fb_json_doc_parse(doc, path, text, (size_t)st.st_size, err);
	free(text);
	if (rc)
		errno = EINVAL;
	return rc;
}

int fb_json_doc_read(struct fb_json_doc *doc, const char *path, size_t size_max, struct fb_err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	*doc = (struct fb_json_doc){ 0 };
	if (fd < 0)
		return fb_err_set(err, "%s: %s", path, strerror(errno));
	int rc = doc_read_open(doc, fd, path, size_max, err), saved = errno;
	close(fd);
	errno = saved;
	return rc;
}

void fb_json_doc_free(struct fb_json_doc *doc)
{
	json_object_put(doc->root);
	free(doc->text);
	free(doc->name);
	*doc = (struct fb_json_doc){ 0 };
}

struct fb_json fb_json_root(const struct fb_json_doc *doc)
{
	return (struct fb_json){ .doc = doc, .value = doc->root };
}

bool fb_json_member(const struct fb_json *at, const char *key, struct fb_json *member)
{
	struct json_object *value;

	if (!json_object_is_type(at->value, json_type_object) || !json_object_object_get_ex(at->value, key, &value))
		return false;
	*member = (struct fb_json){ .doc = at->doc, .value = value, .parent = at, .key = key };
	return true;
}

struct fb_json fb_json_element(const struct fb_json *at, size_t index)
{
	return (struct fb_json){ .doc = at->doc,
				 .value = json_object_array_get_idx(at->value, index),
				 .parent = at,
				 .index = index };
}

size_t fb_json_length(const struct fb_json *at)
{
	return json_object_array_length(at->value);
}

/* The way from the root to a cursor, as steps for the scanner and as text ("types.dgx1v.links[2]"). */
static size_t cursor_steps(const struct fb_json *at, struct fb_json_step *steps, char *path, size_t path_size)
{
	size_t count = 0, used = 0;

	for (const struct fb_json *c = at; c->parent && count < FB_JSON_DEPTH_MAX; c = c->parent)
		count++;
	const struct fb_json *c = at;
	for (size_t i = count; i > 0; i--, c = c->parent)
		steps[i - 1] = (struct fb_json_step){ .key = c->key, .index = c->index };
	path[0] = '\0';
	for (size_t i = 0; i < count && used < path_size; i++) {
		int n = steps[i].key ? snprintf(path + used, path_size - used, "%s%.64s", i ? "." : "", steps[i].key) :
				       snprintf(path + used, path_size - used, "[%zu]", steps[i].index);
		used += n > 0 ? (size_t)n : 0;
	}
	return count;
}

int fb_json_error(const struct fb_json *at, struct fb_err *err, const char *format, ...)
{
	struct fb_json_step steps[FB_JSON_DEPTH_MAX] = { 0 };
	char path[256], text[FB_ERR_TEXT_MAX];
	size_t count = cursor_steps(at, steps, path, sizeof(path));
	size_t offset = fb_json_scan_find(at->doc->text, at->doc->size, steps, count);
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return fb_err_set(err, "%s:%zu: %s%s%s", at->doc->name, line_of(at->doc, offset), path,
			  count ? ": " : "", text);
}

static int need_type(const struct fb_json *at, enum json_type type, const char *what, struct fb_err *err)
{
	if (json_object_is_type(at->value, type))
		return 0;
	return fb_json_error(at, err, "%s expected, found %s", what, json_type_to_name(json_object_get_type(at->value)));
}

int fb_json_need_member(const struct fb_json *at, const char *key, struct fb_json *member, struct fb_err *err)
{
	if (fb_json_member(at, key, member))
		return 0;
	return fb_json_error(at, err, "key '%s' is missing", key);
}

int fb_json_need_object(const struct fb_json *at, const char *const *keys, struct fb_err *err)
{
	if (need_type(at, json_type_object, "an object", err))
		return -1;
	json_object_object_foreach(at->value, key, value)
	{
		const char *const *known = keys;

		while (known && *known && strcmp(*known, key))
			known++;
		if (known && !*known) {
			struct fb_json member = { .doc = at->doc, .value = value, .parent = at, .key = key };
			return fb_json_error(&member, err, "unknown key");
		}
	}
	return 0;
}

int fb_json_need_array(const struct fb_json *at, size_t min, size_t max, struct fb_err *err)
{
	if (need_type(at, json_type_array, "an array", err))
		return -1;
	size_t length = fb_json_length(at);
	if (length < min || length > max)
		return fb_json_error(at, err, "%zu elements; %zu to %zu are allowed", length, min, max);
	return 0;
}

int fb_json_need_string(const struct fb_json *at, size_t length_max, const char **text, struct fb_err *err)
{
	if (need_type(at, json_type_string, "a string", err))
		return -1;
	const char *s = json_object_get_string(at->value);
	size_t length = (size_t)json_object_get_string_len(at->value);
	if (strlen(s) != length)
		return fb_json_error(at, err, "a NUL character in the string");
	if (length > length_max)
		return fb_json_error(at, err, "%zu characters; at most %zu are allowed", length, length_max);
	*text = s;
	return 0;
}

int fb_json_need_int(const struct fb_json *at, int64_t min, int64_t max, int64_t *value, struct fb_err *err)
{
	if (need_type(at, json_type_int, "a whole number", err))
		return -1;
	errno = 0;
	int64_t v = json_object_get_int64(at->value);
	if (errno == ERANGE || v < min || v > max)
		return fb_json_error(at, err, "%s is outside %" PRId64 " to %" PRId64,
				     json_object_get_string(at->value), min, max);
	*value = v;
	return 0;
}

int fb_json_need_double(const struct fb_json *at, double min, double max, double *value, struct fb_err *err)
{
	if (!json_object_is_type(at->value, json_type_int) && need_type(at, json_type_double, "a number", err))
		return -1;
	double v = json_object_get_double(at->value);
	if (!(v >= min && v <= max))
		return fb_json_error(at, err, "%g is outside %g to %g", v, min, max);
	*value = v;
	return 0;
}

int fb_json_need_bool(const struct fb_json *at, bool *value, struct fb_err *err)
{
	if (need_type(at, json_type_boolean, "true or false", err))
		return -1;
	*value = json_object_get_boolean(at->value);
	return 0;
}
