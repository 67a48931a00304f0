/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GPU memory by NCCL: the module coll-nccl.so. The communicator does not block, so that a rank that dies while NCCL
 * connects, or in an operation, ends it on all others: every wait looks at NCCL's own errors and at the world's.
 */
#include <cuda_runtime_api.h>
#include <nccl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "coll/clock.h"
#include "coll/gpu.h"

#define MARKS 64	 /* operations that are watched for a stall; of more only the oldest */
#define SPINS 2000	 /* polls before a wait gives its core away */
#define SLEEP_AFTER_MS 5 /* of waiting: then it sleeps between polls */
#define LOOK_GAP_MS 500	 /* more between two looks, and the process was stopped: that is no stall */

/* An operation in a stream: from the first event on it runs, at the second it is done. */
struct mark {
	cudaEvent_t begin, end;
	struct fb_awake awake;
	int64_t since; /* when it was first seen to run; 0: not yet */
	bool used;
};

struct state {
	struct fb_gpu_world world;
	int device;
	ncclComm_t comm;
	struct mark mark[MARKS];
	int group; /* depth */
	struct mark *mark_open; /* around the operation, or the whole group, that is being put into a stream */
	cudaStream_t mark_stream;
	char description[256];
};

/* What every rank tells the others before NCCL starts. */
struct hello {
	ncclUniqueId id; /* rank 0's */
	int32_t status;
	char text[FB_GPU_TEXT_MAX];
};

static fb_coll_status_t cuda_result(const char *what, cudaError_t rc, struct fb_err *err)
{
	if (rc == cudaSuccess)
		return FB_COLL_OK;
	cudaGetLastError(); /* not the next call's */
	return fb_coll_fail(err, rc == cudaErrorMemoryAllocation ? FB_COLL_ERR_MEMORY : FB_COLL_ERR_TRANSPORT, "CUDA: %s: %s", what,
			    cudaGetErrorString(rc));
}

static fb_coll_status_t nccl_status(ncclResult_t rc)
{
	switch (rc) {
	case ncclSuccess:
	case ncclInProgress:
		return FB_COLL_OK;
	case ncclInvalidArgument:
		return FB_COLL_ERR_ARGUMENT;
	case ncclInvalidUsage:
		return FB_COLL_ERR_MISMATCH;
	default:
		return FB_COLL_ERR_TRANSPORT;
	}
}

static fb_coll_status_t nccl_result(const struct state *s, const char *what, ncclResult_t rc, struct fb_err *err)
{
	const char *detail = s ? ncclGetLastError(s->comm) : NULL;

	if (!nccl_status(rc))
		return FB_COLL_OK;
	return fb_coll_fail(err, nccl_status(rc), "NCCL: %s: %s%s%.200s", what, ncclGetErrorString(rc), detail && *detail ? ": " : "",
			    detail ? detail : "");
}

/* Between two polls: first none, then the core is given away, then it sleeps. */
static void pause_between(int polls, int64_t from_ms)
{
	struct timespec nap = { 0, 50000 };

	if (polls < SPINS)
		return;
	if (fb_clock_ms() - from_ms < SLEEP_AFTER_MS)
		sched_yield();
	else
		nanosleep(&nap, NULL);
}

/* Wait until NCCL has done what it was asked, in its own threads. */
static fb_coll_status_t settle(struct state *s, const char *what, struct fb_err *err)
{
	int64_t from = fb_clock_ms();
	ncclResult_t rc, now = ncclSuccess;
	fb_coll_status_t status;

	for (int polls = 0;; polls += polls < SPINS) {
		rc = ncclCommGetAsyncError(s->comm, &now);
		if (rc != ncclSuccess || now != ncclInProgress)
			break;
		status = s->world.lost(s->world.context, err);
		if (status)
			return status;
		pause_between(polls, from);
	}
	if (rc == ncclSuccess && now != ncclSuccess) {
		/* NCCL sees the connection break, the world knows whose. */
		status = s->world.lost(s->world.context, err);
		if (status)
			return status;
	}
	return nccl_result(s, what, rc == ncclSuccess ? now : rc, err);
}

static bool find_type(int type, ncclDataType_t *found)
{
	static const struct {
		int type;
		ncclDataType_t nccl;
	} types[] = {
		{ FB_COLL_FLOAT32, ncclFloat32 },	{ FB_COLL_FLOAT64, ncclFloat64 },
		{ FB_COLL_FLOAT16, ncclFloat16 },	{ FB_COLL_BFLOAT16, ncclBfloat16 },
		{ FB_COLL_INT8, ncclInt8 },		{ FB_COLL_UINT8, ncclUint8 },
		{ FB_COLL_INT32, ncclInt32 },		{ FB_COLL_INT64, ncclInt64 },
		{ FB_COLL_GPU_UINT32, ncclUint32 },	{ FB_COLL_GPU_UINT64, ncclUint64 },
#if NCCL_VERSION_CODE >= NCCL_VERSION(2, 24, 0)
		{ FB_COLL_GPU_FLOAT8E4M3, ncclFloat8e4m3 }, { FB_COLL_GPU_FLOAT8E5M2, ncclFloat8e5m2 },
#endif
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (types[i].type == type) {
			*found = types[i].nccl;
			return true;
		}
	return false;
}

static bool find_op(fb_coll_op_t op, ncclRedOp_t *found)
{
	static const ncclRedOp_t ops[] = {
		[FB_COLL_SUM] = ncclSum, [FB_COLL_PROD] = ncclProd, [FB_COLL_MIN] = ncclMin,
		[FB_COLL_MAX] = ncclMax, [FB_COLL_AVG] = ncclAvg,
	};

	if ((size_t)op >= sizeof(ops) / sizeof(*ops))
		return false;
	*found = ops[op];
	return true;
}

/* What can fail on this rank alone. */
static fb_coll_status_t prepare(struct state *s, struct hello *mine, struct fb_err *err)
{
	struct cudaDeviceProp device;
	char bus[24] = "";
	int devices = 0, version = 0;
	fb_coll_status_t status = cuda_result("counting GPUs", cudaGetDeviceCount(&devices), err);

	if (status)
		return status;
	if (s->device < 0 || s->device >= devices)
		return fb_coll_fail(err, FB_COLL_ERR_ARGUMENT, "GPU %d: this process sees %d; see CUDA_VISIBLE_DEVICES", s->device, devices);
	if ((status = cuda_result("choosing the GPU", cudaSetDevice(s->device), err)) ||
	    (status = cuda_result("reading the GPU", cudaGetDeviceProperties(&device, s->device), err)))
		return status;
	for (int i = 0; i < MARKS; i++)
		if ((status = cuda_result("an event", cudaEventCreateWithFlags(&s->mark[i].begin, cudaEventDisableTiming), err)) ||
		    (status = cuda_result("an event", cudaEventCreateWithFlags(&s->mark[i].end, cudaEventDisableTiming), err)))
			return status;
	cudaDeviceGetPCIBusId(bus, sizeof(bus), s->device);
	ncclGetVersion(&version);
	snprintf(s->description, sizeof(s->description), "NCCL %d.%d.%d, %.120s (%s)", version / 10000, version / 100 % 100, version % 100,
		 device.name, bus);
	return s->world.rank ? FB_COLL_OK : nccl_result(NULL, "a unique id", ncclGetUniqueId(&mine->id), err);
}

/* Every rank learns whether all can start, and rank 0's id. Returns the same on all of them. */
static fb_coll_status_t agree(struct state *s, struct hello *mine, ncclUniqueId *id, struct fb_err *err)
{
	struct hello *all = calloc((size_t)s->world.size, sizeof(*all));
	fb_coll_status_t status;

	if (!all)
		return fb_coll_fail(err, FB_COLL_ERR_MEMORY, "no memory for %d ranks", s->world.size);
	status = s->world.gather(s->world.context, mine, sizeof(*mine), all, err);
	for (int i = 0; i < s->world.size && !status; i++) {
		all[i].text[FB_GPU_TEXT_MAX - 1] = '\0';
		if (all[i].status)
			status = fb_coll_fail(err, (fb_coll_status_t)all[i].status, "rank %d: %s", i, all[i].text);
	}
	*id = all[0].id;
	free(all);
	return status;
}

static fb_coll_status_t connect_ranks(struct state *s, const ncclUniqueId *id, struct fb_err *err)
{
	ncclConfig_t config = NCCL_CONFIG_INITIALIZER;
	fb_coll_status_t status;

	config.blocking = 0;
	status = nccl_result(NULL, "starting", ncclCommInitRankConfig(&s->comm, s->world.size, *id, s->world.rank, &config), err);
	return status ? status : settle(s, "connecting the ranks", err);
}

static void nccl_close(void *state, bool orderly)
{
	struct state *s = state;
	struct fb_err ignored;

	cudaSetDevice(s->device);
	if (s->comm && orderly && !nccl_status(ncclCommFinalize(s->comm)) && !settle(s, "ending", &ignored))
		ncclCommDestroy(s->comm);
	else if (s->comm)
		ncclCommAbort(s->comm);
	for (int i = 0; i < MARKS; i++) {
		if (s->mark[i].begin)
			cudaEventDestroy(s->mark[i].begin);
		if (s->mark[i].end)
			cudaEventDestroy(s->mark[i].end);
	}
	free(s);
}

static fb_coll_status_t nccl_open(const struct fb_gpu_world *world, int device, void **state, struct fb_err *err)
{
	struct state *s = calloc(1, sizeof(*s));
	struct hello mine = { .status = 0 };
	ncclUniqueId id;
	fb_coll_status_t status;

	if (!s)
		return fb_coll_fail(err, FB_COLL_ERR_MEMORY, "no memory for a handle");
	s->world = *world;
	s->device = device;
	mine.status = (int32_t)prepare(s, &mine, err);
	if (mine.status)
		snprintf(mine.text, sizeof(mine.text), "%.*s", (int)sizeof(mine.text) - 1, err->text);
	status = agree(s, &mine, &id, err);
	if (!status)
		status = connect_ranks(s, &id, err);
	if (status) {
		nccl_close(s, false);
		return status;
	}
	*state = s;
	return FB_COLL_OK;
}

/* A mark that is not in use any more, or NULL: then the operation is not watched itself, but older ones are. */
static struct mark *mark_free(struct state *s)
{
	for (int i = 0; i < MARKS; i++) {
		struct mark *mark = &s->mark[i];

		if (mark->used && cudaEventQuery(mark->end) == cudaSuccess)
			mark->used = false;
		if (!mark->used)
			return mark;
	}
	return NULL;
}

/* Before an operation; in a group before its first, because all start at its end. */
static fb_coll_status_t mark_begin(struct state *s, cudaStream_t stream, struct fb_err *err)
{
	if (s->group && s->mark_open)
		return FB_COLL_OK;
	s->mark_open = mark_free(s);
	s->mark_stream = stream;
	return s->mark_open ? cuda_result("an event", cudaEventRecord(s->mark_open->begin, stream), err) : FB_COLL_OK;
}

/* When NCCL has put it, or the group, into the stream. */
static fb_coll_status_t mark_end(struct state *s, const char *what, struct fb_err *err)
{
	struct mark *mark = s->mark_open;
	fb_coll_status_t status = settle(s, what, err);

	s->mark_open = NULL;
	if (status || !mark)
		return status;
	mark->used = true;
	mark->since = 0;
	return cuda_result("an event", cudaEventRecord(mark->end, s->mark_stream), err);
}

static ncclResult_t enqueue(const struct state *s, const struct fb_gpu_call *call, ncclDataType_t type, ncclRedOp_t op)
{
	cudaStream_t stream = call->stream;

	switch (call->kind) {
	case FB_GPU_ALLREDUCE:
		return ncclAllReduce(call->send, call->recv, call->count, type, op, s->comm, stream);
	case FB_GPU_REDUCE_SCATTER:
		return ncclReduceScatter(call->send, call->recv, call->count, type, op, s->comm, stream);
	case FB_GPU_ALLGATHER:
		return ncclAllGather(call->send, call->recv, call->count, type, s->comm, stream);
	case FB_GPU_BROADCAST:
		return ncclBroadcast(call->send, call->recv, call->count, type, call->root, s->comm, stream);
	}
	return ncclInvalidArgument;
}

static fb_coll_status_t nccl_call(void *state, const struct fb_gpu_call *call, struct fb_err *err)
{
	struct state *s = state;
	ncclDataType_t type;
	ncclRedOp_t op;
	fb_coll_status_t status;

	if (!find_type(call->type, &type))
		return fb_coll_fail(err, FB_COLL_ERR_ARGUMENT, "type %d: NCCL does not have it", call->type);
	if (!find_op(call->op, &op))
		return fb_coll_fail(err, FB_COLL_ERR_ARGUMENT, "operation %d is unknown", (int)call->op);
	if (call->kind == FB_GPU_BROADCAST && (call->root < 0 || call->root >= s->world.size))
		return fb_coll_fail(err, FB_COLL_ERR_ARGUMENT, "root %d: ranks are 0 to %d", call->root, s->world.size - 1);
	status = cuda_result("choosing the GPU", cudaSetDevice(s->device), err);
	if (status)
		return status;
	status = mark_begin(s, call->stream, err);
	if (!status)
		status = nccl_result(s, "an operation", enqueue(s, call, type, op), err);
	return status || s->group ? status : mark_end(s, "an operation", err);
}

static fb_coll_status_t nccl_group_start(void *state, struct fb_err *err)
{
	struct state *s = state;

	s->group++;
	return nccl_result(s, "a group", ncclGroupStart(), err);
}

static fb_coll_status_t nccl_group_end(void *state, struct fb_err *err)
{
	struct state *s = state;
	fb_coll_status_t status;

	if (!s->group)
		return fb_coll_fail(err, FB_COLL_ERR_ARGUMENT, "there is no group to end");
	s->group--;
	status = nccl_result(s, "a group", ncclGroupEnd(), err);
	return status || s->group ? status : mark_end(s, "a group", err);
}

/* The time that an operation has run for, if it has begun. */
static bool mark_stalled(struct mark *mark, int limit_s)
{
	int64_t now = fb_awake_ms(&mark->awake, LOOK_GAP_MS);

	if (!mark->used || cudaEventQuery(mark->begin) != cudaSuccess)
		return false;
	if (cudaEventQuery(mark->end) == cudaSuccess) {
		mark->used = false;
		return false;
	}
	if (!mark->since)
		mark->since = now;
	return now - mark->since > (int64_t)limit_s * 1000;
}

static fb_coll_status_t check_stall(struct state *s, struct fb_err *err)
{
	for (int i = 0; i < MARKS; i++)
		if (mark_stalled(&s->mark[i], s->world.stall_s))
			return fb_coll_fail(err, FB_COLL_ERR_STALLED,
					    "an operation on GPU %d of rank %d has run for %d s (FLIGHTBASE_STALL_TIMEOUT): "
					    "a rank does not come to it, or its links are down",
					    s->device, s->world.rank, s->world.stall_s);
	return FB_COLL_OK;
}

static fb_coll_status_t check_health(struct state *s, struct fb_err *err)
{
	ncclResult_t now = ncclSuccess, rc;
	fb_coll_status_t status = s->world.lost(s->world.context, err);

	if (status)
		return status;
	rc = ncclCommGetAsyncError(s->comm, &now);
	status = nccl_result(s, "while it ran", rc == ncclSuccess ? now : rc, err);
	return status ? status : check_stall(s, err);
}

static fb_coll_status_t nccl_wait(void *state, void *stream, struct fb_err *err)
{
	struct state *s = state;
	int64_t from = fb_clock_ms();
	fb_coll_status_t status = cuda_result("choosing the GPU", cudaSetDevice(s->device), err);

	for (int polls = 0; !status; polls += polls < SPINS) {
		cudaError_t rc = cudaStreamQuery(stream);

		if (rc == cudaSuccess)
			return FB_COLL_OK;
		if (rc != cudaErrorNotReady)
			return cuda_result("the stream", rc, err);
		status = check_health(s, err);
		pause_between(polls, from);
	}
	/* Kernels that wait for a lost rank would keep the GPU for ever. */
	if (s->comm)
		ncclCommAbort(s->comm);
	s->comm = NULL;
	return status;
}

static const char *nccl_describe(const void *state)
{
	return ((const struct state *)state)->description;
}

extern const struct fb_gpu_ops fb_gpu_module;
const struct fb_gpu_ops fb_gpu_module = {
	FB_GPU_VERSION, nccl_open, nccl_call, nccl_group_start, nccl_group_end, nccl_wait, nccl_describe, nccl_close,
};
