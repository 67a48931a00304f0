/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "coll/pieces.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "coll/codec.h"
#include "common/number.h"

#define COUNT_MAX 32 /* the text of FB_CARD_MAX bytes has 22 */
#define TEXT_MAX (COUNT_MAX * FB_PIECE_TEXT)

struct fb_pieces *fb_pieces_create(const struct fb_blob *card)
{
	struct fb_pieces *pieces = malloc(sizeof(*pieces));
	size_t length = fb_codec_length(card->size);
	char *text = malloc(length + 1);

	if (!pieces || !text) {
		free(pieces);
		free(text);
		return NULL;
	}
	fb_codec_encode(card->data, card->size, text);
	*pieces = (struct fb_pieces){ text, length, length ? (length + FB_PIECE_TEXT - 1) / FB_PIECE_TEXT : 1 };
	return pieces;
}

void fb_pieces_destroy(struct fb_pieces *pieces)
{
	if (!pieces)
		return;
	free(pieces->text);
	free(pieces);
}

void fb_pieces_write(const struct fb_pieces *pieces, size_t i, char value[FB_PIECE_MAX])
{
	snprintf(value, FB_PIECE_MAX, "%zu:%.*s", pieces->count, FB_PIECE_TEXT, pieces->text + i * FB_PIECE_TEXT);
}

int fb_assembly_take(struct fb_assembly *assembly, const char *value, struct fb_err *err)
{
	const char *colon = strchr(value, ':');
	char digits[8];
	int64_t count;

	if (!colon || (size_t)(colon - value) >= sizeof(digits))
		return fb_err_set(err, "a piece of it does not say how many there are");
	memcpy(digits, value, (size_t)(colon - value));
	digits[colon - value] = '\0';
	if (fb_number_parse(digits, 1, COUNT_MAX, &count, err))
		return fb_err_prefix(err, "the number of its pieces");
	if (assembly->taken && (size_t)count != assembly->count)
		return fb_err_set(err, "it has %zu pieces by one of them and %zu by another", assembly->count, (size_t)count);
	size_t more = strlen(colon + 1);
	if (assembly->length + more > TEXT_MAX)
		return fb_err_set(err, "it is longer than %d bytes", FB_CARD_MAX);
	char *text = realloc(assembly->text, assembly->length + more + 1);
	if (!text)
		return fb_err_set(err, "no memory for it");
	memcpy(text + assembly->length, colon + 1, more + 1);
	assembly->text = text;
	assembly->length += more;
	assembly->count = (size_t)count;
	assembly->taken++;
	return 0;
}

fb_coll_status_t fb_assembly_finish(const struct fb_assembly *assembly, struct fb_blob *blob, struct fb_err *err)
{
	size_t bytes = assembly->length + 1;
	void *data = malloc(bytes);

	if (!data)
		return fb_coll_fail(err, FB_COLL_ERR_MEMORY, "no memory for a card of %zu bytes", bytes);
	if (fb_codec_decode(assembly->text, data, &bytes, err)) {
		free(data);
		return FB_COLL_ERR_BOOTSTRAP;
	}
	*blob = (struct fb_blob){ data, bytes };
	return FB_COLL_OK;
}

void fb_assembly_clear(struct fb_assembly *assembly)
{
	free(assembly->text);
	*assembly = (struct fb_assembly){ 0 };
}
