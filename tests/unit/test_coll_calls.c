/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every call between 1 to 9 processes over UCX: blocking, with requests, in groups, fused. */
#include "coll_ranks.h"
#include "draw.h"

#include "coll/internal.h"
#include "coll/type.h"

static const size_t counts[] = { 0, 1, 2, 3, 17, 1009, 4099, 70001 };

/* Small whole numbers: sums and products of them are exact in every type of the first four. */
static double value_of(int rank, size_t i, int salt)
{
	return (double)((i * 7 + (size_t)(rank * 3 + salt)) % 5 + 1);
}

static void put(void *data, size_t i, fb_coll_type_t type, double value)
{
	switch (type) {
	case FB_COLL_FLOAT32:
		((float *)data)[i] = (float)value;
		return;
	case FB_COLL_FLOAT64:
		((double *)data)[i] = value;
		return;
	case FB_COLL_INT32:
		((int32_t *)data)[i] = (int32_t)value;
		return;
	default:
		((int64_t *)data)[i] = (int64_t)value;
	}
}

static double get(const void *data, size_t i, fb_coll_type_t type)
{
	switch (type) {
	case FB_COLL_FLOAT32:
		return (double)((const float *)data)[i];
	case FB_COLL_FLOAT64:
		return ((const double *)data)[i];
	case FB_COLL_INT32:
		return (double)((const int32_t *)data)[i];
	default:
		return (double)((const int64_t *)data)[i];
	}
}

/* The double-precision reference: value i of all ranks. */
static double reduced(int size, size_t i, int salt, fb_coll_type_t type, fb_coll_op_t op)
{
	const bool whole = type == FB_COLL_INT32 || type == FB_COLL_INT64;
	double result = value_of(0, i, salt);

	for (int r = 1; r < size; r++) {
		double value = value_of(r, i, salt);
		if (op == FB_COLL_PROD)
			result *= value;
		else if (op == FB_COLL_MIN)
			result = value < result ? value : result;
		else if (op == FB_COLL_MAX)
			result = value > result ? value : result;
		else
			result += value;
	}
	if (op != FB_COLL_AVG)
		return result;
	return whole ? (double)((int64_t)result / size) : type == FB_COLL_FLOAT32 ? (double)((float)result / (float)size) : result / size;
}

/* A call with its memory: element-aligned and no more, with a guard at the end. */
struct trial {
	enum fb_call call;
	size_t count, length; /* elements: of the call, of recv */
	fb_coll_type_t type;
	fb_coll_op_t op;
	int root, salt;
	bool in_place;
	char *memory[2], *send, *recv;
	fb_coll_request_t *request;
};

static char *allocate(struct trial *t, int k, size_t elements)
{
	const size_t element = fb_coll_type_size(t->type);

	t->memory[k] = malloc((elements + 2) * element);
	RANK_CHECK(t->memory[k]);
	memset(t->memory[k], 0x5a, (elements + 2) * element);
	/* malloc aligns to more than the element. */
	return t->memory[k] + element;
}

static void prepare(struct trial *t, fb_coll_t *coll)
{
	const size_t size = (size_t)fb_coll_size(coll), rank = (size_t)fb_coll_rank(coll), element = fb_coll_type_size(t->type);
	const size_t sent = t->call == FB_CALL_REDUCE_SCATTER ? size * t->count : t->count;

	t->length = t->call == FB_CALL_ALLGATHER ? size * t->count : t->count;
	if (t->in_place) {
		char *both = allocate(t, 0, sent > t->length ? sent : t->length);
		t->send = both + (t->call == FB_CALL_ALLGATHER ? rank * t->count * element : 0);
		t->recv = both + (t->call == FB_CALL_REDUCE_SCATTER ? rank * t->count * element : 0);
	} else {
		t->send = allocate(t, 0, sent);
		t->recv = allocate(t, 1, t->length);
	}
	for (size_t i = 0; i < sent; i++)
		put(t->send, i, t->type, value_of((int)rank, i, t->salt));
}

static void check_result(struct trial *t, fb_coll_t *coll)
{
	const int size = fb_coll_size(coll);
	const size_t offset = t->call == FB_CALL_REDUCE_SCATTER ? (size_t)fb_coll_rank(coll) * t->count : 0;
	const size_t element = fb_coll_type_size(t->type);

	for (size_t i = 0; i < t->length; i++) {
		double expected = t->call == FB_CALL_ALLGATHER ? value_of((int)(i / t->count), i % t->count, t->salt) :
				  t->call == FB_CALL_BROADCAST ? value_of(t->root, i, t->salt) :
								 reduced(size, offset + i, t->salt, t->type, t->op);
		double got = get(t->recv, i, t->type);
		if (got > expected || got < expected)
			fprintf(stderr, "call %d type %d op %d count %zu of %d: element %zu is %g, not %g\n", t->call, t->type, t->op,
				t->count, size, i, got, expected);
		RANK_CHECK(got <= expected && got >= expected);
	}
	for (size_t i = 0; i < element && !t->in_place; i++)
		RANK_CHECK(t->recv[t->length * element + i] == 0x5a && t->recv[(ptrdiff_t)i - (ptrdiff_t)element] == 0x5a);
	free(t->memory[0]);
	free(t->memory[1]);
	t->memory[0] = t->memory[1] = NULL;
}

static fb_coll_status_t call(const struct trial *t, fb_coll_t *coll)
{
	switch (t->call) {
	case FB_CALL_ALLREDUCE:
		return fb_coll_allreduce(coll, t->send, t->recv, t->count, t->type, t->op);
	case FB_CALL_REDUCE_SCATTER:
		return fb_coll_reduce_scatter(coll, t->send, t->recv, t->count, t->type, t->op);
	case FB_CALL_ALLGATHER:
		return fb_coll_allgather(coll, t->send, t->recv, t->count, t->type);
	case FB_CALL_BROADCAST:
		return fb_coll_broadcast(coll, fb_coll_rank(coll) == t->root ? t->send : t->in_place ? t->recv : NULL, t->recv, t->count,
					 t->type, t->root);
	default:
		return fb_coll_barrier(coll);
	}
}

static fb_coll_status_t begin(struct trial *t, fb_coll_t *coll)
{
	switch (t->call) {
	case FB_CALL_ALLREDUCE:
		return fb_coll_iallreduce(coll, t->send, t->recv, t->count, t->type, t->op, &t->request);
	case FB_CALL_REDUCE_SCATTER:
		return fb_coll_ireduce_scatter(coll, t->send, t->recv, t->count, t->type, t->op, &t->request);
	case FB_CALL_ALLGATHER:
		return fb_coll_iallgather(coll, t->send, t->recv, t->count, t->type, &t->request);
	case FB_CALL_BROADCAST:
		return fb_coll_ibroadcast(coll, t->send, t->recv, t->count, t->type, t->root, &t->request);
	default:
		return fb_coll_ibarrier(coll, &t->request);
	}
}

static const enum fb_call kinds[] = { FB_CALL_ALLREDUCE, FB_CALL_REDUCE_SCATTER, FB_CALL_ALLGATHER, FB_CALL_BROADCAST,
				      FB_CALL_BARRIER };

static int run_blocking(int rank, int size, const void *argument)
{
	fb_coll_t *coll;
	int salt = 0;

	(void)rank;
	(void)argument;
	RANK_CHECK(!fb_coll_init(&coll));
	for (size_t k = 0; k < 4; k++)
		for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++)
			for (int type = 0; type < 4; type++) {
				struct trial t = { .call = kinds[k], .count = counts[i], .type = (fb_coll_type_t)type,
						   .op = (fb_coll_op_t)(salt % FB_COLL_OPS), .root = salt % size, .salt = salt,
						   .in_place = salt % 2 };
				if (t.count > 5000 && type % 2)
					continue;
				salt++;
				prepare(&t, coll);
				RANK_CHECK(!call(&t, coll));
				check_result(&t, coll);
			}
	RANK_CHECK(!fb_coll_finalize(coll));
	exit(0);
}

static void test_blocking(void **state)
{
	static const int sizes[] = { 1, 2, 3, 4, 5, 8, 9 };
	struct ranks r;

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		ranks_start(&r, sizes[i], -1, run_blocking, NULL);
		ranks_end(&r, 0, 120);
	}
}

#define TRIALS 12

/* The same on every rank but for what it does with the requests. */
static void make_trials(struct trial *t, fb_coll_t *coll, uint64_t *same)
{
	for (int i = 0; i < TRIALS; i++) {
		seed = *same;
		t[i] = (struct trial){ .call = kinds[draw(5)], .count = counts[draw(8)], .type = (fb_coll_type_t)draw(4),
				       .op = (fb_coll_op_t)draw(FB_COLL_OPS), .root = (int)draw((unsigned)fb_coll_size(coll)),
				       .salt = (int)draw(100), .in_place = draw(2) };
		*same = seed;
		if (t[i].call == FB_CALL_BARRIER)
			t[i].count = 0;
		prepare(&t[i], coll);
	}
}

/* In an order of this rank's own, by test or wait. */
static void finish_trials(struct trial *t, fb_coll_t *coll, uint64_t *own)
{
	int left = TRIALS, done;

	seed = *own;
	while (left) {
		struct trial *one = &t[draw(TRIALS)];
		if (!one->request)
			continue;
		if (draw(3))
			RANK_CHECK(!fb_coll_test(&one->request, &done));
		else
			RANK_CHECK(!fb_coll_wait(&one->request) && !one->request);
		if (one->request)
			continue;
		left--;
		check_result(one, coll);
	}
	*own = seed;
}

static int run_requests(int rank, int size, const void *argument)
{
	uint64_t same = 99, own = 1000 + (uint64_t)rank;
	struct trial t[TRIALS];
	int64_t sum;
	fb_coll_t *coll;

	(void)argument;
	RANK_CHECK(!fb_coll_init(&coll));
	for (int round = 0; round < 8; round++) {
		make_trials(t, coll, &same);
		for (int i = 0; i < TRIALS; i++)
			RANK_CHECK(!begin(&t[i], coll));
		/* A blocking call while they are under way. */
		sum = rank;
		RANK_CHECK(!fb_coll_allreduce(coll, &sum, &sum, 1, FB_COLL_INT64, FB_COLL_SUM));
		RANK_CHECK(sum == size * (size - 1) / 2);
		finish_trials(t, coll, &own);
	}
	RANK_CHECK(!fb_coll_finalize(coll));
	exit(0);
}

static void test_requests(void **state)
{
	struct ranks r;

	(void)state;
	for (int size = 1; size <= 5; size++) {
		ranks_start(&r, size, -1, run_requests, NULL);
		ranks_end(&r, 0, 120);
	}
}

#define MANY (2 * FB_REQUESTS_MAX + 50)

/* More than may be under way; NULL is done; what is not waited for ends with the handle. */
static int run_many_requests(int rank, int size, const void *argument)
{
	static fb_coll_request_t *requests[MANY + 1], *forgotten;
	static int64_t values[MANY], last;
	fb_coll_t *coll;
	int done = 0;

	(void)argument;
	RANK_CHECK(!fb_coll_init(&coll));
	for (int i = 0; i < MANY; i++) {
		values[i] = rank + i;
		RANK_CHECK(!fb_coll_iallreduce(coll, &values[i], &values[i], 1, FB_COLL_INT64, FB_COLL_SUM, &requests[i]));
		RANK_CHECK(coll->requests <= FB_REQUESTS_MAX);
	}
	RANK_CHECK(!fb_coll_waitall(requests, MANY + 1));
	for (int i = 0; i < MANY; i++)
		RANK_CHECK(!requests[i] && values[i] == size * (size - 1) / 2 + size * i);
	RANK_CHECK(!fb_coll_test(&requests[0], &done) && done == 1);
	last = 1;
	RANK_CHECK(!fb_coll_iallreduce(coll, &last, &last, 1, FB_COLL_INT64, FB_COLL_SUM, &forgotten));
	RANK_CHECK(!fb_coll_finalize(coll));
	RANK_CHECK(last == size);
	RANK_CHECK(!fb_coll_wait(&forgotten));
	exit(0);
}

static void test_many_requests(void **state)
{
	struct ranks r;

	(void)state;
	ranks_start(&r, 3, -1, run_many_requests, NULL);
	ranks_end(&r, 0, 120);
}

/* The root is done long before the others come. */
static int run_root_ahead(int rank, int size, const void *argument)
{
	static int64_t values[40];
	fb_coll_t *coll;

	(void)argument;
	RANK_CHECK(!fb_coll_init(&coll));
	if (rank)
		RANK_CHECK(rank_await("done", 1, -1));
	for (int i = 0; i < 40; i++) {
		values[i] = rank ? -1 : i;
		RANK_CHECK(!fb_coll_broadcast(coll, &values[i], &values[i], 1, FB_COLL_INT64, 0));
	}
	if (!rank)
		rank_mark("done", 0);
	for (int i = 0; i < 40; i++)
		RANK_CHECK(values[i] == i);
	/* And without end. */
	for (int i = 0; i < 1000; i++)
		RANK_CHECK(!fb_coll_broadcast(coll, values, values, 1, FB_COLL_INT64, i % size));
	RANK_CHECK(!fb_coll_finalize(coll));
	exit(0);
}

static void test_root_ahead(void **state)
{
	struct ranks r;

	(void)state;
	ranks_start(&r, 3, -1, run_root_ahead, NULL);
	ranks_end(&r, 0, 60);
}

static int64_t sum_in(fb_coll_t *group, int64_t value)
{
	RANK_CHECK(!fb_coll_allreduce(group, &value, &value, 1, FB_COLL_INT64, FB_COLL_SUM));
	return value;
}

/* Odd and even ranks, backwards; calls of several groups under way at once do not mix. */
static void use_halves(fb_coll_t *coll, int rank, int size)
{
	const int color = rank % 2, members = (size + 1 - color) / 2;
	int64_t mine = rank, all = rank, of_half = rank, expected = 0;
	fb_coll_request_t *request[2];
	fb_coll_t *half, *pair;

	for (int r = color; r < size; r += 2)
		expected += r;
	RANK_CHECK(!fb_coll_split(coll, color, -rank, &half));
	RANK_CHECK(fb_coll_size(half) == members && fb_coll_rank(half) == members - 1 - rank / 2);
	RANK_CHECK(fb_coll_local_size(half) == members && fb_coll_local_rank(half) == fb_coll_rank(half));
	RANK_CHECK(!strcmp(fb_coll_host(half, 0), fb_coll_host(coll, 0)) && !fb_coll_host(half, members));
	RANK_CHECK(!strcmp(fb_coll_bootstrap(half), "file") && fb_coll_lost_rank(half) == -1);
	/* In the group first on some, in the job first on others. */
	RANK_CHECK(!fb_coll_iallreduce(color ? half : coll, color ? &of_half : &all, color ? &of_half : &all, 1, FB_COLL_INT64,
				       FB_COLL_SUM, &request[0]));
	RANK_CHECK(!fb_coll_iallreduce(color ? coll : half, color ? &all : &of_half, color ? &all : &of_half, 1, FB_COLL_INT64,
				       FB_COLL_SUM, &request[1]));
	RANK_CHECK(!fb_coll_wait(&request[rank / 2 % 2]) && !fb_coll_waitall(request, 2));
	RANK_CHECK(all == size * (size - 1) / 2 && of_half == expected);
	/* A group of the group: its rank 0 is the job's last one of that color. */
	RANK_CHECK(!fb_coll_split(half, fb_coll_rank(half) < 2 ? 0 : FB_COLL_NO_COLOR, 0, &pair));
	RANK_CHECK((pair != NULL) == (fb_coll_rank(half) < 2));
	if (pair) {
		RANK_CHECK(!fb_coll_broadcast(pair, &mine, &mine, 1, FB_COLL_INT64, 0));
		RANK_CHECK(mine == 2 * (members - 1) + color);
		RANK_CHECK(!fb_coll_finalize(pair));
	}
	RANK_CHECK(sum_in(half, 1) == members);
	RANK_CHECK(!fb_coll_finalize(half));
}

static void use_lists(fb_coll_t *coll, int rank, int size)
{
	const int backwards[] = { size - 1, 0 }, twice[] = { 0, 0 }, outside[] = { size };
	fb_coll_t *group = NULL;
	int64_t root = rank;

	RANK_CHECK(fb_coll_create_group(coll, twice, 2, &group) == FB_COLL_ERR_ARGUMENT);
	RANK_CHECK(strstr(fb_coll_error_text(), "create_group: rank 0 is listed twice"));
	RANK_CHECK(fb_coll_create_group(coll, outside, 1, &group) == FB_COLL_ERR_ARGUMENT);
	RANK_CHECK(strstr(fb_coll_error_text(), "is outside 0 to "));
	RANK_CHECK(fb_coll_create_group(coll, backwards, 0, &group) == FB_COLL_ERR_ARGUMENT);
	RANK_CHECK(fb_coll_split(coll, -2, 0, &group) == FB_COLL_ERR_ARGUMENT);
	RANK_CHECK(strstr(fb_coll_error_text(), "split: color -2 is negative") && !group);
	RANK_CHECK(!fb_coll_create_group(coll, backwards, 2, &group));
	RANK_CHECK((group != NULL) == (rank == 0 || rank == size - 1));
	if (!group)
		return;
	RANK_CHECK(fb_coll_rank(group) == (rank == 0));
	RANK_CHECK(!fb_coll_broadcast(group, &root, &root, 1, FB_COLL_INT64, 0) && root == size - 1);
	/* It ends with the job. */
}

/* As many as the tags can tell apart, and one more; a number is free again when its group is gone. */
static void use_all_numbers(fb_coll_t *coll)
{
	static fb_coll_t *groups[FB_GROUPS_MAX];
	int made = 0;

	while (made < FB_GROUPS_MAX && !fb_coll_split(coll, 0, 0, &groups[made]))
		made++;
	RANK_CHECK(made == FB_GROUPS_MAX - 1);
	RANK_CHECK(strstr(fb_coll_error_text(), "split: 255 groups exist on these ranks: no more than that; finalize one"));
	RANK_CHECK(sum_in(groups[200], 1) == fb_coll_size(coll));
	RANK_CHECK(!fb_coll_finalize(groups[17]));
	RANK_CHECK(!fb_coll_split(coll, 0, 0, &groups[17]));
	RANK_CHECK(sum_in(groups[17], 2) == 2 * fb_coll_size(coll));
	for (int i = 0; i < made; i++)
		RANK_CHECK(!fb_coll_finalize(groups[i]));
}

static int run_groups(int rank, int size, const void *argument)
{
	fb_coll_t *coll;

	(void)argument;
	RANK_CHECK(!fb_coll_init(&coll));
	use_halves(coll, rank, size);
	if (size == 2)
		use_all_numbers(coll);
	use_lists(coll, rank, size);
	RANK_CHECK(sum_in(coll, 1) == size);
	RANK_CHECK(!fb_coll_finalize(coll));
	exit(0);
}

static void test_groups(void **state)
{
	struct ranks r;

	(void)state;
	for (int size = 2; size <= 7; size++) {
		ranks_start(&r, size, -1, run_groups, NULL);
		ranks_end(&r, 0, 120);
	}
}

/* Sums of uneven numbers: near the double-precision reference, and the same bits on every rank. */
static void try_wire(fb_coll_t *coll, size_t count, fb_coll_type_t wire, fb_coll_op_t op)
{
	const int size = fb_coll_size(coll);
	const double step = wire == FB_COLL_BFLOAT16 ? 1.0 / 256 : wire == FB_COLL_FLOAT16 ? 1.0 / 2048 : 1e-7;
	float *data = malloc((count + 1) * sizeof(*data));
	uint64_t hash = 0;

	RANK_CHECK(data);
	for (size_t i = 0; i < count; i++)
		data[i] = 1.0f + (float)((i + 1) * (size_t)(fb_coll_rank(coll) + 3) % 1009) / 1009;
	RANK_CHECK(!fb_coll_set_wire(coll, wire));
	RANK_CHECK(!fb_coll_allreduce(coll, data, data, count, FB_COLL_FLOAT32, op));
	for (size_t i = 0; i < count; i++) {
		double sum = 0, got = (double)data[i];
		uint32_t word;
		for (int r = 0; r < size; r++)
			sum += 1 + (double)((i + 1) * (size_t)(r + 3) % 1009) / 1009;
		sum /= op == FB_COLL_AVG ? size : 1;
		/* Each of at most size + 2 roundings is off by half a step of its result. */
		RANK_CHECK(got - sum <= sum * step * (size + 2) && sum - got <= sum * step * (size + 2));
		memcpy(&word, &data[i], sizeof(word));
		hash = hash * 31 + word;
	}
	int64_t bits[2] = { (int64_t)(hash >> 1), -(int64_t)(hash >> 1) };
	RANK_CHECK(!fb_coll_allreduce(coll, bits, bits, 2, FB_COLL_INT64, FB_COLL_MAX));
	RANK_CHECK(bits[0] == -bits[1]);
	free(data);
}

static int run_wire(int rank, int size, const void *algorithm)
{
	static const fb_coll_type_t wires[] = { FB_COLL_BFLOAT16, FB_COLL_FLOAT16, FB_COLL_FLOAT32 };
	fb_coll_t *coll;

	(void)rank;
	(void)size;
	setenv("FLIGHTBASE_ALGORITHM", algorithm, 1);
	RANK_CHECK(!fb_coll_init(&coll));
	RANK_CHECK(fb_coll_set_wire(coll, FB_COLL_FLOAT64) == FB_COLL_ERR_ARGUMENT);
	RANK_CHECK(strstr(fb_coll_error_text(), "set_wire: type 1: one of float, half, bfloat16"));
	for (size_t w = 0; w < 3; w++)
		for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++)
			try_wire(coll, counts[i], wires[w], i % 2 ? FB_COLL_AVG : FB_COLL_SUM);
	/* More than a segment. */
	try_wire(coll, 300007, FB_COLL_BFLOAT16, FB_COLL_SUM);
	RANK_CHECK(!fb_coll_finalize(coll));
	exit(0);
}

static void test_wire(void **state)
{
	static const char *const algorithms[] = { "auto", "ring", "doubling", "halving" };
	struct ranks r;

	(void)state;
	for (size_t a = 0; a < 4; a++)
		for (int size = 2; size <= 5; size++) {
			ranks_start(&r, size, -1, run_wire, algorithms[a]);
			ranks_end(&r, 0, 120);
		}
}

#define TENSORS 60

/* Types and operations mixed, some too large to be packed, some empty, in place and not. */
static int run_fused(int rank, int size, const void *argument)
{
	static struct trial t[TENSORS];
	fb_coll_tensor_t tensors[TENSORS];
	fb_coll_t *coll;

	(void)rank;
	(void)size;
	(void)argument;
	RANK_CHECK(!fb_coll_init(&coll));
	seed = 5;
	for (int i = 0; i < TENSORS; i++) {
		t[i] = (struct trial){ .call = FB_CALL_ALLREDUCE, .count = counts[draw(8)], .type = (fb_coll_type_t)draw(4),
				       .op = (fb_coll_op_t)draw(FB_COLL_OPS), .salt = i, .in_place = draw(2) };
		prepare(&t[i], coll);
		tensors[i] = (fb_coll_tensor_t){ t[i].send, t[i].recv, t[i].count, t[i].type, t[i].op };
	}
	uint64_t before = coll->call.sequence;
	RANK_CHECK(!fb_coll_allreduce_many(coll, tensors, TENSORS));
	/* Few calls, of which there is none with one rank. */
	RANK_CHECK(coll->call.sequence - before < TENSORS / 2);
	for (int i = 0; i < TENSORS; i++)
		check_result(&t[i], coll);
	RANK_CHECK(!fb_coll_allreduce_many(coll, NULL, 0));
	tensors[0] = (fb_coll_tensor_t){ NULL, NULL, 1, FB_COLL_FLOAT32, FB_COLL_SUM };
	RANK_CHECK(fb_coll_allreduce_many(coll, tensors, 1) == FB_COLL_ERR_ARGUMENT);
	RANK_CHECK(strstr(fb_coll_error_text(), "tensor 0: allreduce: a buffer is NULL"));
	RANK_CHECK(!fb_coll_finalize(coll));
	exit(0);
}

static void test_fused(void **state)
{
	struct ranks r;

	(void)state;
	for (int size = 1; size <= 3; size++) {
		ranks_start(&r, size, -1, run_fused, NULL);
		ranks_end(&r, 0, 60);
	}
}

static void test_arguments(void **state)
{
	double data[8] = { 0 };
	fb_coll_request_t *request = NULL;
	fb_coll_t *coll;

	(void)state;
	assert_int_equal(fb_coll_init(&coll), FB_COLL_OK);
#define REFUSED(call, text)                                                                                \
	assert_int_equal(call, FB_COLL_ERR_ARGUMENT);                                                      \
	check_contains(fb_coll_error_text(), text)
	REFUSED(fb_coll_reduce_scatter(coll, data, data + 4, 4, (fb_coll_type_t)99, FB_COLL_SUM), "reduce_scatter: type 99 is unknown");
	REFUSED(fb_coll_reduce_scatter(coll, data, data + 4, 4, FB_COLL_FLOAT64, (fb_coll_op_t)9), "reduce_scatter: operation 9 is unknown");
	REFUSED(fb_coll_allgather(coll, data, NULL, 4, FB_COLL_FLOAT64), "allgather: a buffer is NULL");
	REFUSED(fb_coll_allgather(coll, data, data + 1, 4, FB_COLL_FLOAT64),
		"allgather: the buffers overlap; in place is send == recv + rank * count");
	REFUSED(fb_coll_broadcast(coll, data, data, 4, FB_COLL_FLOAT64, 1), "broadcast: root 1 is outside 0 to 0");
	REFUSED(fb_coll_broadcast(coll, data, data, 4, FB_COLL_FLOAT64, -1), "broadcast: root -1 is outside 0 to 0");
	REFUSED(fb_coll_broadcast(coll, NULL, data, 4, FB_COLL_FLOAT64, 0), "broadcast: a buffer is NULL");
	REFUSED(fb_coll_ireduce_scatter(coll, (char *)data + 4, data, 1, FB_COLL_FLOAT64, FB_COLL_SUM, &request),
		"reduce_scatter: a buffer is not aligned to its 8-byte elements");
	REFUSED(fb_coll_iallgather(coll, data, data, SIZE_MAX / 8, FB_COLL_FLOAT64, &request),
		"allgather: 2305843009213693951 elements of 8 bytes per rank: more than memory can hold");
	assert_null(request);
	assert_int_equal(fb_coll_allgather(coll, data, data + 4, 4, FB_COLL_FLOAT64), FB_COLL_OK);
	assert_int_equal(fb_coll_broadcast(coll, NULL, NULL, 0, FB_COLL_FLOAT64, 0), FB_COLL_OK);
	assert_int_equal(fb_coll_wait(&request), FB_COLL_OK);
	assert_int_equal(fb_coll_finalize(coll), FB_COLL_OK);
}

int main(int argc, char **argv)
{
	(void)argc;
	const struct CMUnitTest tests[] = {
		ranks_test(test_blocking),	ranks_test(test_requests), ranks_test(test_many_requests),
		ranks_test(test_root_ahead),	ranks_test(test_groups),   ranks_test(test_fused),
		ranks_test(test_wire),
		cmocka_unit_test(test_arguments),
	};

	ranks_prepare(argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
