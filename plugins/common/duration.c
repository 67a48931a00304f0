/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/duration.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PART_MAX 1000000ul

/* The whole numbers between ':'; returns how many there are, 0 if it is anything else. */
static size_t read_parts(const char *text, unsigned long part[3])
{
	size_t count = 0;

	for (;;) {
		size_t digits = strspn(text, "0123456789");

		if (count == 3 || digits < 1 || digits > 7)
			return 0;
		part[count] = strtoul(text, NULL, 10);
		if (part[count++] > PART_MAX)
			return 0;
		text += digits;
		if (!*text)
			return count;
		if (*text++ != ':')
			return 0;
	}
}

int fb_duration_parse(const char *text, uint32_t *minutes, struct fb_err *err)
{
	const char *dash = strchr(text, '-');
	unsigned long days[3] = { 0 }, part[3] = { 0 };
	char before[16] = "";
	size_t count = read_parts(dash ? dash + 1 : text, part);
	uint64_t seconds;

	if (dash && (size_t)(dash - text) < sizeof(before))
		memcpy(before, text, (size_t)(dash - text));
	if (!count || (dash && read_parts(before, days) != 1))
		return fb_err_set(err, "'%.40s' is not a length of time: MINUTES, HH:MM:SS, D-HH or D-HH:MM:SS is expected", text);
	if (dash)
		seconds = days[0] * 86400 + part[0] * 3600 + part[1] * 60 + part[2];
	else if (count == 3)
		seconds = part[0] * 3600 + part[1] * 60 + part[2];
	else
		seconds = part[0] * 60 + part[1];
	if (seconds < 1 || seconds > (uint64_t)FB_DURATION_MAX * 60)
		return fb_err_set(err, "'%.40s' is outside 1 minute to 366 days", text);
	*minutes = (uint32_t)((seconds + 59) / 60);
	return 0;
}

void fb_duration_format(uint32_t minutes, char *text, size_t size)
{
	uint32_t days = minutes / 1440, hours = minutes / 60 % 24;

	if (days)
		snprintf(text, size, "%u-%02u:%02u:00", days, hours, minutes % 60);
	else
		snprintf(text, size, "%02u:%02u:00", hours, minutes % 60);
}
