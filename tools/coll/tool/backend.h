/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is measured: libflightbase-coll itself, or a loaded module with another library behind the same calls. */
#ifndef FB_ALLREDUCE_BACKEND_H
#define FB_ALLREDUCE_BACKEND_H

#include <stdbool.h>

#include "coll/flightbase/coll.h"
#include "common/err.h"

#define FB_BACKEND_HOST_MAX 64

struct fb_world {
	int rank, size, local_size;
	char host[FB_BACKEND_HOST_MAX];
	char bootstrap[32];
};

/* Options of nccl-tests whose meaning is a back end's own, by their long names. */
enum fb_setting {
	FB_SETTING_TIMEOUT,
	FB_SETTING_STREAM_NULL,
	FB_SETTING_CUDAGRAPH,
	FB_SETTING_LOCAL_REGISTER,
	FB_SETTING_CTA_POLICY,
	FB_SETTING_DEVICE_IMPLEMENTATION,
	FB_SETTING_DEVICE_CTA_COUNT,
	FB_SETTING_MEMORY,
	FB_SETTINGS
};

/* All calls return 0, or -1 with err set. Members after finish may be NULL. */
struct fb_backend {
	const char *name;
	int (*start)(struct fb_world *world, struct fb_err *err);
	int (*allreduce)(const void *send, void *recv, size_t count, fb_coll_type_t type, fb_coll_op_t op, struct fb_err *err);
	int (*barrier)(struct fb_err *err);
	void (*transports)(char *text, size_t size);
	/* After a failure: the rank that was lost, or -1. */
	int (*lost_rank)(void);
	int (*finish)(struct fb_err *err);
	/* Buffers of the library's own, by all ranks together. */
	int (*allocate)(size_t bytes, void **memory, struct fb_err *err);
	void (*release)(void *memory);
	/*
	 * Where it works on a copy, as in a GPU, of what allocate gave: bring bytes of it there, and back. Its buffers are then
	 * always its own.
	 */
	int (*load)(const void *memory, size_t bytes, struct fb_err *err);
	int (*fetch)(void *memory, size_t bytes, struct fb_err *err);
	/*
	 * Swap `bytes` with the peer. All ranks call it in the same order; one whose peer is itself takes no part. NULL: pairs
	 * cannot be measured.
	 */
	int (*pair)(int peer, const void *send, void *recv, size_t bytes, struct fb_err *err);
	/* Has it the type? NULL: all of them. */
	bool (*takes)(fb_coll_type_t type);
	/* Before start: a setting that was given and is not 0. NULL: it takes none. */
	int (*set)(enum fb_setting setting, int value, struct fb_err *err);
};

extern const struct fb_backend fb_backend_ucx;

/* A module is FOLDER/allreduce-NAME.so with this symbol. */
#define FB_BACKEND_SYMBOL "fb_backend_module"

/* Is there one of that name? 0, or -1 with an err that lists those that are installed. */
int fb_backend_check(const char *name, struct fb_err *err);

/* Find a backend by name; modules in the folder of FLIGHTBASE_MODULES, else where `make install` puts them. */
const struct fb_backend *fb_backend_find(const char *name, struct fb_err *err);

#endif
