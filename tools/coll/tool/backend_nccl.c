/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GPU memory, as a module: the tool's buffers are pinned host memory, each with a copy on the rank's GPU that the allreduce
 * works on. What the ranks tell each other besides goes through host memory, with the ucx back end's calls.
 */
#include <cuda_runtime_api.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "coll/flightbase/coll_gpu.h"
#include "coll/tool/backend_coll.h"

#define BUFFERS 2

static struct buffer {
	char *host, *device; /* NULL: not in use */
	size_t bytes;
} buffers[BUFFERS];

static fb_coll_t *coll;
static fb_coll_gpu_t *gpu;

static int cuda_result(const char *what, cudaError_t rc, struct fb_err *err)
{
	return rc == cudaSuccess ? 0 : fb_err_set(err, "CUDA: %s: %s", what, cudaGetErrorString(rc));
}

/* Under srun each task may see its own GPU alone, or all of the node's. */
static int own_device(void)
{
	int devices = 0;

	return cudaGetDeviceCount(&devices) || !devices ? 0 : fb_coll_local_rank(coll) % devices;
}

static int nccl_start(struct fb_world *world, struct fb_err *err)
{
	if (fb_coll_init(&coll))
		return fb_backend_result(FB_COLL_ERR_BOOTSTRAP, err);
	if (fb_coll_gpu_init(coll, own_device(), &gpu)) {
		fb_backend_result(FB_COLL_ERR_TRANSPORT, err);
		fb_coll_finalize(coll);
		coll = NULL;
		return -1;
	}
	fb_backend_world(coll, world);
	return 0;
}

/* The GPU's address of what lies in a buffer; NULL: it is not in one. */
static char *device_address(const void *memory)
{
	for (int i = 0; i < BUFFERS; i++) {
		const struct buffer *b = &buffers[i];
		const char *at = memory;

		if (b->host && at >= b->host && at < b->host + b->bytes)
			return b->device + (at - b->host);
	}
	return NULL;
}

static int nccl_allreduce(const void *send, void *recv, size_t count, fb_coll_type_t type, fb_coll_op_t op, struct fb_err *err)
{
	char *from = device_address(send), *to = device_address(recv);

	if (!from || !to)
		return fb_backend_result(fb_coll_allreduce(coll, send, recv, count, type, op), err);
	fb_coll_status_t status = fb_coll_gpu_allreduce(gpu, from, to, count, type, op, NULL);
	return fb_backend_result(status ? status : fb_coll_gpu_wait(gpu, NULL), err);
}

static int nccl_barrier(struct fb_err *err)
{
	return fb_backend_result(fb_coll_barrier(coll), err);
}

static void buffer_free(struct buffer *b)
{
	if (b->host)
		cudaFreeHost(b->host);
	if (b->device)
		cudaFree(b->device);
	*b = (struct buffer){ .host = NULL };
}

static int buffer_make(struct buffer *b, size_t bytes, struct fb_err *err)
{
	b->bytes = bytes;
	if (cuda_result("pinned memory", cudaMallocHost((void **)&b->host, bytes), err) ||
	    cuda_result("memory of the GPU", cudaMalloc((void **)&b->device, bytes), err))
		return -1;
	memset(b->host, 0, bytes);
	return cuda_result("memory of the GPU", cudaMemset(b->device, 0, bytes), err);
}

/* All ranks or none: one without memory must not leave the others in the next call. */
static int nccl_allocate(size_t bytes, void **memory, struct fb_err *err)
{
	struct buffer *b = buffers[0].host ? &buffers[1] : &buffers[0];
	int64_t failures = buffer_make(b, bytes, err) ? 1 : 0;
	bool here = failures;
	struct fb_err why;

	if (fb_backend_result(fb_coll_allreduce(coll, &failures, &failures, 1, FB_COLL_INT64, FB_COLL_SUM), &why)) {
		*err = why;
		failures = 1;
	} else if (failures && !here) {
		fb_err_set(err, "size %zu: %lld of %d ranks have no memory for it", bytes, (long long)failures, fb_coll_size(coll));
	}
	if (failures) {
		buffer_free(b);
		return -1;
	}
	*memory = b->host;
	return 0;
}

static void nccl_release(void *memory)
{
	for (int i = 0; i < BUFFERS; i++)
		if (buffers[i].host && buffers[i].host == memory)
			buffer_free(&buffers[i]);
}

static int nccl_load(const void *memory, size_t bytes, struct fb_err *err)
{
	return bytes ? cuda_result("to the GPU", cudaMemcpy(device_address(memory), memory, bytes, cudaMemcpyHostToDevice), err) : 0;
}

static int nccl_fetch(void *memory, size_t bytes, struct fb_err *err)
{
	return bytes ? cuda_result("from the GPU", cudaMemcpy(memory, device_address(memory), bytes, cudaMemcpyDeviceToHost), err) : 0;
}

static void nccl_transports(char *text, size_t size)
{
	snprintf(text, size, "%s", fb_coll_gpu_describe(gpu));
}

static int nccl_lost_rank(void)
{
	return coll ? fb_coll_lost_rank(coll) : -1;
}

static int nccl_finish(struct fb_err *err)
{
	fb_coll_t *old = coll;

	fb_coll_gpu_finalize(gpu);
	gpu = NULL;
	coll = NULL;
	return fb_backend_result(fb_coll_finalize(old), err);
}

static bool nccl_takes(fb_coll_type_t type)
{
	return type != FB_COLL_INT16;
}

static int nccl_set(enum fb_setting setting, int value, struct fb_err *err)
{
	if (setting != FB_SETTING_TIMEOUT)
		return fb_err_set(err, "this back end leaves it to NCCL");
	return fb_backend_timeout(value, err);
}

extern const struct fb_backend fb_backend_module;
const struct fb_backend fb_backend_module = {
	.name = "nccl", .start = nccl_start, .allreduce = nccl_allreduce, .barrier = nccl_barrier, .transports = nccl_transports,
	.lost_rank = nccl_lost_rank, .finish = nccl_finish, .allocate = nccl_allocate, .release = nccl_release, .load = nccl_load,
	.fetch = nccl_fetch, .takes = nccl_takes, .set = nccl_set,
};
