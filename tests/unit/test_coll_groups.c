/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Groups of ranks, fused tensors, and float32 that travels as halves, between processes over UCX. */
#include "coll_ranks.h"
#include "coll_trial.h"
#include "draw.h"

#include "coll/internal.h"

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

/* Members alone, under a number that they agree upon here by its being written down. */
static void use_numbers(fb_coll_t *coll, int rank, int size)
{
	const int ends[] = { size - 1, 0 }, backwards[] = { 0, size - 1 };
	const bool member = rank == 0 || rank == size - 1;
	fb_coll_t *group = NULL;
	int64_t root = rank;

	RANK_CHECK(fb_coll_join_group(coll, ends, 2, 0, &group) == FB_COLL_ERR_ARGUMENT);
	RANK_CHECK(strstr(fb_coll_error_text(), member ? "join_group: number 0 is outside 1 to 255" : "is not in the list"));
	RANK_CHECK(fb_coll_join_group(coll, ends, 2, 256, &group) == FB_COLL_ERR_ARGUMENT && !group);
	if (!member)
		return;
	RANK_CHECK(!fb_coll_join_group(coll, ends, 2, 200, &group));
	RANK_CHECK(fb_coll_size(group) == 2 && fb_coll_rank(group) == (rank == 0));
	RANK_CHECK(fb_coll_join_group(coll, backwards, 2, 200, &group) == FB_COLL_ERR_ARGUMENT);
	RANK_CHECK(strstr(fb_coll_error_text(), "join_group: number 200 is that of another group of this rank"));
	RANK_CHECK(!fb_coll_broadcast(group, &root, &root, 1, FB_COLL_INT64, 0) && root == size - 1);
	RANK_CHECK(sum_in(group, rank) == size - 1);
	RANK_CHECK(!fb_coll_finalize(group));
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
	use_numbers(coll, rank, size);
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
		for (size_t i = 0; i < TRIAL_COUNTS; i++)
			try_wire(coll, trial_counts[i], wires[w], i % 2 ? FB_COLL_AVG : FB_COLL_SUM);
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
		t[i] = (struct trial){ .call = FB_CALL_ALLREDUCE, .count = trial_counts[draw(TRIAL_COUNTS)], .type = (fb_coll_type_t)draw(4),
				       .op = (fb_coll_op_t)draw(FB_COLL_OPS), .salt = i, .in_place = draw(2) };
		trial_prepare(&t[i], coll);
		tensors[i] = (fb_coll_tensor_t){ t[i].send, t[i].recv, t[i].count, t[i].type, t[i].op };
	}
	uint64_t before = coll->call.sequence;
	RANK_CHECK(!fb_coll_allreduce_many(coll, tensors, TENSORS));
	/* Few calls, of which there is none with one rank. */
	RANK_CHECK(coll->call.sequence - before < TENSORS / 2);
	for (int i = 0; i < TENSORS; i++) {
		trial_check(&t[i], coll);
		trial_free(&t[i]);
	}
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

int main(int argc, char **argv)
{
	(void)argc;
	const struct CMUnitTest tests[] = {
		ranks_test(test_groups),
		ranks_test(test_fused),
		ranks_test(test_wire),
	};

	ranks_prepare(argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
