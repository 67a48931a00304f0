/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How the ranks find each other: who am I of how many, and every rank's card (a few hundred bytes).
 * One implementation per file; bootstrap.c chooses and puts a deadline on each call, because a key-value
 * store's fence waits for ever for a rank that died on its way.
 */
#ifndef FB_COLL_BOOTSTRAP_H
#define FB_COLL_BOOTSTRAP_H

#include <stdint.h>

#include "coll/settings.h"

#define FB_CARD_MAX 16384
#define FB_RANKS_MAX 8192 /* the tags of group.h number the steps of a ring with 14 bits */

struct fb_blob {
	void *data;
	size_t size;
};

struct fb_bootstrap {
	const struct fb_bootstrap_ops *ops;
	int rank, size;
	int start_s;
	void *state; /* of the implementation */
};

struct fb_bootstrap_ops {
	const char *name;
	/* Set rank, size and state. */
	fb_coll_status_t (*open)(struct fb_bootstrap *bootstrap, struct fb_err *err);
	/* Give mine, get everyone's in blobs[size], each allocated; called at most once per open. */
	fb_coll_status_t (*exchange)(struct fb_bootstrap *bootstrap, const struct fb_blob *mine, struct fb_blob *blobs,
				     struct fb_err *err);
	/* Release state; every rank has everyone's card by then, or all is lost. */
	void (*close)(struct fb_bootstrap *bootstrap);
};

extern const struct fb_bootstrap_ops fb_bootstrap_file, fb_bootstrap_pmi2, fb_bootstrap_pmix, fb_bootstrap_single;

/* Which one a process should use: the setting, else by what the launcher put in the environment. */
fb_coll_status_t fb_bootstrap_choose(const struct fb_settings *settings, const struct fb_bootstrap_ops **ops,
				     struct fb_err *err);

fb_coll_status_t fb_bootstrap_open(const struct fb_settings *settings, struct fb_bootstrap **bootstrap, struct fb_err *err);

/* *blobs: array of size, with what is in it allocated; fb_blobs_destroy releases it. */
fb_coll_status_t fb_bootstrap_exchange(struct fb_bootstrap *bootstrap, const struct fb_blob *mine,
				       struct fb_blob **blobs, struct fb_err *err);

void fb_bootstrap_close(struct fb_bootstrap *bootstrap);

void fb_blobs_destroy(struct fb_blob *blobs, int count);

#endif
