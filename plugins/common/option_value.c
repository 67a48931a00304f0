/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/option_value.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/name.h"
#include "common/number.h"

static int check_word(const char *value, const char *const *words, const char *allowed, struct fb_err *err)
{
	for (; *words; words++)
		if (!strcmp(value, *words))
			return 0;
	return fb_err_set(err, "unknown: %s are allowed", allowed);
}

int fb_value_check_training(const char *value, struct fb_err *err)
{
	return check_word(value, (const char *const[]){ "advanced", "builtin", "jupyter", NULL },
			  "advanced, builtin and jupyter", err);
}

int fb_value_check_share(const char *value, struct fb_err *err)
{
	return check_word(value, (const char *const[]){ "run", "edit", NULL }, "run and edit", err);
}

int fb_value_check_wires(const char *value, struct fb_err *err)
{
	return check_word(value, (const char *const[]){ "prefer", "require", "off", NULL }, "prefer, require and off", err);
}

int fb_value_check_parallel(const char *value, struct fb_err *err)
{
	int64_t n;

	return fb_number_parse(value, 1, 1000000, &n, err);
}

int fb_value_check_percent(const char *value, struct fb_err *err)
{
	int64_t n;

	return fb_number_parse(value, 1, 100, &n, err);
}

unsigned int fb_value_percent(const char *value, unsigned int otherwise)
{
	int64_t n;

	return !value || fb_number_parse(value, 1, 100, &n, NULL) ? otherwise : (unsigned int)n;
}

int fb_value_check_minutes(const char *value, struct fb_err *err)
{
	int64_t n;

	return fb_number_parse(value, 1, 7 * 24 * 60, &n, err);
}

/* Parse the first length bytes as a number. */
static int check_number_part(const char *text, size_t length, int64_t max, struct fb_err *err)
{
	char digits[32];
	int64_t n;

	if (length >= sizeof(digits))
		return fb_err_set(err, "not a whole number");
	memcpy(digits, text, length);
	digits[length] = '\0';
	return fb_number_parse(digits, 0, max, &n, err);
}

int fb_value_check_sample(const char *value, struct fb_err *err)
{
	const char *colon = strchr(value, ':');
	size_t length = colon ? (size_t)(colon - value) : strlen(value);

	if (check_number_part(value, length, 1000000, err) ||
	    (colon && check_number_part(colon + 1, strlen(colon + 1), UINT32_MAX, err)))
		return -1;
	if (length == 1 && *value == '0')
		return fb_err_set(err, "0 sets: at least 1 is needed");
	return 0;
}

int fb_value_check_signal(const char *value, struct fb_err *err)
{
	const char *at = strchr(value, '@');
	size_t length = at ? (size_t)(at - value) : 0;
	const char *name = value;

	if (!at || !length)
		return fb_err_set(err, "SIG@SECONDS is expected, for example USR1@120");
	if (length > 3 && !strncasecmp(name, "SIG", 3)) {
		name += 3;
		length -= 3;
	}
	static const char *const names[] = { "HUP", "INT", "USR1", "USR2", "TERM", "CONT", NULL };
	bool known = false;
	for (size_t i = 0; names[i]; i++)
		known |= strlen(names[i]) == length && !strncasecmp(names[i], name, length);
	if (!known)
		return fb_err_set(err, "unknown signal: HUP, INT, USR1, USR2, TERM and CONT are allowed");
	return check_number_part(at + 1, strlen(at + 1), 65535, err);
}

/* NAME=VALUE,VALUE[;NAME=...]; the values may hold anything but ';' and ','. */
static int check_params_term(const char *term, size_t length, struct fb_err *err)
{
	const char *equals = memchr(term, '=', length);
	size_t name = equals ? (size_t)(equals - term) : 0;

	if (!equals || !name)
		return fb_err_set(err, "NAME=VALUE,VALUE expected in each part between ';'");
	for (size_t i = 0; i < name; i++)
		if (!(isalpha((unsigned char)term[i]) || term[i] == '_' || (i && isdigit((unsigned char)term[i]))))
			return fb_err_set(err, "a parameter's name has letters, digits and '_' only");
	if (name + 1 == length)
		return fb_err_set(err, "parameter '%.*s' has no value", (int)(name < 64 ? name : 64), term);
	return 0;
}

int fb_value_check_params(const char *value, struct fb_err *err)
{
	if (!*value)
		return fb_err_set(err, "empty: NAME=VALUE,VALUE;... or @FILE is expected");
	if (*value == '@')
		return value[1] ? 0 : fb_err_set(err, "a file's name is expected behind '@'");
	for (const char *term = value; term;) {
		const char *end = strchr(term, ';');

		if (check_params_term(term, end ? (size_t)(end - term) : strlen(term), err))
			return -1;
		term = end ? end + 1 : NULL;
	}
	return 0;
}

/* [shared/]NAME[@VERSION][:ro|:rw] */
static int check_dataset(const char *text, size_t length, struct fb_err *err)
{
	const char *colon = memchr(text, ':', length);

	if (colon) {
		size_t mode = length - (size_t)(colon - text) - 1;
		if (mode != 2 || (strncmp(colon + 1, "ro", 2) && strncmp(colon + 1, "rw", 2)))
			return fb_err_set(err, "only :ro and :rw may stand behind a dataset's name");
		length = (size_t)(colon - text);
	}
	const char *at = memchr(text, '@', length);
	if (at) {
		if (check_number_part(at + 1, length - (size_t)(at - text) - 1, 1000000, err))
			return fb_err_prefix(err, "version");
		length = (size_t)(at - text);
	}
	if (length > 7 && !strncmp(text, "shared/", 7)) {
		text += 7;
		length -= 7;
	}
	if (!fb_name_valid(text, length))
		return fb_err_set(err, "NAME[@VERSION][:ro|:rw] is expected, in lower case");
	return 0;
}

int fb_value_check_datasets(const char *value, struct fb_err *err)
{
	for (const char *text = value; text;) {
		const char *end = strchr(text, ',');

		if (check_dataset(text, end ? (size_t)(end - text) : strlen(text), err))
			return -1;
		text = end ? end + 1 : NULL;
	}
	return 0;
}
