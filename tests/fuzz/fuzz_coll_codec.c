/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any text to decode: what is accepted is what its bytes encode to; and any bytes to encode come back. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "coll/codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void *take(size_t size)
{
	void *room = malloc(size ? size : 1);

	if (!room)
		abort();
	return room;
}

static void decode(const char *text, size_t room)
{
	uint8_t *bytes = take(room);
	size_t n = room;
	struct fb_err err;

	if (!fb_codec_decode(text, bytes, &n, &err)) {
		char *again = take(fb_codec_length(n) + 1);
		if (n > room)
			abort();
		fb_codec_encode(bytes, n, again);
		if (strcmp(text, again) != 0)
			abort();
		free(again);
	}
	free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = take(size + 1), *encoded = take(fb_codec_length(size) + 1);

	memcpy(text, data, size);
	text[size] = '\0';
	decode(text, size);
	decode(text, size / 2);
	fb_codec_encode(data, size, encoded);
	uint8_t *back = take(size);
	size_t n = size;
	if (fb_codec_decode(encoded, back, &n, NULL) || n != size || (size && memcmp(back, data, size) != 0))
		abort();
	free(back);
	free(encoded);
	free(text);
	return 0;
}
