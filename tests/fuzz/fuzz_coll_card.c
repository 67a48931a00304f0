/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as another rank's card: what is read is within bounds, and packs to the same bytes again. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "coll/card.h"
#include "coll/tuning.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct fb_card *card)
{
	struct fb_card again;
	struct fb_blob blob;
	struct fb_err err;

	if (!memchr(card->host, '\0', sizeof(card->host)) || card->addresses > FB_ADDRESSES_MAX || !card->worker)
		abort();
	if (fb_card_pack(card, &blob, &err)) {
		if (card->worker_size < FB_CARD_MAX / 2)
			abort();
		return;
	}
	if (fb_card_unpack(&again, &blob, &err) || strcmp(again.host, card->host) != 0 ||
	    again.worker_size != card->worker_size || memcmp(again.worker, card->worker, card->worker_size) != 0 ||
	    again.offer.fd != card->offer.fd || again.offer.token != card->offer.token ||
	    !again.tuning != !card->tuning || (card->tuning && memcmp(again.tuning, card->tuning, sizeof(*card->tuning)) != 0) ||
	    memcmp(again.address, card->address, sizeof(card->address)) != 0 || !fb_card_same_node(card, &again))
		abort();
	fb_card_clear(&again);
	free(blob.data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fb_blob blob = { malloc(size + 1), size };
	struct fb_card card;
	struct fb_err err;

	if (!blob.data)
		abort();
	memcpy(blob.data, data, size);
	/* Exactly as long as it says: what is read behind it is seen. */
	blob.data = realloc(blob.data, size ? size : 1);
	fb_coll_status_t status = fb_card_unpack(&card, &blob, &err);
	free(blob.data);
	if (status) {
		if (!memchr(err.text, '\0', sizeof(err.text)))
			abort();
		return 0;
	}
	check(&card);
	fb_card_clear(&card);
	return 0;
}
