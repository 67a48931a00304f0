/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is measured: libflightbase-coll itself, or a loaded module with another library behind the same calls. */
#ifndef FB_ALLREDUCE_BACKEND_H
#define FB_ALLREDUCE_BACKEND_H

#include "coll/flightbase/coll.h"
#include "common/err.h"

#define FB_BACKEND_HOST_MAX 64

struct fb_world {
	int rank, size, local_size;
	char host[FB_BACKEND_HOST_MAX];
	char bootstrap[32];
};

/* All calls return 0, or -1 with err set. */
struct fb_backend {
	const char *name;
	int (*start)(struct fb_world *world, struct fb_err *err);
	int (*allreduce)(const void *send, void *recv, size_t count, fb_coll_type_t type, fb_coll_op_t op, struct fb_err *err);
	int (*barrier)(struct fb_err *err);
	/* Buffers of the library's own, by all ranks together; NULL where it has none. */
	int (*allocate)(size_t bytes, void **memory, struct fb_err *err);
	void (*release)(void *memory);
	void (*transports)(char *text, size_t size);
	/* After a failure: the rank that was lost, or -1. */
	int (*lost_rank)(void);
	int (*finish)(struct fb_err *err);
};

extern const struct fb_backend fb_backend_ucx;

/* A module is FOLDER/allreduce-NAME.so with this symbol. */
#define FB_BACKEND_SYMBOL "fb_backend_module"

/* Find a backend by name; modules in the folder of FLIGHTBASE_MODULES, else where `make install` puts them. */
const struct fb_backend *fb_backend_find(const char *name, struct fb_err *err);

#endif
