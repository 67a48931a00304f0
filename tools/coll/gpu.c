/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Collectives on GPU memory: the module that does them, and what it needs of the handle. */
#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "coll/gpu.h"
#include "coll/internal.h"

struct fb_coll_gpu {
	struct fb_coll *coll;
	const struct fb_gpu_ops *ops;
	void *state;
	fb_coll_status_t failed; /* sticky */
	struct fb_err why;
};

static fb_coll_status_t gather(void *context, const void *mine, size_t bytes, void *all, struct fb_err *err)
{
	fb_coll_status_t status = fb_coll_allgather(context, mine, all, bytes, FB_COLL_UINT8);

	return status ? fb_coll_fail(err, status, "%s", fb_coll_error_text()) : FB_COLL_OK;
}

static fb_coll_status_t lost(void *context, struct fb_err *err)
{
	struct fb_coll *c = context;

	if (!fb_watch_failed(c->watch))
		return FB_COLL_OK;
	return fb_watch_failure(c->watch, &c->job->lost_rank, err);
}

/* It stays loaded: CUDA does not bear being unloaded. */
static const struct fb_gpu_ops *load(struct fb_err *err)
{
	const char *folder = getenv("FLIGHTBASE_MODULES");
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/coll-nccl.so", folder && *folder ? folder : FB_MODULE_FOLDER);
	void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!module) {
		fb_coll_fail(err, FB_COLL_ERR_ARGUMENT, "GPU memory: %.400s", dlerror());
		return NULL;
	}
	const struct fb_gpu_ops *ops = dlsym(module, FB_GPU_SYMBOL);
	if (ops && ops->version == FB_GPU_VERSION)
		return ops;
	fb_coll_fail(err, FB_COLL_ERR_ARGUMENT, "GPU memory: '%.300s' is not of this version", path);
	return NULL;
}

struct answer {
	int32_t status;
	char text[FB_GPU_TEXT_MAX];
};

/* A rank without the module must not leave the others waiting for it. */
static fb_coll_status_t agree(struct fb_coll *c, const struct fb_gpu_ops *ops, struct fb_err *err)
{
	struct answer mine = { .status = 0 }, *all = calloc((size_t)c->size, sizeof(*all));
	fb_coll_status_t status;

	if (!all)
		return fb_coll_fail(err, FB_COLL_ERR_MEMORY, "no memory for %d ranks", c->size);
	if (!ops) {
		mine.status = FB_COLL_ERR_ARGUMENT;
		snprintf(mine.text, sizeof(mine.text), "%.*s", (int)sizeof(mine.text) - 1, err->text);
	}
	status = gather(c, &mine, sizeof(mine), all, err);
	for (int i = 0; i < c->size && !status; i++)
		if (all[i].status)
			status = fb_coll_fail(err, (fb_coll_status_t)all[i].status, "rank %d: %.*s", i, FB_GPU_TEXT_MAX - 1, all[i].text);
	free(all);
	return status;
}

static fb_coll_status_t open_gpu(struct fb_coll_gpu *gpu, int device, struct fb_err *err)
{
	struct fb_coll *c = gpu->coll;
	struct fb_gpu_world world = { .rank = c->rank, .size = c->size, .stall_s = c->job->settings.stall_s, .context = c,
				      .gather = gather, .lost = lost };
	fb_coll_status_t status;

	gpu->ops = load(err);
	status = agree(c, gpu->ops, err);
	return status ? status : gpu->ops->open(&world, device, &gpu->state, err);
}

fb_coll_status_t fb_coll_gpu_init(fb_coll_t *coll, int device, fb_coll_gpu_t **gpu)
{
	struct fb_coll_gpu *g = calloc(1, sizeof(*g));
	struct fb_err err;
	fb_coll_status_t status;

	if (!g)
		return fb_coll_publish(fb_coll_fail(&err, FB_COLL_ERR_MEMORY, "no memory for a handle"), &err);
	g->coll = coll;
	status = open_gpu(g, device, &err);
	if (status) {
		free(g);
		return fb_coll_publish(status, &err);
	}
	*gpu = g;
	return FB_COLL_OK;
}

fb_coll_status_t fb_coll_gpu_finalize(fb_coll_gpu_t *gpu)
{
	if (!gpu)
		return FB_COLL_OK;
	gpu->ops->close(gpu->state, !gpu->failed && !gpu->coll->job->failed);
	free(gpu);
	return FB_COLL_OK;
}

/* What an earlier failure left, if there was one. */
static fb_coll_status_t begin(const struct fb_coll_gpu *gpu)
{
	struct fb_err again = gpu->why;

	if (!gpu->failed)
		return FB_COLL_OK;
	fb_err_prefix(&again, "an earlier call failed");
	return fb_coll_publish(gpu->failed, &again);
}

/* What was refused is as if it had not been asked for; all else is for good. */
static fb_coll_status_t end(struct fb_coll_gpu *gpu, fb_coll_status_t status, const struct fb_err *err)
{
	if (status && status != FB_COLL_ERR_ARGUMENT) {
		gpu->failed = status;
		gpu->why = *err;
	}
	return fb_coll_publish(status, err);
}

static fb_coll_status_t call(struct fb_coll_gpu *gpu, const struct fb_gpu_call *call)
{
	struct fb_err err;
	fb_coll_status_t status = begin(gpu);

	return status ? status : end(gpu, gpu->ops->call(gpu->state, call, &err), &err);
}

fb_coll_status_t fb_coll_gpu_allreduce(fb_coll_gpu_t *gpu, const void *send, void *recv, size_t count, int type, fb_coll_op_t op,
				       void *stream)
{
	struct fb_gpu_call c = { FB_GPU_ALLREDUCE, send, recv, count, type, op, 0, stream };

	return call(gpu, &c);
}

fb_coll_status_t fb_coll_gpu_reduce_scatter(fb_coll_gpu_t *gpu, const void *send, void *recv, size_t count, int type,
					    fb_coll_op_t op, void *stream)
{
	struct fb_gpu_call c = { FB_GPU_REDUCE_SCATTER, send, recv, count, type, op, 0, stream };

	return call(gpu, &c);
}

fb_coll_status_t fb_coll_gpu_allgather(fb_coll_gpu_t *gpu, const void *send, void *recv, size_t count, int type, void *stream)
{
	struct fb_gpu_call c = { FB_GPU_ALLGATHER, send, recv, count, type, FB_COLL_SUM, 0, stream };

	return call(gpu, &c);
}

fb_coll_status_t fb_coll_gpu_broadcast(fb_coll_gpu_t *gpu, void *buffer, size_t count, int type, int root, void *stream)
{
	struct fb_gpu_call c = { FB_GPU_BROADCAST, buffer, buffer, count, type, FB_COLL_SUM, root, stream };

	return call(gpu, &c);
}

fb_coll_status_t fb_coll_gpu_group_start(fb_coll_gpu_t *gpu)
{
	struct fb_err err;
	fb_coll_status_t status = begin(gpu);

	return status ? status : end(gpu, gpu->ops->group_start(gpu->state, &err), &err);
}

fb_coll_status_t fb_coll_gpu_group_end(fb_coll_gpu_t *gpu)
{
	struct fb_err err;
	fb_coll_status_t status = begin(gpu);

	return status ? status : end(gpu, gpu->ops->group_end(gpu->state, &err), &err);
}

fb_coll_status_t fb_coll_gpu_wait(fb_coll_gpu_t *gpu, void *stream)
{
	struct fb_err err;
	fb_coll_status_t status = begin(gpu);

	return status ? status : end(gpu, gpu->ops->wait(gpu->state, stream, &err), &err);
}

const char *fb_coll_gpu_describe(const fb_coll_gpu_t *gpu)
{
	return gpu->ops->describe(gpu->state);
}
