/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/fit.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

/* Serve all who want no more than an equal share of what is left; true if there was one. */
static bool serve_small(size_t *lines, const size_t *wanted, size_t count, size_t *given, size_t *open)
{
	size_t share = *open ? *lines / *open : 0;
	bool served = false;

	for (size_t i = 0; i < count; i++) {
		if (given[i] != (size_t)-1 || wanted[i] > share)
			continue;
		given[i] = wanted[i];
		*lines -= wanted[i];
		(*open)--;
		served = true;
	}
	return served;
}

void fb_fit_share(size_t lines, const size_t *wanted, size_t count, size_t *given)
{
	size_t open = count;

	for (size_t i = 0; i < count; i++)
		given[i] = (size_t)-1;
	while (open && serve_small(&lines, wanted, count, given, &open))
		continue;
	for (size_t i = 0; i < count; i++) {
		if (given[i] != (size_t)-1)
			continue;
		given[i] = lines / open + (lines % open != 0);
		lines -= given[i];
		open--;
	}
}

size_t fb_fit_width(const char *line, size_t columns)
{
	size_t bytes = 0, used = 0, left = strcspn(line, "\n");
	mbstate_t state = { 0 };

	while (left) {
		wchar_t wide;
		size_t length = mbrtowc(&wide, line + bytes, left, &state);
		int width;

		if (length == (size_t)-1 || length == (size_t)-2 || length == 0) {
			length = 1;
			width = 1;
			state = (mbstate_t){ 0 };
		} else if ((width = wcwidth(wide)) < 0) {
			width = 1;
		}
		if (used + (size_t)width > columns)
			break;
		used += (size_t)width;
		bytes += length;
		left -= length;
	}
	return bytes;
}
