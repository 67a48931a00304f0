/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The seam between the library and what moves GPU memory, a module that is loaded at run time. It knows neither UCX nor
 * Slurm: what it needs of the other ranks it asks of its world.
 */
#ifndef FB_COLL_GPU_MODULE_H
#define FB_COLL_GPU_MODULE_H

#include <stdbool.h>

#include "coll/flightbase/coll_gpu.h"
#include "coll/status.h"

#define FB_GPU_VERSION 1
#define FB_GPU_SYMBOL "fb_gpu_module" /* of coll-NAME.so: a struct fb_gpu_ops */
#define FB_GPU_TEXT_MAX 160

struct fb_gpu_world {
	int rank, size;
	int stall_s; /* an operation that runs and does not end */
	void *context;
	/* Collective: all[r * bytes] becomes rank r's `mine`, for a few hundred bytes. */
	fb_coll_status_t (*gather)(void *context, const void *mine, size_t bytes, void *all, struct fb_err *err);
	/* FB_COLL_OK, or how a rank was lost. Cheap: it is polled. */
	fb_coll_status_t (*lost)(void *context, struct fb_err *err);
};

enum fb_gpu_kind { FB_GPU_ALLREDUCE, FB_GPU_REDUCE_SCATTER, FB_GPU_ALLGATHER, FB_GPU_BROADCAST };

struct fb_gpu_call {
	enum fb_gpu_kind kind;
	const void *send;
	void *recv;
	size_t count;
	int type;
	fb_coll_op_t op;
	int root;
	void *stream;
};

/* After a failure of wait or of a call, only close with orderly == false is left. */
struct fb_gpu_ops {
	unsigned int version;
	fb_coll_status_t (*open)(const struct fb_gpu_world *world, int device, void **state, struct fb_err *err);
	fb_coll_status_t (*call)(void *state, const struct fb_gpu_call *call, struct fb_err *err);
	fb_coll_status_t (*group_start)(void *state, struct fb_err *err);
	fb_coll_status_t (*group_end)(void *state, struct fb_err *err);
	fb_coll_status_t (*wait)(void *state, void *stream, struct fb_err *err);
	const char *(*describe)(const void *state);
	void (*close)(void *state, bool orderly);
};

#endif
