/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Allreduce on host memory for the tasks of one Slurm step (or any processes that share a folder).
 *
 *	fb_coll_t *coll;
 *	if (fb_coll_init(&coll) || fb_coll_allreduce(coll, grad, grad, n, FB_COLL_FLOAT32, FB_COLL_AVG))
 *		fprintf(stderr, "%s\n", fb_coll_error_text());
 *	fb_coll_finalize(coll);
 *
 * Collective calls (init, allreduce, barrier, finalize) are made by every rank in the same order. None
 * hangs: a rank that dies, freezes, never comes or asks for something else ends the call on all ranks with
 * an error. After FB_COLL_ERR_PEER_LOST, _STALLED, _MISMATCH or _TRANSPORT the handle can only be finalized.
 *
 * What the receive buffer of the failed call holds is then undefined, and both its buffers stay in use until the process
 * ends: a network adapter, or a rank that has not heard of the failure yet, may still write to recv and read from send, and
 * nothing can call that off. Do not free them nor use them for anything else; fb_coll_finalize does not change that.
 *
 * Threads: a handle may be used by one thread at a time; the error text belongs to the calling thread.
 * The library runs one sleeping thread of its own per handle, with all signals blocked. Not usable after fork.
 * A process has at most one handle at a time. See flightbase-coll(7).
 */
#ifndef FLIGHTBASE_COLL_H
#define FLIGHTBASE_COLL_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct fb_coll fb_coll_t;

typedef enum fb_coll_status {
	FB_COLL_OK = 0,
	FB_COLL_ERR_ARGUMENT = 1,  /* a parameter or a setting is wrong; the handle stays usable */
	FB_COLL_ERR_MEMORY = 2,    /* no memory; the handle stays usable unless another rank went on */
	FB_COLL_ERR_BOOTSTRAP = 3, /* the ranks did not find each other */
	FB_COLL_ERR_TRANSPORT = 4, /* UCX or the network failed */
	FB_COLL_ERR_PEER_LOST = 5, /* a rank died or its node is gone: fb_coll_lost_rank */
	FB_COLL_ERR_STALLED = 6,   /* ranks are alive but do not come, or do not answer */
	FB_COLL_ERR_MISMATCH = 7,  /* ranks asked for different operations, types or counts */
} fb_coll_status_t;

/* Values are part of the ABI. */
typedef enum fb_coll_type {
	FB_COLL_FLOAT32 = 0,
	FB_COLL_FLOAT64 = 1,
	FB_COLL_INT32 = 2,
	FB_COLL_INT64 = 3,
	FB_COLL_FLOAT16 = 4,  /* IEEE 754 binary16 */
	FB_COLL_BFLOAT16 = 5, /* the upper half of a float32 */
	FB_COLL_INT8 = 6,
	FB_COLL_INT16 = 7,
	FB_COLL_UINT8 = 8,
} fb_coll_type_t;

/*
 * Integers wrap around (two's complement). MIN and MAX give NaN where any input is NaN. AVG is the sum
 * divided by the number of ranks; integers are rounded towards zero. Every rank gets the same bits.
 * FLOAT16 and BFLOAT16 are computed in float32, and rounded to the nearest, ties to even, after each step: a sum of n
 * values has n-1 of them.
 */
typedef enum fb_coll_op {
	FB_COLL_SUM = 0,
	FB_COLL_PROD = 1,
	FB_COLL_MIN = 2,
	FB_COLL_MAX = 3,
	FB_COLL_AVG = 4,
} fb_coll_op_t;

/*
 * Find the other ranks (PMI2, PMIx or a shared folder, whichever is there) and set up. *coll is set on
 * success only. A process that was not started as one of several becomes rank 0 of 1. A rank that fails here
 * tells the others why, and they fail with the same text; one that dies before all have come is waited for
 * (FLIGHTBASE_START_TIMEOUT in flightbase-coll(7), which also says how to end a step sooner).
 */
fb_coll_status_t fb_coll_init(fb_coll_t **coll);

/*
 * Wait for all ranks, then release everything. After a failure it waits for nobody and keeps the
 * transport's memory until the process ends, as the caller does with the failed call's buffers.
 * NULL is allowed. The handle is gone whatever is returned.
 */
fb_coll_status_t fb_coll_finalize(fb_coll_t *coll);

/* 0 <= rank < size; the local ones count the ranks on this node (same host name, same boot). */
int fb_coll_rank(const fb_coll_t *coll);
int fb_coll_size(const fb_coll_t *coll);
int fb_coll_local_rank(const fb_coll_t *coll);
int fb_coll_local_size(const fb_coll_t *coll);

/*
 * recv[i] = op over all ranks of send[i], for i in [0, count) elements of the type. In place with
 * send == recv; otherwise the two must not overlap. Both are aligned to the element. count may be 0 (then
 * both may be NULL) and is the same on every rank.
 */
fb_coll_status_t fb_coll_allreduce(fb_coll_t *coll, const void *send, void *recv, size_t count,
				   fb_coll_type_t type, fb_coll_op_t op);

/* Return when every rank has called it. */
fb_coll_status_t fb_coll_barrier(fb_coll_t *coll);

/* Bytes of one element; 0 for an unknown type. */
size_t fb_coll_type_size(fb_coll_type_t type);

/* A constant text for the code, and the full line about this thread's last failure ("" if none). */
const char *fb_coll_strerror(fb_coll_status_t status);
const char *fb_coll_error_text(void);

/* The rank that was lost, or -1. */
int fb_coll_lost_rank(const fb_coll_t *coll);

/* Where a rank runs, and how the ranks found each other: "pmi2", "pmix", "file" or "single". Owned by the handle. */
const char *fb_coll_host(const fb_coll_t *coll, int rank);
const char *fb_coll_bootstrap(const fb_coll_t *coll);

/*
 * What carries the data from this rank, as asked of UCX: "posix/memory cma/memory tcp/eth0"; only of peers
 * that were talked to so far. Cut to size - 1 bytes. Returns the length without cutting.
 */
size_t fb_coll_transports(const fb_coll_t *coll, char *text, size_t size);

/* Version of the library, "MAJOR.MINOR.MICRO". */
const char *fb_coll_version(void);

#ifdef __cplusplus
}
#endif

#endif
