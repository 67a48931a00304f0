/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bytes as text for key-value stores that hold short strings only. PMI2 limits a value to 1,024 bytes and
 * its wire format reserves ';' and '=', so the text is base64url (RFC 4648 section 5) without padding.
 */
#ifndef FB_COLL_CODEC_H
#define FB_COLL_CODEC_H

#include <stddef.h>

#include "coll/status.h"

/* Characters that n bytes become, without the final NUL. */
size_t fb_codec_length(size_t n);

/* text has room for fb_codec_length(n) + 1. */
void fb_codec_encode(const void *data, size_t n, char *text);

/* Decode all of text; *n is the room on entry and the bytes written on return. Returns -1 on malformed text. */
int fb_codec_decode(const char *text, void *data, size_t *n, struct fb_err *err);

#endif
