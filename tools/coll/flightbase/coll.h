/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Collectives on host memory for the tasks of one Slurm step (or any processes that share a folder).
 *
 *	fb_coll_t *coll;
 *	if (fb_coll_init(&coll) || fb_coll_allreduce(coll, grad, grad, n, FB_COLL_FLOAT32, FB_COLL_AVG))
 *		fprintf(stderr, "%s\n", fb_coll_error_text());
 *	fb_coll_finalize(coll);
 *
 * A handle stands for ranks: those of the job (fb_coll_init), or a group of them (fb_coll_split). Every rank of a handle makes
 * the same calls in the same order with the same arguments (buffers aside): blocking ones and those begun with fb_coll_i...
 * are one order, and a call that is begun does not match one that blocks. Calls of different handles have no order between
 * them, but a rank that waits in one is not in the other.
 * None hangs: a rank that dies, freezes, never comes or asks for something else ends the call on all ranks with
 * an error. After FB_COLL_ERR_PEER_LOST, _STALLED, _MISMATCH or _TRANSPORT no handle of the job can do anything but be
 * finalized: a rank that was lost to one group is missed by the others sooner or later.
 *
 * What the receive buffer of a failed call holds is then undefined, and both its buffers stay in use until the process
 * ends, as do those of all requests that were not done: a network adapter, or a rank that has not heard of the failure yet,
 * may still write to recv and read from send, and nothing can call that off. Do not free them nor use them for anything
 * else; fb_coll_finalize does not change that.
 *
 * Threads: a job's handles and requests are used by one thread at a time; the error text belongs to the calling thread.
 * The library runs one sleeping thread of its own per job, with all signals blocked. Not usable after fork.
 * A process is in at most one job at a time. See flightbase-coll(7).
 */
#ifndef FLIGHTBASE_COLL_H
#define FLIGHTBASE_COLL_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct fb_coll fb_coll_t;
typedef struct fb_work fb_coll_request_t;

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
 * Wait for all ranks of the handle, and for requests that were not waited for, then release everything. After a failure it
 * waits for nobody and keeps the transport's memory until the process ends, as the caller does with the failed call's
 * buffers. NULL is allowed. The handle is gone whatever is returned; with the job's, so are those of its groups.
 */
fb_coll_status_t fb_coll_finalize(fb_coll_t *coll);

/* 0 <= rank < size; the local ones count the handle's ranks on this node (same host name, same boot). */
int fb_coll_rank(const fb_coll_t *coll);
int fb_coll_size(const fb_coll_t *coll);
int fb_coll_local_rank(const fb_coll_t *coll);
int fb_coll_local_size(const fb_coll_t *coll);

/*
 * The calls that move data. Buffers are aligned to the element. They do not overlap, unless they are one, in the way that each
 * call says (NCCL's). count may be 0 (then buffers may be NULL). It may exceed 2^31; bytes may not exceed PTRDIFF_MAX.
 */

/* recv[i] = op over all ranks of send[i], for i in [0, count) elements of the type. In place: send == recv. */
fb_coll_status_t fb_coll_allreduce(fb_coll_t *coll, const void *send, void *recv, size_t count,
				   fb_coll_type_t type, fb_coll_op_t op);

/*
 * recv[i] = op over all ranks of send[rank * count + i], for i in [0, count): send has size * count elements, and each rank
 * gets one block of equal length. A vector that does not divide is padded by the caller, to (n + size - 1) / size elements
 * per rank. In place: recv == send + rank * count, of which the rest stays as it is.
 */
fb_coll_status_t fb_coll_reduce_scatter(fb_coll_t *coll, const void *send, void *recv, size_t count,
					fb_coll_type_t type, fb_coll_op_t op);

/*
 * recv[r * count + i] = rank r's send[i], for i in [0, count): recv has size * count elements.
 * In place: send == recv + rank * count.
 */
fb_coll_status_t fb_coll_allgather(fb_coll_t *coll, const void *send, void *recv, size_t count, fb_coll_type_t type);

/*
 * recv[i] = the root's send[i], for i in [0, count). send counts on the root only. In place: send == recv. The root does
 * not wait for the others, which may come later.
 */
fb_coll_status_t fb_coll_broadcast(fb_coll_t *coll, const void *send, void *recv, size_t count,
				   fb_coll_type_t type, int root);

/*
 * Memory for the buffers of later calls, aligned to a page: `bytes` for each rank, the same number on all, who call this
 * together. Where all ranks are in one node they have each other's memory mapped, and an allreduce whose buffers are
 * all in such memory reads and writes them in place, without a copy; on several nodes it is the process's own. *memory is set on
 * success only. Where it cannot be had on one rank, all get FB_COLL_ERR_MEMORY, and the handle stays usable.
 *
 * fb_coll_free, which all ranks call together too, in the same order, takes what fb_coll_alloc gave, or NULL.
 * fb_coll_finalize frees what is left, unless a call has failed: then it stays until the process ends.
 */
fb_coll_status_t fb_coll_alloc(fb_coll_t *coll, size_t bytes, void **memory);
fb_coll_status_t fb_coll_free(fb_coll_t *coll, void *memory);

/* Return when every rank has called it. */
fb_coll_status_t fb_coll_barrier(fb_coll_t *coll);

/*
 * Allreduce several tensors. Those of one type and op are packed, up to 256 KiB each and 1 MiB together, and go as one vector,
 * whatever lies between them in the list; larger ones go by themselves and are not copied. All ranks pass the same list
 * but for the buffers. One call rather than a group_start and group_end: the list is there at once, and no call
 * means something else because of an earlier one.
 */
typedef struct fb_coll_tensor {
	const void *send;
	void *recv;
	size_t count;
	fb_coll_type_t type;
	fb_coll_op_t op;
} fb_coll_tensor_t;

fb_coll_status_t fb_coll_allreduce_many(fb_coll_t *coll, const fb_coll_tensor_t *tensors, size_t count);

/*
 * Have allreduces of FB_COLL_FLOAT32 that the handle begins from now on travel as FB_COLL_BFLOAT16 or FB_COLL_FLOAT16: half the
 * bytes, sums in float32, rounded to the nearest whenever they travel. The result has no more than the wire's precision
 * (and range: float16 ends at 65504), and the same bits on every rank. FB_COLL_FLOAT32, the default, ends that. The same on
 * all ranks; not handed on to groups.
 */
fb_coll_status_t fb_coll_set_wire(fb_coll_t *coll, fb_coll_type_t wire);

/*
 * Begin a call and go on; *request is set on success only, and stands for it until fb_coll_wait or fb_coll_test says that it
 * is done. Until then its buffers are the library's. It is another call than the one of the same name that waits: all ranks
 * make the one, or all make the other. Any number may be under way, done in any order; the 257th waits for the oldest.
 * Data moves while this rank is in the library: in any wait, test or blocking call of any of its handles. A rank that computes
 * meanwhile should test now and then; one that does not for long is waited for as one that does not come.
 */
fb_coll_status_t fb_coll_iallreduce(fb_coll_t *coll, const void *send, void *recv, size_t count, fb_coll_type_t type,
				    fb_coll_op_t op, fb_coll_request_t **request);
fb_coll_status_t fb_coll_ireduce_scatter(fb_coll_t *coll, const void *send, void *recv, size_t count, fb_coll_type_t type,
					 fb_coll_op_t op, fb_coll_request_t **request);
fb_coll_status_t fb_coll_iallgather(fb_coll_t *coll, const void *send, void *recv, size_t count, fb_coll_type_t type,
				    fb_coll_request_t **request);
fb_coll_status_t fb_coll_ibroadcast(fb_coll_t *coll, const void *send, void *recv, size_t count, fb_coll_type_t type,
				    int root, fb_coll_request_t **request);
fb_coll_status_t fb_coll_ibarrier(fb_coll_t *coll, fb_coll_request_t **request);

/*
 * Wait for one; move on and look whether it is done (*done 1 or 0); wait for several. A request that is done or failed is
 * released and set to NULL, and NULL is done. waitall waits for all of them and returns the first failure.
 * Each request is waited for, or tested until it is done, also after a failure, and before its handle is finalized.
 */
fb_coll_status_t fb_coll_wait(fb_coll_request_t **request);
fb_coll_status_t fb_coll_test(fb_coll_request_t **request, int *done);
fb_coll_status_t fb_coll_waitall(fb_coll_request_t **requests, size_t count);

/*
 * A handle for the ranks that pass the same color, numbered by key, then by their rank in coll. Called by all ranks of coll.
 * FB_COLL_NO_COLOR: in no group, *group is NULL. *group is set on success only. All calls work on it, with ranks and sizes
 * of its own; several groups may have calls under way at the same time. A rank is in at most 255 groups at a time.
 * Error texts and fb_coll_lost_rank name ranks of the job, and groups by a number. fb_coll_finalize ends it, called by its
 * ranks.
 */
#define FB_COLL_NO_COLOR (-1)
fb_coll_status_t fb_coll_split(fb_coll_t *coll, int color, int key, fb_coll_t **group);

/* The same with a list of coll's ranks in their new order. Called by all ranks of coll with the same list. */
fb_coll_status_t fb_coll_create_group(fb_coll_t *coll, const int *ranks, int count, fb_coll_t **group);

/*
 * The same, called by the listed ranks alone, which have agreed upon a number from 1 to 255 by other means: one that none of
 * their other groups has, those of fb_coll_split and fb_coll_create_group included. It waits for nobody.
 */
fb_coll_status_t fb_coll_join_group(fb_coll_t *coll, const int *ranks, int count, int number, fb_coll_t **group);

/* Bytes of one element; 0 for an unknown type. */
size_t fb_coll_type_size(fb_coll_type_t type);

/* A constant text for the code, and the full line about this thread's last failure ("" if none). */
const char *fb_coll_strerror(fb_coll_status_t status);
const char *fb_coll_error_text(void);

/* The rank of the job that was lost, or -1. */
int fb_coll_lost_rank(const fb_coll_t *coll);

/* Where a rank of the handle runs, and how the ranks found each other: "pmi2", "pmix", "file" or "single". Owned by the handle. */
const char *fb_coll_host(const fb_coll_t *coll, int rank);
const char *fb_coll_bootstrap(const fb_coll_t *coll);

/*
 * What carries the data from this rank: "mapped/memory" where all ranks have the same memory mapped, else as asked of UCX,
 * "posix/memory cma/memory tcp/eth0", and only of peers that were talked to so far. Cut to size - 1 bytes. Returns the length without cutting.
 */
size_t fb_coll_transports(const fb_coll_t *coll, char *text, size_t size);

/* Version of the library, "MAJOR.MINOR.MICRO". */
const char *fb_coll_version(void);

#ifdef __cplusplus
}
#endif

#endif
