/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "coll/tool/size.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include "common/number.h"

int fb_size_parse(const char *text, size_t *bytes, struct fb_err *err)
{
	static const char suffixes[] = "KMGT";
	char digits[32];
	size_t length = strlen(text);
	unsigned shift = 0;
	int64_t number;

	if (!length || length >= sizeof(digits))
		return fb_err_set(err, "'%.40s' is not a size: a number and K, M, G or T is expected", text);
	memcpy(digits, text, length + 1);
	const char *suffix = strchr(suffixes, toupper((unsigned char)digits[length - 1]));
	if (suffix && length > 1) {
		shift = 10 * (unsigned)(suffix - suffixes + 1);
		digits[length - 1] = '\0';
	}
	if (fb_number_parse(digits, 0, PTRDIFF_MAX >> shift, &number, err))
		return fb_err_prefix(err, "size '%.40s'", text);
	*bytes = (size_t)number << shift;
	return 0;
}

size_t fb_size_next(size_t size, size_t last, size_t factor, size_t step)
{
	if (factor > 1)
		return size && size <= last / factor ? size * factor : 0;
	return step && size <= last && step <= last - size ? size + step : 0;
}
