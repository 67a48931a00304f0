/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a rank tells the others before they can talk: one card, a few hundred bytes. */
#ifndef FB_COLL_CARD_H
#define FB_COLL_CARD_H

#include <stdint.h>

#include "coll/bootstrap.h"

#define FB_HOST_MAX 64
#define FB_SECRET_SIZE 16
#define FB_ADDRESSES_MAX 8

struct fb_address {
	uint8_t family; /* 4 or 6 */
	uint8_t bytes[16];
};

/* A memory file with a word in it that tells it from any other; fd -1 where there is none. */
struct fb_offer {
	int32_t fd;
	uint32_t pid;
	uint64_t token;
};

struct fb_tuning;

struct fb_card {
	char host[FB_HOST_MAX];
	uint64_t boot;	  /* of the running kernel: equal on all containers of a machine */
	uint64_t network; /* the network namespace, meaningful with boot */
	uint32_t pid;
	/* Rank 0 only: where its watch listens, the secret keeps strangers out; and the algorithms that all take. */
	uint16_t port;
	uint8_t secret[FB_SECRET_SIZE];
	uint8_t addresses;
	struct fb_address address[FB_ADDRESSES_MAX];
	struct fb_tuning *tuning; /* NULL: none */
	struct fb_offer offer; /* pid is that above */
	/* UCX worker address. */
	uint16_t worker_size;
	uint8_t *worker;
};

/* Fill in host, boot, network and pid. */
void fb_card_identify(struct fb_card *card);

/* Ranks on one node have the same host name and boot. */
int fb_card_same_node(const struct fb_card *a, const struct fb_card *b);

/* blob->data is allocated. */
fb_coll_status_t fb_card_pack(const struct fb_card *card, struct fb_blob *blob, struct fb_err *err);

/*
 * In place of its card, from a rank that cannot go on: nobody then waits for it, and all know why. Reading such a card
 * fails with that status and text.
 */
fb_coll_status_t fb_card_pack_failure(fb_coll_status_t status, const struct fb_err *why, struct fb_blob *blob, struct fb_err *err);

/* card->worker and tuning are allocated; fb_card_clear releases them. A card that cannot be read leaves *card as it is. */
fb_coll_status_t fb_card_unpack(struct fb_card *card, const struct fb_blob *blob, struct fb_err *err);
void fb_card_clear(struct fb_card *card);

#endif
