/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/name.h"

#include <string.h>

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

static bool made_of(const char *text, size_t length, const char *first, const char *rest)
{
	if (length == 0 || length > FB_NAME_MAX || !memchr(first, text[0], strlen(first)))
		return false;
	for (size_t i = 1; i < length; i++)
		if (!memchr(rest, text[i], strlen(rest)))
			return false;
	return true;
}

static int refuse(const char *name, const char *grammar, struct fb_err *err)
{
	if (!*name)
		return fb_err_set(err, "empty: a name is needed");
	if (strlen(name) > FB_NAME_MAX)
		return fb_err_set(err, "%zu characters long: at most %d are allowed", strlen(name), FB_NAME_MAX);
	return fb_err_set(err, "not a valid name: %s", grammar);
}

bool fb_name_valid(const char *text, size_t length)
{
	return made_of(text, length, LOWER DIGITS, LOWER DIGITS "-");
}

int fb_name_check(const char *name, struct fb_err *err)
{
	if (fb_name_valid(name, strlen(name)))
		return 0;
	return refuse(name, "lower-case letters, digits and '-', starting with a letter or digit, are allowed", err);
}

int fb_name_check_training(const char *name, struct fb_err *err)
{
	if (made_of(name, strlen(name), LOWER UPPER DIGITS, LOWER UPPER DIGITS "._-"))
		return 0;
	return refuse(name, "letters, digits, '.', '_' and '-', starting with a letter or digit, are allowed", err);
}

int fb_name_check_group(const char *name, struct fb_err *err)
{
	if (made_of(name, strlen(name), LOWER UPPER DIGITS "_", LOWER UPPER DIGITS "_.@$-"))
		return 0;
	return refuse(name, "letters, digits, '_', '.', '-', '@' and '$', starting with a letter, digit or '_', are allowed", err);
}
