/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The texts that hints are made from and leave behind: lists of GPUs, and FLIGHTBASE_SET. */
#include "topology/hints.h"

#include <stdio.h>
#include <string.h>

int fb_gpuset_parse(const char *text, fb_gpuset *set)
{
	fb_gpuset read = 0;

	for (;;) {
		unsigned int gpu = 0;

		if (*text < '0' || *text > '9')
			return -1;
		for (; *text >= '0' && *text <= '9'; text++) {
			gpu = gpu * 10 + (unsigned int)(*text - '0');
			if (gpu >= FB_ENGINE_GPUS_MAX)
				return -1;
		}
		read |= (fb_gpuset)(1u << gpu);
		if (!*text)
			break;
		if (*text++ != ',')
			return -1;
	}
	*set = read;
	return 0;
}

void fb_gpuset_text(fb_gpuset set, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (unsigned int i = 0; i < FB_ENGINE_GPUS_MAX && used < size; i++)
		if (set >> i & 1)
			used += (size_t)snprintf(text + used, size - used, "%s%u", used ? "," : "", i);
}

bool fb_hints_set_has(const char *set, const char *name, const char *value)
{
	size_t name_length = strlen(name), value_length = strlen(value);

	while (*set) {
		size_t length = strcspn(set, ";");

		if (length == name_length + 1 + value_length && !strncmp(set, name, name_length) && set[name_length] == '=' &&
		    !strncmp(set + name_length + 1, value, value_length))
			return true;
		set += length + (set[length] == ';');
	}
	return false;
}

void fb_hints_set_add(char *set, size_t size, const char *name, const char *value)
{
	size_t used = strlen(set);

	if (used + strlen(name) + strlen(value) + sizeof(";=") > size)
		return;
	snprintf(set + used, size - used, "%s%s=%s", used ? ";" : "", name, value);
}
