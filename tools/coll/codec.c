/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "coll/codec.h"

#include <stdint.h>
#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

size_t fb_codec_length(size_t n)
{
	return n / 3 * 4 + (n % 3 ? n % 3 + 1 : 0);
}

void fb_codec_encode(const void *data, size_t n, char *text)
{
	const uint8_t *in = data;
	uint32_t bits = 0;
	unsigned held = 0;

	for (size_t i = 0; i < n; i++) {
		bits = bits << 8 | in[i];
		for (held += 8; held >= 6; held -= 6)
			*text++ = alphabet[bits >> (held - 6) & 63];
	}
	if (held)
		*text++ = alphabet[bits << (6 - held) & 63];
	*text = '\0';
}

int fb_codec_decode(const char *text, void *data, size_t *n, struct fb_err *err)
{
	size_t length = strlen(text), bytes = length * 3 / 4;
	uint8_t *out = data;
	uint32_t bits = 0;
	unsigned held = 0;

	if (length % 4 == 1)
		return fb_err_set(err, "encoded text has an impossible length, %zu", length);
	if (bytes > *n)
		return fb_err_set(err, "encoded text holds %zu bytes: at most %zu are expected", bytes, *n);
	for (size_t i = 0; i < length; i++) {
		const char *place = memchr(alphabet, text[i], 64);
		if (!place)
			return fb_err_set(err, "encoded text has a character that does not belong there");
		bits = bits << 6 | (uint32_t)(place - alphabet);
		held += 6;
		if (held >= 8) {
			held -= 8;
			*out++ = (uint8_t)(bits >> held);
		}
	}
	if (bits & ((1u << held) - 1))
		return fb_err_set(err, "encoded text ends in the middle of a byte");
	*n = bytes;
	return 0;
}
