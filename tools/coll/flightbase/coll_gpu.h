/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Collectives on GPU memory, by NCCL, for the ranks of a handle of coll.h: one rank, one GPU.
 *
 *	fb_coll_gpu_t *gpu;
 *	if (fb_coll_gpu_init(coll, 0, &gpu) ||
 *	    fb_coll_gpu_allreduce(gpu, grad, grad, n, FB_COLL_FLOAT32, FB_COLL_AVG, stream) || fb_coll_gpu_wait(gpu, stream))
 *		fprintf(stderr, "%s\n", fb_coll_error_text());
 *	fb_coll_gpu_finalize(gpu);
 *
 * NCCL and CUDA are not linked: the module coll-nccl.so, which needs them, is loaded by fb_coll_gpu_init, from the folder
 * of FLIGHTBASE_MODULES or where it was installed. Where it or a GPU is missing on one rank, init fails on all of them.
 *
 * Buffers are device memory of the GPU. `stream` is a cudaStream_t, NULL the default stream: a call only puts the operation
 * there, in the same order on every rank. What fails later is told by fb_coll_gpu_wait: an error of NCCL or CUDA, a rank
 * that died (seen by the handle's watch), and an operation that has begun here and moves nothing for
 * FLIGHTBASE_STALL_TIMEOUT, because a rank does not come. The communicator is then aborted: kernels that wait for a lost
 * rank end, and only fb_coll_gpu_finalize is left. cudaStreamSynchronize alone would wait for ever.
 *
 * One thread at a time, as for the handle, which outlives it.
 */
#ifndef FLIGHTBASE_COLL_GPU_H
#define FLIGHTBASE_COLL_GPU_H

#include "coll.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct fb_coll_gpu fb_coll_gpu_t;

/* Types that only GPUs add up; FB_COLL_INT16 is the one of fb_coll_type_t that NCCL does not have. Part of the ABI. */
enum fb_coll_gpu_type {
	FB_COLL_GPU_UINT32 = 32,
	FB_COLL_GPU_UINT64 = 33,
	FB_COLL_GPU_FLOAT8E4M3 = 34, /* NCCL 2.24 on GPUs of compute capability 9.0 */
	FB_COLL_GPU_FLOAT8E5M2 = 35,
};

/* Collective. device: of CUDA's numbers, as CUDA_VISIBLE_DEVICES gives them; no other rank may use the same GPU. */
fb_coll_status_t fb_coll_gpu_init(fb_coll_t *coll, int device, fb_coll_gpu_t **gpu);

/* After a failure it waits for nobody. NULL is allowed. */
fb_coll_status_t fb_coll_gpu_finalize(fb_coll_gpu_t *gpu);

/* recv[i] = op over all ranks of send[i]. `type` is an fb_coll_type_t or an fb_coll_gpu_type. In place with send == recv. */
fb_coll_status_t fb_coll_gpu_allreduce(fb_coll_gpu_t *gpu, const void *send, void *recv, size_t count, int type,
				       fb_coll_op_t op, void *stream);
/* send has size * count elements, this rank gets those from rank * count on; in place with recv == send + rank * count. */
fb_coll_status_t fb_coll_gpu_reduce_scatter(fb_coll_gpu_t *gpu, const void *send, void *recv, size_t count, int type,
					    fb_coll_op_t op, void *stream);
/* recv has size * count elements, rank r's from r * count on; in place with send == recv + rank * count. */
fb_coll_status_t fb_coll_gpu_allgather(fb_coll_gpu_t *gpu, const void *send, void *recv, size_t count, int type, void *stream);
fb_coll_status_t fb_coll_gpu_broadcast(fb_coll_gpu_t *gpu, void *buffer, size_t count, int type, int root, void *stream);

/* Operations between these two are started as one. */
fb_coll_status_t fb_coll_gpu_group_start(fb_coll_gpu_t *gpu);
fb_coll_status_t fb_coll_gpu_group_end(fb_coll_gpu_t *gpu);

/* Return when all that was put into the stream is done, or the handle has failed. */
fb_coll_status_t fb_coll_gpu_wait(fb_coll_gpu_t *gpu, void *stream);

/* "NCCL 2.28.9, NVIDIA H100 80GB HBM3 (0000:18:00.0)". Owned by the handle. */
const char *fb_coll_gpu_describe(const fb_coll_gpu_t *gpu);

#ifdef __cplusplus
}
#endif

#endif
