/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/number.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

int fb_number_parse(const char *text, int64_t min, int64_t max, int64_t *value, struct fb_err *err)
{
	const char *digits = text + (*text == '-');
	char *end;

	if (!*digits || strspn(digits, "0123456789") != strlen(digits))
		return fb_err_set(err, "'%.40s' is not a whole number", text);
	errno = 0;
	long long v = strtoll(text, &end, 10);
	if (errno == ERANGE || v < min || v > max)
		return fb_err_set(err, "%.40s is outside %" PRId64 " to %" PRId64, text, min, max);
	*value = v;
	return 0;
}
