/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any lines as the pieces of a card in a key-value store: taken until it is whole, refused or there are no more. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "coll/pieces.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was put together goes to pieces and together again. */
static void check(const struct fb_blob *card)
{
	struct fb_pieces *pieces = fb_pieces_create(card);
	struct fb_assembly assembly = { 0 };
	char value[FB_PIECE_MAX];
	struct fb_blob again;
	struct fb_err err;

	for (size_t i = 0; i < pieces->count; i++) {
		fb_pieces_write(pieces, i, value);
		if (fb_assembly_take(&assembly, value, &err))
			abort();
	}
	if (!fb_assembly_done(&assembly) || fb_assembly_finish(&assembly, &again, &err) || again.size != card->size ||
	    memcmp(again.data, card->data, card->size) != 0)
		abort();
	free(again.data);
	fb_assembly_clear(&assembly);
	fb_pieces_destroy(pieces);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), *next = text, *line;
	struct fb_assembly assembly = { 0 };
	struct fb_blob card;
	struct fb_err err;

	if (!text)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	while (!fb_assembly_done(&assembly) && (line = strsep(&next, "\n")) && !fb_assembly_take(&assembly, line, &err))
		;
	if (fb_assembly_done(&assembly) && !fb_assembly_finish(&assembly, &card, &err)) {
		check(&card);
		free(card.data);
	}
	fb_assembly_clear(&assembly);
	free(text);
	return 0;
}
