/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A card as short strings, for a key-value store that limits its values (PMI2: 1,024 bytes): the card's text is cut
 * into pieces, and each says in front how many there are, "3:QkNB...".
 */
#ifndef FB_COLL_PIECES_H
#define FB_COLL_PIECES_H

#include <stddef.h>

#include "coll/bootstrap.h"

#define FB_PIECE_TEXT 1000 /* with the count in front still below PMI2's limit */
#define FB_PIECE_MAX 1024  /* room for a piece with its count and NUL */

/* From a card to its pieces. create returns NULL without memory; destroy takes NULL. */
struct fb_pieces {
	char *text;
	size_t length, count;
};
struct fb_pieces *fb_pieces_create(const struct fb_blob *card);
void fb_pieces_destroy(struct fb_pieces *pieces);

/* Piece i of [0, count). */
void fb_pieces_write(const struct fb_pieces *pieces, size_t i, char value[FB_PIECE_MAX]);

/* And back: take the pieces in order until done. All zero to begin with. */
struct fb_assembly {
	char *text;
	size_t length, taken, count;
};

/* -1 with err set on what is no such piece, or no memory. */
int fb_assembly_take(struct fb_assembly *assembly, const char *value, struct fb_err *err);
static inline int fb_assembly_done(const struct fb_assembly *assembly)
{
	return assembly->taken && assembly->taken == assembly->count;
}

/* The card, once done; blob->data is allocated. */
fb_coll_status_t fb_assembly_finish(const struct fb_assembly *assembly, struct fb_blob *blob, struct fb_err *err);
void fb_assembly_clear(struct fb_assembly *assembly);

#endif
