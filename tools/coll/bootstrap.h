/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How the ranks find each other: who am I of how many, and every rank's card (a few hundred bytes).
 * One implementation per file; bootstrap.c chooses and puts a deadline on each call, because a key-value
 * store's fence waits for ever for a rank that died on its way.
 * Cards are read one by one, rank 0's first: once it is known where the watch listens, deaths are noticed.
 */
#ifndef FB_COLL_BOOTSTRAP_H
#define FB_COLL_BOOTSTRAP_H

#include <stdbool.h>
#include <stdint.h>

#include "coll/settings.h"

#define FB_CARD_MAX 16384
#define FB_RANKS_MAX 8192 /* the tags of call.c number the steps of a ring with 14 bits */

struct fb_blob {
	void *data;
	size_t size;
};

struct fb_bootstrap {
	const struct fb_bootstrap_ops *ops;
	int rank, size;
	int start_s;
	bool abandoned; /* a call did not return in time: it still uses this */
	bool failed;	/* the caller's start failed: others may yet come for my card, to learn why or to find all */
	void *state;	/* of the implementation */
};

struct fb_bootstrap_ops {
	const char *name;
	/* It ends by itself at the deadline, and says which ranks are missing; the others know nothing of a deadline. */
	bool names_missing;
	/* Set rank, size and state. */
	fb_coll_status_t (*open)(struct fb_bootstrap *bootstrap, struct fb_err *err);
	/* Give mine, and return when every rank has given its card; called at most once per open. */
	fb_coll_status_t (*share)(struct fb_bootstrap *bootstrap, const struct fb_blob *mine, struct fb_err *err);
	/* After that: a rank's card, blob->data allocated. Each is read at most once. */
	fb_coll_status_t (*read)(struct fb_bootstrap *bootstrap, int rank, struct fb_blob *blob, struct fb_err *err);
	/* Release state; every rank has everyone's card by then, unless it failed. */
	void (*close)(struct fb_bootstrap *bootstrap);
};

extern const struct fb_bootstrap_ops fb_bootstrap_file, fb_bootstrap_pmi2, fb_bootstrap_pmix, fb_bootstrap_single;

/* Which one a process should use: the setting, else by what the launcher put in the environment. */
fb_coll_status_t fb_bootstrap_choose(const struct fb_settings *settings, const struct fb_bootstrap_ops **ops,
				     struct fb_err *err);

fb_coll_status_t fb_bootstrap_open(const struct fb_settings *settings, struct fb_bootstrap **bootstrap, struct fb_err *err);

/* Give my card and wait for everyone's. After a failure the bootstrap can only be closed. */
fb_coll_status_t fb_bootstrap_share(struct fb_bootstrap *bootstrap, const struct fb_blob *mine, struct fb_err *err);

/* Then the cards of [first, first + count): *blobs is an array of count that fb_blobs_destroy releases. */
fb_coll_status_t fb_bootstrap_read(struct fb_bootstrap *bootstrap, int first, int count, struct fb_blob **blobs, struct fb_err *err);

void fb_bootstrap_close(struct fb_bootstrap *bootstrap);

void fb_blobs_destroy(struct fb_blob *blobs, int count);

#endif
