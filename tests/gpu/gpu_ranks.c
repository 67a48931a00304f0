/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The NCCL module on real GPUs: ranks are forked, meet in a folder, and check every element of what they get. Needs CUDA and
 * NCCL alone. Usage: gpu_ranks RANKS; ranks share GPUs where there are fewer. Prints TAP.
 */
#include <cuda_runtime_api.h>
#include <math.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "coll/bootstrap.h"
#include "coll/clock.h"
#include "coll/gpu.h"
#include "common/number.h"

#define RANKS_MAX 16
#define STALL_S 4
#define LIMIT_S 60 /* of a test: then its ranks are killed, and it has failed */
#define MOST ((size_t)1 << 20)

extern const struct fb_gpu_ops fb_gpu_module;

/* Between the parent and its ranks. */
struct shared {
	atomic_int lost; /* a rank that died, + 1 */
	atomic_int ready;
	char text[RANKS_MAX][FB_ERR_TEXT_MAX];
};
static struct shared *shared;

struct rank {
	int rank, size, devices;
	void *state;
	void *send, *recv, *host; /* of MOST float64 each; host memory is the last */
	cudaStream_t stream;
};

static int fail(const struct rank *r, const char *text)
{
	snprintf(shared->text[r->rank], sizeof(shared->text[0]), "%s", text);
	return 1;
}

#define CHECK(condition, text) do { if (!(condition)) return fail(r, text); } while (0)

/* In the folder of FLIGHTBASE_RENDEZVOUS, once. */
static fb_coll_status_t gather(void *context, const void *mine, size_t bytes, void *all, struct fb_err *err)
{
	const struct rank *r = context;
	struct fb_settings settings;
	struct fb_bootstrap *bootstrap;
	struct fb_blob blob = { (void *)mine, bytes }, *blobs;
	fb_coll_status_t status;

	if ((status = fb_settings_read(&settings, err)) || (status = fb_bootstrap_open(&settings, &bootstrap, err)))
		return status;
	status = fb_bootstrap_share(bootstrap, &blob, err);
	if (!status)
		status = fb_bootstrap_read(bootstrap, 0, r->size, &blobs, err);
	for (int i = 0; i < r->size && !status; i++) {
		if (blobs[i].size == bytes)
			memcpy((char *)all + (size_t)i * bytes, blobs[i].data, bytes);
		else
			status = fb_coll_fail(err, FB_COLL_ERR_BOOTSTRAP, "a card of %zu bytes", blobs[i].size);
	}
	fb_bootstrap_close(bootstrap);
	return status;
}

static fb_coll_status_t lost(void *context, struct fb_err *err)
{
	int rank = atomic_load(&shared->lost) - 1;

	(void)context;
	return rank < 0 ? FB_COLL_OK : fb_coll_fail(err, FB_COLL_ERR_PEER_LOST, "lost rank %d", rank);
}

static fb_coll_status_t open_device(struct rank *r, int device, struct fb_err *err)
{
	struct fb_gpu_world world = { r->rank, r->size, STALL_S, r, gather, lost };

	return fb_gpu_module.open(&world, device, &r->state, err);
}

static int open_rank(struct rank *r)
{
	struct fb_err err;

	if (open_device(r, r->rank % r->devices, &err))
		return fail(r, err.text);
	CHECK(!cudaMalloc(&r->send, MOST * 8) && !cudaMalloc(&r->recv, MOST * 8) && !cudaStreamCreate(&r->stream), "no GPU memory");
	r->host = malloc(MOST * 8);
	CHECK(r->host, "no memory");
	return 0;
}

/* Small whole numbers: exact in every type, whatever the order. */
static int value(int rank, size_t i)
{
	return 1 + (int)((i * 7 + (size_t)rank * 3) % 3);
}

static int reduced(const struct rank *r, size_t i, fb_coll_op_t op)
{
	int result = value(0, i);

	for (int rank = 1; rank < r->size; rank++) {
		int v = value(rank, i);

		result = op == FB_COLL_PROD ? result * v : op == FB_COLL_MIN ? (v < result ? v : result) :
			 op == FB_COLL_MAX ? (v > result ? v : result) : result + v;
	}
	return result;
}

static const struct {
	int type;
	size_t bytes;
	bool whole; /* numbers: an average is cut to one */
} types[] = {
	{ FB_COLL_FLOAT32, 4, false }, { FB_COLL_FLOAT64, 8, false },	{ FB_COLL_FLOAT16, 2, false }, { FB_COLL_BFLOAT16, 2, false },
	{ FB_COLL_INT8, 1, true },     { FB_COLL_UINT8, 1, true },	{ FB_COLL_INT32, 4, true },    { FB_COLL_INT64, 8, true },
	{ FB_COLL_GPU_UINT32, 4, true }, { FB_COLL_GPU_UINT64, 8, true },
};
#define TYPES (sizeof(types) / sizeof(*types))

/* Halves hold our numbers in the upper bits of a float32's: sign, exponent, and few digits. */
static uint16_t to_half(double v, int digits, int bias)
{
	int exponent;
	double fraction = frexp(v, &exponent); /* [0.5, 1) */

	return (uint16_t)((exponent - 1 + bias) << digits | ((int)lrint(ldexp(fraction, digits + 1)) & ((1 << digits) - 1)));
}

static double from_half(uint16_t bits, int digits, int bias)
{
	return ldexp((bits & ((1 << digits) - 1)) + (1 << digits), (bits >> digits) - bias - digits);
}

static void put(void *at, size_t i, int type, double v)
{
	switch (type) {
	case FB_COLL_FLOAT32: ((float *)at)[i] = (float)v; break;
	case FB_COLL_FLOAT64: ((double *)at)[i] = v; break;
	case FB_COLL_FLOAT16: ((uint16_t *)at)[i] = to_half(v, 10, 15); break;
	case FB_COLL_BFLOAT16: ((uint16_t *)at)[i] = to_half(v, 7, 127); break;
	case FB_COLL_INT8:
	case FB_COLL_UINT8: ((uint8_t *)at)[i] = (uint8_t)v; break;
	case FB_COLL_INT32:
	case FB_COLL_GPU_UINT32: ((uint32_t *)at)[i] = (uint32_t)v; break;
	default: ((uint64_t *)at)[i] = (uint64_t)v;
	}
}

static double get(const void *at, size_t i, int type)
{
	switch (type) {
	case FB_COLL_FLOAT32: return ((const float *)at)[i];
	case FB_COLL_FLOAT64: return ((const double *)at)[i];
	case FB_COLL_FLOAT16: return from_half(((const uint16_t *)at)[i], 10, 15);
	case FB_COLL_BFLOAT16: return from_half(((const uint16_t *)at)[i], 7, 127);
	case FB_COLL_INT8:
	case FB_COLL_UINT8: return ((const uint8_t *)at)[i];
	case FB_COLL_INT32:
	case FB_COLL_GPU_UINT32: return ((const uint32_t *)at)[i];
	default: return (double)((const uint64_t *)at)[i];
	}
}

static bool right(double got, int sum, int size, fb_coll_op_t op, bool whole)
{
	double want = op == FB_COLL_AVG ? (double)sum / size : sum;

	if (op == FB_COLL_AVG && whole)
		want = trunc(want);
	return fabs(got - want) <= (op == FB_COLL_AVG && !whole ? want / 64 : 0);
}

/* Put this rank's values onto the GPU, call, wait, and bring the result back. */
static int run(struct rank *r, struct fb_gpu_call *call, size_t type, size_t from, size_t sent, size_t received)
{
	size_t bytes = types[type].bytes;
	struct fb_err err;

	for (size_t i = 0; i < sent; i++)
		put(r->host, i, types[type].type, value(r->rank, i));
	CHECK(!cudaMemcpy((char *)call->send + from * bytes, r->host, sent * bytes, cudaMemcpyHostToDevice), "copy to the GPU");
	call->type = types[type].type;
	call->stream = r->stream;
	if (fb_gpu_module.call(r->state, call, &err) || fb_gpu_module.wait(r->state, r->stream, &err))
		return fail(r, err.text);
	CHECK(!cudaMemcpy(r->host, call->recv, received * bytes, cudaMemcpyDeviceToHost), "copy from the GPU");
	return 0;
}

static int test_allreduce(struct rank *r)
{
	static const size_t counts[] = { 1, 3, 1021, 65537, MOST };

	for (size_t t = 0; t < TYPES; t++)
		for (fb_coll_op_t op = FB_COLL_SUM; op <= FB_COLL_AVG; op++)
			for (size_t n = 0; n < sizeof(counts) / sizeof(*counts); n++)
				for (int in_place = 0; in_place < 2; in_place++) {
					struct fb_gpu_call c = { .kind = FB_GPU_ALLREDUCE, .send = in_place ? r->recv : r->send,
								 .recv = r->recv, .count = counts[n], .op = op };

					if (run(r, &c, t, 0, counts[n], counts[n]))
						return 1;
					for (size_t i = 0; i < counts[n]; i++)
						CHECK(right(get(r->host, i, types[t].type), reduced(r, i, op), r->size, op, types[t].whole),
						      "an element of an allreduce is wrong");
				}
	return 0;
}

static int test_others(struct rank *r)
{
	size_t count = 30011, all = count * (size_t)r->size;
	struct fb_gpu_call scatter = { .kind = FB_GPU_REDUCE_SCATTER, .send = r->send, .recv = r->recv, .count = count };
	struct fb_gpu_call gathered = { .kind = FB_GPU_ALLGATHER, .send = r->send, .recv = r->recv, .count = count };
	struct fb_gpu_call broadcast = { .kind = FB_GPU_BROADCAST, .send = r->recv, .recv = r->recv, .count = count, .root = r->size - 1 };

	if (run(r, &scatter, 0, 0, all, count))
		return 1;
	for (size_t i = 0; i < count; i++)
		CHECK((int)get(r->host, i, FB_COLL_FLOAT32) == reduced(r, (size_t)r->rank * count + i, FB_COLL_SUM), "reduce_scatter");
	if (run(r, &gathered, 0, 0, count, all))
		return 1;
	for (size_t i = 0; i < all; i++)
		CHECK((int)get(r->host, i, FB_COLL_FLOAT32) == value((int)(i / count), i % count), "allgather");
	if (run(r, &broadcast, 0, 0, count, count))
		return 1;
	for (size_t i = 0; i < count; i++)
		CHECK((int)get(r->host, i, FB_COLL_FLOAT32) == value(r->size - 1, i), "broadcast");
	return 0;
}

static int test_group(struct rank *r)
{
	float one = 1, got[8];
	struct fb_err err;

	for (int i = 0; i < 8; i++)
		CHECK(!cudaMemcpy((float *)r->send + i * 64, &one, sizeof(one), cudaMemcpyHostToDevice), "copy to the GPU");
	CHECK(!fb_gpu_module.group_start(r->state, &err), err.text);
	for (int i = 0; i < 8; i++) {
		struct fb_gpu_call c = { .kind = FB_GPU_ALLREDUCE, .send = (float *)r->send + i * 64, .recv = (float *)r->recv + i,
					 .count = 1, .type = FB_COLL_FLOAT32, .op = FB_COLL_SUM, .stream = r->stream };
		CHECK(!fb_gpu_module.call(r->state, &c, &err), err.text);
	}
	CHECK(!fb_gpu_module.group_end(r->state, &err) && !fb_gpu_module.wait(r->state, r->stream, &err), err.text);
	CHECK(!cudaMemcpy(got, r->recv, sizeof(got), cudaMemcpyDeviceToHost), "copy from the GPU");
	for (int i = 0; i < 8; i++)
		CHECK((int)got[i] == r->size, "an element of a group is wrong");
	return 0;
}

static int test_refused(struct rank *r)
{
	struct fb_gpu_call c = { .kind = FB_GPU_ALLREDUCE, .send = r->send, .recv = r->recv, .count = 1, .type = FB_COLL_INT16 };
	struct fb_err err;

	CHECK(fb_gpu_module.call(r->state, &c, &err) == FB_COLL_ERR_ARGUMENT && strstr(err.text, "NCCL does not have it"), "int16");
	c.type = FB_COLL_FLOAT32;
	c.op = (fb_coll_op_t)99;
	CHECK(fb_gpu_module.call(r->state, &c, &err) == FB_COLL_ERR_ARGUMENT, "operation 99");
	c.kind = FB_GPU_BROADCAST;
	c.op = FB_COLL_SUM;
	c.root = r->size;
	CHECK(fb_gpu_module.call(r->state, &c, &err) == FB_COLL_ERR_ARGUMENT && strstr(err.text, "root"), "a root that is no rank");
	CHECK(fb_gpu_module.group_end(r->state, &err) == FB_COLL_ERR_ARGUMENT, "the end of no group");
	return test_others(r); /* and all goes on */
}

/* One rank asks for a GPU that is not there: all of them hear of it. */
static int test_no_device(struct rank *r)
{
	struct fb_err err;
	fb_coll_status_t status = open_device(r, r->rank == r->size - 1 ? 99 : 0, &err);
	char want[32];

	snprintf(want, sizeof(want), "rank %d: GPU 99", r->size - 1);
	CHECK(status == FB_COLL_ERR_ARGUMENT && strstr(err.text, want), status ? err.text : "GPU 99 was there");
	return 0;
}

/* Allreduces until one fails, as it must. */
static int until_failure(struct rank *r, fb_coll_status_t want)
{
	struct fb_err err = { .text = "" };
	fb_coll_status_t status = FB_COLL_OK;
	struct fb_gpu_call c = { .kind = FB_GPU_ALLREDUCE, .send = r->send, .recv = r->recv, .count = MOST, .type = FB_COLL_FLOAT32,
				 .op = FB_COLL_SUM, .stream = r->stream };

	atomic_fetch_add(&shared->ready, 1);
	while (!status) {
		status = fb_gpu_module.call(r->state, &c, &err);
		if (!status)
			status = fb_gpu_module.wait(r->state, r->stream, &err);
	}
	if (status != want)
		return fail(r, err.text);
	fb_gpu_module.close(r->state, false);
	r->state = NULL;
	return 0;
}

static int test_killed(struct rank *r)
{
	return until_failure(r, FB_COLL_ERR_PEER_LOST);
}

static int test_stalled(struct rank *r)
{
	if (r->rank != r->size - 1)
		return until_failure(r, FB_COLL_ERR_STALLED);
	sleep(STALL_S * 3);
	fb_gpu_module.close(r->state, false);
	r->state = NULL;
	return 0;
}

static const struct test {
	const char *name;
	int (*run)(struct rank *r);
	bool closed; /* it opens by itself */
	bool kill;   /* its last rank */
	int ranks;   /* at least */
} tests[] = {
	{ "allreduce: every type, operation and size, in place and not", test_allreduce, false, false, 1 },
	{ "reduce_scatter, allgather, broadcast", test_others, false, false, 1 },
	{ "a group of operations", test_group, false, false, 1 },
	{ "what NCCL does not have is refused, and all goes on", test_refused, false, false, 1 },
	{ "a GPU that is not there: every rank is told", test_no_device, true, false, 1 },
	{ "a rank is killed: the others end", test_killed, false, true, 2 },
	{ "a rank does not come: the others end", test_stalled, false, false, 2 },
};

static int rank_main(const struct test *test, int rank, int size, int devices)
{
	struct rank r = { .rank = rank, .size = size, .devices = devices };
	char text[24];

	snprintf(text, sizeof(text), "%d", rank);
	setenv("FLIGHTBASE_RANK", text, 1);
	if (size > devices) {
		/* NCCL refuses two ranks of one machine on one GPU: let each pass for a machine, over sockets. */
		snprintf(text, sizeof(text), "flightbase-%d", rank);
		setenv("NCCL_HOSTID", text, 1);
		setenv("NCCL_SOCKET_IFNAME", "lo", 0);
	}
	if ((!test->closed && open_rank(&r)) || test->run(&r))
		return 1;
	if (r.state)
		fb_gpu_module.close(r.state, true);
	return 0;
}

/* Wait for all; who dies of a signal is told to the others. */
static bool ranks_wait(pid_t *pids, int size, bool kill_last)
{
	int64_t until = fb_clock_ms() + LIMIT_S * 1000;
	bool good = true, killed = false;

	for (int left = size; left;) {
		int status;
		pid_t pid = waitpid(-1, &status, WNOHANG);

		if (pid > 0) {
			left--;
			for (int i = 0; i < size; i++)
				if (pids[i] == pid && WIFSIGNALED(status))
					atomic_store(&shared->lost, i + 1);
			good = good && ((kill_last && pid == pids[size - 1]) || (WIFEXITED(status) && !WEXITSTATUS(status)));
			continue;
		}
		if (kill_last && !killed && atomic_load(&shared->ready) == size) {
			fb_clock_sleep_ms(500);
			kill(pids[size - 1], SIGKILL);
			killed = true;
		}
		if (fb_clock_ms() > until) {
			for (int i = 0; i < size; i++)
				kill(pids[i], SIGKILL);
			good = false;
		}
		fb_clock_sleep_ms(10);
	}
	return good;
}

static bool test_run(const struct test *test, int size, int devices)
{
	char folder[] = "/tmp/flightbase-gpu-XXXXXX", number[16];
	pid_t pids[RANKS_MAX];

	memset(shared, 0, sizeof(*shared));
	snprintf(number, sizeof(number), "%d", size);
	if (!mkdtemp(folder) || setenv("FLIGHTBASE_RENDEZVOUS", folder, 1) || setenv("FLIGHTBASE_SIZE", number, 1))
		return false;
	for (int i = 0; i < size; i++) {
		pids[i] = fork();
		if (!pids[i])
			_exit(rank_main(test, i, size, devices));
	}
	bool good = ranks_wait(pids, size, test->kill);
	rmdir(folder);
	return good;
}

/* In a process of its own: CUDA does not bear a fork after its first call. */
static int devices_count(void)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		int devices = 0;
		_exit(cudaGetDeviceCount(&devices) ? 0 : devices);
	}
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : 0;
}

int main(int argc, char **argv)
{
	int64_t ranks = 1;
	struct fb_err err;

	if (argc > 1 && fb_number_parse(argv[1], 1, RANKS_MAX, &ranks, &err)) {
		fprintf(stderr, "usage: gpu_ranks RANKS, 1 to %d\n", RANKS_MAX);
		return 2;
	}
	int size = (int)ranks, devices = devices_count(), planned = 0, failed = 0, n = 0;
	if (!devices) {
		printf("1..0 # SKIP there is no GPU that CUDA can use\n");
		return 77;
	}
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return 1;
	for (size_t i = 0; i < sizeof(tests) / sizeof(*tests); i++)
		planned += size >= tests[i].ranks;
	printf("1..%d\n", planned);
	for (size_t i = 0; i < sizeof(tests) / sizeof(*tests); i++) {
		if (size < tests[i].ranks)
			continue;
		fflush(stdout);
		bool good = test_run(&tests[i], size, devices);
		printf("%sok %d - %d ranks: %s\n", good ? "" : "not ", ++n, size, tests[i].name);
		for (int r = 0; r < size && !good; r++)
			if (shared->text[r][0])
				printf("# rank %d: %s\n", r, shared->text[r]);
		failed += !good;
	}
	return failed ? 1 : 0;
}
