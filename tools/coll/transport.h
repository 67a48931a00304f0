/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tagged messages between ranks on host memory. transport_ucx.c is the one implementation; another one
 * (mapped memory inside a node, NCCL) is another table of functions.
 */
#ifndef FB_COLL_TRANSPORT_H
#define FB_COLL_TRANSPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "coll/card.h"

/* An operation under way. It and its buffer stay untouched until done; after a failure until the process ends. */
struct fb_request {
	bool done;
	fb_coll_status_t status;
};

struct fb_transport {
	const struct fb_transport_ops *ops;
	bool failed;	 /* it lost a peer, or could not complete a request */
	int failed_rank; /* the peer, or -1 */
	struct fb_err why;
};

struct fb_transport_ops {
	const char *name;
	/* My address for the card, allocated. */
	fb_coll_status_t (*open)(int size, struct fb_transport **transport, struct fb_blob *address, struct fb_err *err);
	/* cards[size] stay until close; connections are made when first used. */
	void (*introduce)(struct fb_transport *transport, const struct fb_card *cards, int rank, int size);
	/* Both start an operation; a failure to start is in request->status with done set. */
	void (*send)(struct fb_transport *transport, int rank, uint64_t tag, const void *data, size_t bytes,
		     struct fb_request *request);
	void (*receive)(struct fb_transport *transport, uint64_t tag, void *data, size_t bytes, struct fb_request *request);
	/* Move things on; never blocks. */
	void (*progress)(struct fb_transport *transport);
	/* Done when all that was sent has left this process, so that it arrives even if progress is never called again. */
	void (*flush)(struct fb_transport *transport, struct fb_request *request);
	/* Names of what carries data to the peers used so far. Returns the length without cutting. */
	size_t (*describe)(struct fb_transport *transport, char *text, size_t size);
	/* orderly: nothing is under way on any rank, release all; else abandon what is. */
	void (*close)(struct fb_transport *transport, bool orderly);
};

extern const struct fb_transport_ops fb_transport_ucx;

#endif
