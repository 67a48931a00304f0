/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Syntax of --image. A Docker reference is [docker://][HOST[:PORT]/]PATH[:TAG][@sha256:HEX], with the
 * grammar of the OCI distribution specification (name components [a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*,
 * tag [a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}); enroot's form separates the host by '#'. '@NAME' is a named image.
 */
#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "common/name.h"
#include "common/option_value.h"

#define IMAGE_TAG_MAX 128
#define IMAGE_PATH_MAX 255

static bool lower_or_digit(char c)
{
	return islower((unsigned char)c) || isdigit((unsigned char)c);
}

static bool component_valid(const char *text, size_t length)
{
	if (!length || !lower_or_digit(text[0]) || !lower_or_digit(text[length - 1]))
		return false;
	for (size_t i = 1; i < length; i++)
		if (!lower_or_digit(text[i]) && !strchr("._-", text[i]))
			return false;
	return true;
}

static bool path_valid(const char *text, size_t length)
{
	if (!length || length > IMAGE_PATH_MAX)
		return false;
	for (size_t start = 0; start <= length;) {
		const char *slash = memchr(text + start, '/', length - start);
		size_t end = slash ? (size_t)(slash - text) : length;

		if (!component_valid(text + start, end - start))
			return false;
		start = end + 1;
	}
	return true;
}

static bool host_valid(const char *text, size_t length)
{
	if (!length)
		return false;
	for (size_t i = 0; i < length; i++)
		if (!isalnum((unsigned char)text[i]) && !strchr(".-:[]", text[i]))
			return false;
	return true;
}

static bool tag_valid(const char *text, size_t length)
{
	if (!length || length > IMAGE_TAG_MAX || strchr(".-", text[0]))
		return false;
	for (size_t i = 0; i < length; i++)
		if (!isalnum((unsigned char)text[i]) && !strchr("._-", text[i]))
			return false;
	return true;
}

static bool digest_valid(const char *text)
{
	return !strncmp(text, "sha256:", 7) && strlen(text + 7) == 64 && strspn(text + 7, "0123456789abcdef") == 64;
}

/* The part before the first '/' is a host if it looks like one, as Docker decides it. */
static size_t host_length(const char *ref)
{
	const char *hash = strchr(ref, '#'), *slash = strchr(ref, '/');

	if (hash)
		return (size_t)(hash - ref);
	if (!slash)
		return 0;
	size_t length = (size_t)(slash - ref);
	bool host = memchr(ref, '.', length) || memchr(ref, ':', length) ||
		    (length == 9 && !strncmp(ref, "localhost", 9));
	return host ? length : 0;
}

static int check_reference(const char *ref, struct fb_err *err)
{
	if (!strncmp(ref, "docker://", 9))
		ref += 9;
	size_t host = host_length(ref);
	if (*ref == '#' || (host && !host_valid(ref, host)))
		return fb_err_set(err, "not a valid registry name");
	const char *path = ref + host + (host ? 1 : 0);
	const char *digest = strchr(path, '@');
	size_t length = digest ? (size_t)(digest - path) : strlen(path);
	const char *tag = memchr(path, ':', length);

	if (digest && !digest_valid(digest + 1))
		return fb_err_set(err, "the digest must be sha256: and 64 hexadecimal digits");
	if (tag && !tag_valid(tag + 1, length - (size_t)(tag - path) - 1))
		return fb_err_set(err, "the tag must have at most 128 letters, digits, '.', '_' and '-'");
	if (!path_valid(path, tag ? (size_t)(tag - path) : length))
		return fb_err_set(err, "a repository's name has lower-case letters, digits, '.', '_', '-' and '/'");
	return 0;
}

int fb_value_check_image(const char *value, struct fb_err *err)
{
	size_t length = strlen(value);

	if (*value == '@') {
		const char *slash = strchr(value, '/');
		const char *name = slash ? slash + 1 : value + 1;
		if (!fb_name_valid(name, strlen(name)) || (slash && !fb_name_valid(value + 1, (size_t)(slash - value) - 1)))
			return fb_err_set(err, "@NAME, @shared/NAME or @WORKSPACE/NAME is expected");
		return 0;
	}
	if (*value == '/' || *value == '.') {
		if (length < 6 || strcmp(value + length - 5, ".sqsh"))
			return fb_err_set(err, "a path to an image must end in .sqsh");
		return 0;
	}
	if (!*value)
		return fb_err_set(err, "empty: an image is needed");
	return check_reference(value, err);
}
