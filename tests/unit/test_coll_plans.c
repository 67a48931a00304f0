/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The algorithms on up to 33 ranks in one process, over a transport that counts what each rank sends, reads a message from
 * its buffer as late as it can, and delivers in random order.
 */
#include "check.h"
#include "draw.h"

#include <stdlib.h>

#include "coll/work.h"

#define RANKS 33
#define UNDER_WAY 5 /* calls, more than go at the same time */
#define MOST 1500000 /* elements of any buffer */

struct message {
	struct message *next;
	int from, to; /* from: not used in a receive */
	uint64_t tag;
	void *data;
	size_t bytes;
	struct fb_request *request;
};

/* One rank's end of the network. */
struct end {
	struct fb_transport base;
	int rank;
	size_t messages, bytes;
};

static struct message *sent, *awaited;
static struct end ends[RANKS];
static struct fb_coll ranks[RANKS];

static void append(struct message **list, struct message message)
{
	struct message *copy = malloc(sizeof(*copy));

	assert_non_null(copy);
	*copy = message;
	copy->next = NULL;
	while (*list)
		list = &(*list)->next;
	*list = copy;
	copy->request->done = false;
}

static void fake_send(struct fb_transport *transport, int rank, uint64_t tag, const void *data, size_t bytes,
		      struct fb_request *request)
{
	struct end *end = (struct end *)transport;

	end->messages++;
	end->bytes += bytes;
	append(&sent, (struct message){ .from = end->rank, .to = rank, .tag = tag, .data = (void *)(uintptr_t)data, .bytes = bytes,
					.request = request });
}

static void fake_receive(struct fb_transport *transport, uint64_t tag, void *data, size_t bytes, struct fb_request *request)
{
	append(&awaited, (struct message){ .to = ((struct end *)transport)->rank, .tag = tag, .data = data, .bytes = bytes,
					   .request = request });
}

static void fake_progress(struct fb_transport *transport)
{
	(void)transport;
}

static void fake_flush(struct fb_transport *transport, struct fb_request *request)
{
	(void)transport;
	*request = (struct fb_request){ .done = true };
}

static const struct fb_transport_ops fake = {
	.name = "fake", .send = fake_send, .receive = fake_receive, .progress = fake_progress, .flush = fake_flush,
};

static void take(struct message **at)
{
	struct message *message = *at;

	message->request->done = true;
	*at = message->next;
	free(message);
}

/* Messages of one tag to one rank come from one sender, in its order. */
static bool is_first(const struct message *message)
{
	for (const struct message *m = sent; m != message; m = m->next)
		if (m->to == message->to && m->tag == message->tag) {
			assert_int_equal(m->from, message->from);
			return false;
		}
	return true;
}

/* Deliver about half of what can be; whether anything could. */
static bool deliver(void)
{
	bool possible = false;

	for (struct message **s = &sent; *s;) {
		struct message **a = &awaited;
		while (*a && ((*a)->to != (*s)->to || (*a)->tag != (*s)->tag))
			a = &(*a)->next;
		possible |= *a != NULL;
		if (!*a || !is_first(*s) || draw(2)) {
			s = &(*s)->next;
			continue;
		}
		assert_int_equal((*a)->bytes, (*s)->bytes);
		if ((*s)->bytes)
			memcpy((*a)->data, (*s)->data, (*s)->bytes);
		take(a);
		take(s);
	}
	return possible;
}

/* The ranks in so many nodes, by turns or, as far as that goes, the same number after each other. */
static void make_ranks(int size, enum fb_algorithm_kind algorithm, int nodes, bool cyclic)
{
	static struct fb_card cards[RANKS];
	static int order[RANKS][2 * RANKS];

	for (int i = 0; i < size; i++)
		snprintf(cards[i].host, sizeof(cards[i].host), "n%d", cyclic ? i % nodes : i * nodes / size);
	for (int i = 0; i < size; i++) {
		ends[i] = (struct end){ .base = { .ops = &fake, .failed_rank = -1 }, .rank = i };
		ranks[i] = (struct fb_coll){ .job = &ranks[i], .transport = &ends[i].base, .rank = i, .size = size, .remote = i % 2 };
		ranks[i].settings.algorithm = algorithm;
		fb_layout_find(cards, size, i, order[i], order[i] + size, &ranks[i].layout);
		ranks[i].scratch = malloc(FB_SCRATCH_BYTES);
		assert_non_null(ranks[i].scratch);
	}
}

static void free_ranks(int size)
{
	assert_null(sent);
	assert_null(awaited);
	for (int i = 0; i < size; i++) {
		assert_null(ranks[i].first);
		assert_null(ranks[i].last);
		assert_int_equal(ranks[i].slices, 0);
		free(ranks[i].scratch);
	}
}

/* Until nothing is under way; a deadlock ends the test. */
static void settle(int size)
{
	bool busy = true;

	while (busy) {
		bool moved = false;
		busy = false;
		for (int k = 0, first = (int)draw((unsigned)size); k < size; k++) {
			struct fb_coll *c = &ranks[(first + k) % size];
			moved |= fb_work_progress(c);
			busy |= c->first != NULL;
		}
		if (busy && !deliver() && !moved)
			fail_msg("no rank can go on");
	}
}

/* A value that tells ranks and places apart, and whose sum over the ranks is exact. */
static int64_t value_of(int rank, size_t i, int salt)
{
	return (int64_t)(rank + 1) * 1000003 + (int64_t)(i % 9973) * (rank + 2) + salt;
}

/* One call on all ranks: its buffers, with guards behind them. */
struct call {
	enum fb_call call;
	size_t count, sent, received; /* elements */
	int root, salt;
	fb_coll_op_t op;
	bool in_place;
	int64_t *send[RANKS], *recv[RANKS], *memory[RANKS];
	struct fb_work work[RANKS];
};

#define GUARD INT64_C(0x5a5a5a5a5a5a5a5a)

static void lay_out(struct call *call, int rank, int size)
{
	const size_t all = call->count * (size_t)size, mine = (size_t)rank * call->count;
	const bool scatters = call->call == FB_CALL_REDUCE_SCATTER, gathers = call->call == FB_CALL_ALLGATHER;

	call->sent = scatters ? all : call->count;
	call->received = gathers ? all : call->count;
	size_t length = call->in_place ? (scatters || gathers ? all : call->count) : call->sent + call->received;
	int64_t *memory = malloc((length + 2) * sizeof(int64_t));
	assert_non_null(memory);
	for (size_t i = 0; i < length + 2; i++)
		memory[i] = GUARD;
	call->memory[rank] = memory;
	if (!call->in_place) {
		call->send[rank] = memory;
		call->recv[rank] = memory + call->sent + 1;
	} else {
		call->send[rank] = memory + (gathers ? mine : 0);
		call->recv[rank] = memory + (scatters ? mine : 0);
	}
	if (call->call != FB_CALL_BROADCAST || rank == call->root)
		for (size_t i = 0; i < call->sent; i++)
			call->send[rank][i] = value_of(rank, i, call->salt);
}

static int64_t expected(const struct call *call, int rank, int size, size_t i)
{
	int64_t sum = 0, greatest = INT64_MIN;

	if (call->call == FB_CALL_ALLGATHER)
		return value_of((int)(i / call->count), i % call->count, call->salt);
	if (call->call == FB_CALL_BROADCAST)
		return value_of(call->root, i, call->salt);
	if (call->call == FB_CALL_REDUCE_SCATTER)
		i += (size_t)rank * call->count;
	for (int r = 0; r < size; r++) {
		int64_t value = value_of(r, i, call->salt);
		sum += value;
		greatest = value > greatest ? value : greatest;
	}
	return call->op == FB_COLL_MAX ? greatest : call->op == FB_COLL_AVG ? sum / size : sum;
}

static void begin_call(struct call *call, int size)
{
	for (int r = 0; r < size; r++) {
		lay_out(call, r, size);
		const struct fb_task task = { .call = call->call, .send = call->send[r], .recv = call->recv[r], .count = call->count,
					      .type = FB_COLL_INT64, .op = call->op, .root = call->root };
		assert_int_equal(fb_work_post(&call->work[r], &ranks[r], &task), FB_COLL_OK);
	}
}

static void end_call(struct call *call, int size)
{
	for (int r = 0; r < size; r++) {
		assert_true(call->work[r].done);
		for (size_t i = 0; i < call->received; i++)
			if (call->recv[r][i] != expected(call, r, size, i))
				fail_msg("call %d (%s), %d ranks, count %zu, rank %d: element %zu is %lld, not %lld", call->call,
					 call->work[r].plan.algorithm->name, size, call->count, r, i, (long long)call->recv[r][i],
					 (long long)expected(call, r, size, i));
		if (!call->in_place) {
			assert_true(call->recv[r][-1] == GUARD && call->recv[r][call->received] == GUARD);
			for (size_t i = 0; i < call->sent && (call->call != FB_CALL_BROADCAST || r == call->root); i++)
				assert_true(call->send[r][i] == value_of(r, i, call->salt));
		}
		free(call->memory[r]);
	}
}

static const enum fb_call kinds[] = { FB_CALL_ALLREDUCE, FB_CALL_REDUCE_SCATTER, FB_CALL_ALLGATHER, FB_CALL_BROADCAST,
				      FB_CALL_BARRIER };

/* Several different calls at the same time. */
static void try_calls(int size, size_t count)
{
	static struct call calls[UNDER_WAY];

	for (int k = 0; k < UNDER_WAY; k++) {
		calls[k] = (struct call){
			.call = kinds[draw(5)], .count = count, .root = (int)draw((unsigned)size),
			.salt = (int)draw(1000), .in_place = draw(2),
			.op = (fb_coll_op_t[]){ FB_COLL_SUM, FB_COLL_MAX, FB_COLL_AVG }[draw(3)],
		};
		if (calls[k].call == FB_CALL_BARRIER)
			calls[k].count = 0;
		if (calls[k].call != FB_CALL_ALLREDUCE && calls[k].call != FB_CALL_BROADCAST && count * (size_t)size > MOST)
			calls[k].count = count / (size_t)size;
		begin_call(&calls[k], size);
	}
	settle(size);
	for (int k = 0; k < UNDER_WAY; k++)
		end_call(&calls[k], size);
}

static void test_small(void **state)
{
	static const size_t counts[] = { 0, 1, 2, 3, 7, 16, 17, 1000, 4099 };

	(void)state;
	seed = 1;
	for (int algorithm = FB_ALGORITHM_AUTO; algorithm <= FB_ALGORITHM_RAILS; algorithm++)
		for (int size = 2; size <= 17; size++) {
			make_ranks(size, (enum fb_algorithm_kind)algorithm, 1 + (int)draw((unsigned)size), draw(2));
			for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++)
				try_calls(size, counts[i]);
			free_ranks(size);
		}
}

/* More than a slot holds, so that there are segments. */
static void test_segments(void **state)
{
	(void)state;
	seed = 2;
	for (int algorithm = FB_ALGORITHM_AUTO; algorithm <= FB_ALGORITHM_RAILS; algorithm++)
		for (int size = 2; size <= 6; size++) {
			make_ranks(size, (enum fb_algorithm_kind)algorithm, 2, size % 2);
			try_calls(size, FB_SLOT_BYTES / 8 * 2 + 11);
			free_ranks(size);
		}
}

/* All that divides into nodes of the same size. */
static void test_rails(void **state)
{
	(void)state;
	seed = 5;
	for (int nodes = 2; nodes <= 5; nodes++)
		for (int per_node = 2; per_node <= 4; per_node++)
			for (int cyclic = 0; cyclic < 2; cyclic++) {
				make_ranks(nodes * per_node, FB_ALGORITHM_RAILS, nodes, cyclic);
				assert_int_equal(ranks[0].layout.per_node, per_node);
				for (size_t count = 1; count < 100000; count = count * 7 + 3)
					try_calls(nodes * per_node, count);
				free_ranks(nodes * per_node);
			}
}

static int log2_up(int n)
{
	int steps = 0;

	for (int power = 1; power < n; power *= 2)
		steps++;
	return steps;
}

/* What each rank sends in one call, at most. */
static void count_in_nodes(enum fb_call kind, int size, int nodes, size_t count, size_t *messages, size_t *bytes)
{
	static struct call call;

	make_ranks(size, FB_ALGORITHM_AUTO, nodes, true);
	call = (struct call){ .call = kind, .count = count };
	begin_call(&call, size);
	settle(size);
	end_call(&call, size);
	*messages = *bytes = 0;
	for (int r = 0; r < size; r++) {
		*messages = ends[r].messages > *messages ? ends[r].messages : *messages;
		*bytes = ends[r].bytes > *bytes ? ends[r].bytes : *bytes;
	}
	free_ranks(size);
}

static void count_one(enum fb_call kind, int size, size_t count, size_t *messages, size_t *bytes)
{
	count_in_nodes(kind, size, size, count, messages, bytes);
}

/* At most 2 ceil(log2 n) messages where there is little to send, and 2 (n-1)/n of the vector where there is much. */
static void test_counts(void **state)
{
	size_t messages, bytes;

	(void)state;
	seed = 3;
	for (int size = 2; size <= RANKS; size++) {
		const size_t most = (size_t)(2 * log2_up(size));
		static const size_t small[] = { 1, 512, 4096 };
		for (size_t i = 0; i < 3; i++) {
			count_one(FB_CALL_ALLREDUCE, size, small[i], &messages, &bytes);
			assert_true(messages <= most);
			count_one(FB_CALL_BROADCAST, size, small[i], &messages, &bytes);
			assert_true(messages <= most);
		}
		count_one(FB_CALL_BARRIER, size, 0, &messages, &bytes);
		assert_true(messages <= most && bytes == 0);
		count_one(FB_CALL_ALLGATHER, size, 200, &messages, &bytes);
		assert_true(messages <= (size_t)log2_up(size));
		count_one(FB_CALL_REDUCE_SCATTER, size, 200, &messages, &bytes);
		assert_true(messages <= most);
	}
	static const int sizes[] = { 2, 3, 4, 7, 8, 16 };
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		const size_t n = (size_t)sizes[i];
		for (size_t count = (size_t)64 << 10; count <= (size_t)256 << 10; count *= 4) {
			const size_t blocks = count / n * n; /* blocks of equal length */
			count_one(FB_CALL_ALLREDUCE, sizes[i], blocks, &messages, &bytes);
			assert_int_equal(bytes, 2 * (n - 1) * (blocks / n) * 8);
			count_one(FB_CALL_REDUCE_SCATTER, sizes[i], blocks / n, &messages, &bytes);
			assert_int_equal(bytes, (n - 1) * (blocks / n) * 8);
			count_one(FB_CALL_ALLGATHER, sizes[i], blocks / n, &messages, &bytes);
			assert_int_equal(bytes, (n - 1) * (blocks / n) * 8);
			count_one(FB_CALL_BROADCAST, sizes[i], blocks, &messages, &bytes);
			assert_int_equal(bytes, blocks * 8);
		}
	}
	/* In between, both. */
	count_one(FB_CALL_ALLREDUCE, 16, 64 << 10, &messages, &bytes);
	assert_int_equal(messages, 8);
	assert_int_equal(bytes, 2 * 15 * (4 << 10) * 8);
	/* Four nodes of four ranks. */
	count_in_nodes(FB_CALL_ALLREDUCE, 16, 4, 256 << 10, &messages, &bytes);
	assert_int_equal(bytes, 2 * 15 * (16 << 10) * 8);
}

/* A root is never more calls ahead than others may ask about: each of the calls that go at a time stops at a meeting. */
#define AHEAD (FB_ACTIVE * FB_AHEAD_CALLS + 100)

static void test_root_ahead(void **state)
{
	static struct fb_work work[AHEAD], other[AHEAD];
	int64_t value[2] = { 7, 0 }, done = 0;

	(void)state;
	seed = 4;
	make_ranks(2, FB_ALGORITHM_AUTO, 2, false);
	for (int i = 0; i < AHEAD; i++) {
		const struct fb_task task = { .call = FB_CALL_BROADCAST, .send = &value[0], .recv = &value[0], .count = 1,
					      .type = FB_COLL_INT64, .root = 0 };
		assert_int_equal(fb_work_post(&work[i], &ranks[0], &task), FB_COLL_OK);
	}
	/* As a network that takes small messages on credit. */
	for (int turn = 0; turn < 2 * AHEAD; turn++) {
		for (struct message *m = sent; m; m = m->next)
			m->request->done = true;
		fb_work_progress(&ranks[0]);
	}
	for (int i = 0; i < AHEAD; i++)
		done += work[i].done;
	assert_true(done <= FB_ACTIVE * FB_AHEAD_CALLS && done >= FB_AHEAD_CALLS - 1);
	for (int i = 0; i < AHEAD; i++) {
		const struct fb_task task = { .call = FB_CALL_BROADCAST, .send = &value[1], .recv = &value[1], .count = 1,
					      .type = FB_COLL_INT64, .root = 0 };
		assert_int_equal(fb_work_post(&other[i], &ranks[1], &task), FB_COLL_OK);
	}
	settle(2);
	assert_int_equal(value[1], 7);
	free_ranks(2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_small),
		cmocka_unit_test(test_segments),
		cmocka_unit_test(test_rails),
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_root_ahead),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
