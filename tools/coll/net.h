/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sockets of the watch: listen on rank 0, connect from the others, notice a silent node. */
#ifndef FB_COLL_NET_H
#define FB_COLL_NET_H

#include "coll/card.h"

/* A node that vanishes without a word is noticed by the kernel after at most this long. */
#define FB_NET_SILENCE_MS 6000

/* Listen on a free port of all addresses, and note port and addresses (not the loopback) in the card. */
fb_coll_status_t fb_net_listen(struct fb_card *card, int *fd, struct fb_err *err);

/*
 * Connect to one place of the hub's card: index 0 is the loopback, tried only in the same network namespace,
 * the others are its addresses. Returns a non-blocking socket, or -1 with err set.
 */
int fb_net_connect(const struct fb_card *hub, const struct fb_card *mine, unsigned index, int limit_ms, struct fb_err *err);

/* No delay, and the kernel's own probes, which are answered even by a stopped process. */
void fb_net_watch_silence(int fd);

/* Move exactly n bytes on a socket within the limit; 0, or -1 with errno set, ETIMEDOUT where the other end holds on. */
int fb_net_transfer(int fd, void *data, size_t n, int receive, int limit_ms);

#endif
