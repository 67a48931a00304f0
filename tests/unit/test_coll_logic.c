/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Schedules, reductions, settings: what the collectives decide without communicating. */
#include "check.h"

#include <limits.h>
#include <math.h>
#include <semaphore.h>

#include "coll/bootstrap.h"
#include "coll/clock.h"
#include "coll/internal.h"
#include "coll/reduce.h"
#include "coll/schedule.h"
#include "coll/timed.h"
#include "coll/type.h"

static void test_blocks_cover(void **state)
{
	static const size_t counts[] = { 0, 1, 2, 5, 7, 1000, 1001, 1 << 20, SIZE_MAX / 2 };

	(void)state;
	for (size_t c = 0; c < sizeof(counts) / sizeof(*counts); c++)
		for (int n = 1; n <= 9; n++) {
			size_t next = 0;
			for (int b = 0; b < n; b++) {
				struct fb_range r = fb_block(counts[c], n, b);
				assert_int_equal(r.first, next);
				assert_true(r.count == counts[c] / (size_t)n || r.count == counts[c] / (size_t)n + 1);
				next += r.count;
			}
			assert_int_equal(next, counts[c]);
		}
}

static void test_segments_cover(void **state)
{
	(void)state;
	for (size_t count = 0; count < 40; count++)
		for (size_t most = 1; most < 12; most++) {
			size_t next = 100;
			for (size_t k = 0; k < 50; k++) {
				struct fb_range s = fb_segment((struct fb_range){ 100, count }, most, k);
				assert_true(s.count <= most && s.first == next);
				next += s.count;
			}
			assert_int_equal(next, 100 + count);
		}
	/* No overflow far beyond the end. */
	assert_int_equal(fb_segment((struct fb_range){ 0, 10 }, SIZE_MAX, SIZE_MAX).count, 0);
}

/* Run the ring on sets of contributions: bit r of held[rank][block] is rank r's input. */
static void test_ring_schedule(void **state)
{
	unsigned held[9][9], next[9][9];

	(void)state;
	for (int n = 2; n <= 9; n++) {
		for (int r = 0; r < n; r++)
			for (int b = 0; b < n; b++)
				held[r][b] = 1u << r;
		for (int step = 0; step < 2 * (n - 1); step++) {
			memcpy(next, held, sizeof(held));
			for (int r = 0; r < n; r++) {
				int left = (r + n - 1) % n, block = fb_ring_receive(r, n, step);
				assert_int_equal(block, fb_ring_send(left, n, step));
				if (step < n - 1)
					assert_int_equal(held[r][block] & held[left][block], 0);
				next[r][block] = step < n - 1 ? held[r][block] | held[left][block] : held[left][block];
			}
			memcpy(held, next, sizeof(held));
		}
		for (int r = 0; r < n; r++)
			for (int b = 0; b < n; b++)
				assert_int_equal(held[r][b], (1u << n) - 1);
	}
}

static void test_doubling_schedule(void **state)
{
	uint64_t held[40], next[40];

	(void)state;
	for (int n = 1; n <= 40; n++) {
		for (int r = 0; r < n; r++)
			held[r] = 1ull << r;
		for (int r = 0; r < n; r++) {
			struct fb_doubling p = fb_doubling_plan(r, n);
			if (p.index < 0) {
				assert_int_equal(fb_doubling_plan(p.partner, n).partner, r);
				held[p.partner] |= held[r];
			} else {
				assert_int_equal(fb_doubling_rank(p.index, n), r);
			}
		}
		for (int distance = 1; distance < fb_doubling_plan(0, n).power; distance *= 2) {
			memcpy(next, held, sizeof(held));
			for (int r = 0; r < n; r++) {
				int index = fb_doubling_plan(r, n).index;
				if (index < 0)
					continue;
				int partner = fb_doubling_rank(index ^ distance, n);
				assert_int_equal(held[r] & held[partner], 0);
				next[r] = held[r] | held[partner];
			}
			memcpy(held, next, sizeof(held));
		}
		for (int r = 0; r < n; r++)
			if (fb_doubling_plan(r, n).index >= 0)
				assert_true(held[r] == (1ull << n) - 1);
	}
}

static void test_reduce_integers_wrap(void **state)
{
	int32_t a[] = { INT32_MAX, INT32_MIN, -7, 3 }, b[] = { 1, -1, 2, INT32_MAX }, out[4];
	int64_t c = INT64_MAX, d = 2, wide;

	(void)state;
	fb_reduce(out, a, b, 4, FB_COLL_INT32, FB_COLL_SUM);
	assert_int_equal(out[0], INT32_MIN);
	assert_int_equal(out[1], INT32_MAX);
	assert_int_equal(out[2], -5);
	fb_reduce(out, a, b, 4, FB_COLL_INT32, FB_COLL_MIN);
	assert_int_equal(out[1], INT32_MIN);
	assert_int_equal(out[2], -7);
	fb_reduce(out, a, b, 4, FB_COLL_INT32, FB_COLL_MAX);
	assert_int_equal(out[2], 2);
	fb_reduce(&wide, &c, &d, 1, FB_COLL_INT64, FB_COLL_PROD);
	assert_true(wide == -2);
	fb_reduce_finish(a, 4, FB_COLL_INT32, FB_COLL_AVG, 2);
	assert_int_equal(a[2], -3); /* towards zero */
	fb_reduce_finish(&wide, 1, FB_COLL_INT64, FB_COLL_SUM, 2);
	assert_true(wide == -2);
}

static void test_reduce_nan(void **state)
{
	const float values[] = { 1.5f, -2.25f, NAN, INFINITY };

	(void)state;
	for (size_t i = 0; i < 4; i++)
		for (size_t j = 0; j < 4; j++)
			for (int op = 0; op < FB_COLL_OPS; op++) {
				double a = (double)values[i], b = (double)values[j], wide;
				float out;
				fb_reduce(&out, &values[i], &values[j], 1, FB_COLL_FLOAT32, (fb_coll_op_t)op);
				fb_reduce(&wide, &a, &b, 1, FB_COLL_FLOAT64, (fb_coll_op_t)op);
				assert_int_equal(isnan(out), isnan(a) || isnan(b));
				assert_int_equal(isnan(wide), isnan(a) || isnan(b));
			}
	float out, one = 1, two = -2;
	fb_reduce(&out, &one, &two, 1, FB_COLL_FLOAT32, FB_COLL_MIN);
	assert_true(out == -2);
	fb_reduce(&out, &one, &two, 1, FB_COLL_FLOAT32, FB_COLL_MAX);
	assert_true(out == 1);
}

/* Vector loops have tails: every length gives what one element at a time gives, also in place. */
static void test_reduce_lengths(void **state)
{
	double a[70], b[70], out[70], in_place[70];

	(void)state;
	for (size_t n = 0; n <= 70; n++)
		for (int op = 0; op < FB_COLL_OPS; op++) {
			for (size_t i = 0; i < 70; i++) {
				a[i] = in_place[i] = 0.37 * (double)i - 11;
				b[i] = 5 - 0.21 * (double)(i * i % 97);
				out[i] = 12345;
			}
			fb_reduce(out, a, b, n, FB_COLL_FLOAT64, (fb_coll_op_t)op);
			fb_reduce(in_place, in_place, b, n, FB_COLL_FLOAT64, (fb_coll_op_t)op);
			for (size_t i = 0; i < 70; i++) {
				double one;
				fb_reduce(&one, &a[i], &b[i], 1, FB_COLL_FLOAT64, (fb_coll_op_t)op);
				assert_true(out[i] == (i < n ? one : 12345));
				assert_true(in_place[i] == (i < n ? one : a[i]));
			}
		}
}

static void test_names(void **state)
{
	fb_coll_type_t type;
	fb_coll_op_t op;

	(void)state;
	for (int i = 0; i < FB_COLL_TYPES; i++) {
		assert_true(fb_type_find(fb_type_name((fb_coll_type_t)i), &type));
		assert_int_equal(type, i);
	}
	for (int i = 0; i < FB_COLL_OPS; i++) {
		assert_true(fb_op_find(fb_op_name((fb_coll_op_t)i), &op));
		assert_int_equal(op, i);
	}
	assert_false(fb_type_find("quad", &type));
	assert_false(fb_op_find("mulsum", &op));
	assert_null(fb_type_name((fb_coll_type_t)FB_COLL_TYPES));
	assert_int_equal(fb_coll_type_size((fb_coll_type_t)-1), 0);
	for (int i = 0; i <= FB_COLL_ERR_MISMATCH; i++)
		assert_string_not_equal(fb_coll_strerror((fb_coll_status_t)i), "unknown status");
	assert_string_equal(fb_coll_strerror((fb_coll_status_t)99), "unknown status");
}

static void test_algorithm(void **state)
{
	const struct fb_layout flat = { .nodes = 8, .per_node = 1 }, nodes = { .nodes = 4, .per_node = 2 }, uneven = { .nodes = 3 };

	(void)state;
	assert_int_equal(fb_algorithm_choose(FB_ALGORITHM_AUTO, 4, 8, &flat), FB_ALGORITHM_DOUBLING);
	assert_int_equal(fb_algorithm_choose(FB_ALGORITHM_AUTO, 64 << 20, 8, &flat), FB_ALGORITHM_RING);
	assert_int_equal(fb_algorithm_choose(FB_ALGORITHM_RING, 4, 8, &flat), FB_ALGORITHM_RING);
	/* What does not fit the scratch memory, and what has no bytes, leaves no choice. */
	assert_int_equal(fb_algorithm_choose(FB_ALGORITHM_DOUBLING, 64 << 20, 8, &flat), FB_ALGORITHM_RING);
	assert_int_equal(fb_algorithm_choose(FB_ALGORITHM_RING, 0, 8, &flat), FB_ALGORITHM_DOUBLING);
	/* Halving needs a power of two, and is for what is not large. */
	assert_int_equal(fb_algorithm_choose(FB_ALGORITHM_AUTO, 128 << 10, 8, &flat), FB_ALGORITHM_HALVING);
	assert_int_equal(fb_algorithm_choose(FB_ALGORITHM_AUTO, 128 << 10, 7, &flat), FB_ALGORITHM_RING);
	assert_int_equal(fb_algorithm_choose(FB_ALGORITHM_HALVING, 64 << 20, 16, &flat), FB_ALGORITHM_HALVING);
	assert_int_equal(fb_algorithm_choose(FB_ALGORITHM_HALVING, 64 << 20, 12, &flat), FB_ALGORITHM_RING);
	/* Rails need as many ranks in each node, and more than one. */
	assert_int_equal(fb_algorithm_choose(FB_ALGORITHM_AUTO, 64 << 20, 8, &nodes), FB_ALGORITHM_RAILS);
	assert_int_equal(fb_algorithm_choose(FB_ALGORITHM_AUTO, 4, 8, &nodes), FB_ALGORITHM_DOUBLING);
	assert_int_equal(fb_algorithm_choose(FB_ALGORITHM_RAILS, 64 << 10, 8, &nodes), FB_ALGORITHM_RAILS);
	assert_int_equal(fb_algorithm_choose(FB_ALGORITHM_RAILS, 64 << 20, 8, &flat), FB_ALGORITHM_RING);
	assert_int_equal(fb_algorithm_choose(FB_ALGORITHM_AUTO, 64 << 20, 8, &uneven), FB_ALGORITHM_RING);
	assert_int_equal(fb_algorithm_choose(FB_ALGORITHM_AUTO, 128 << 10, 8, &uneven), FB_ALGORITHM_RING);
}

/* Ranks on nodes as the letters say. */
static void expect_layout(const char *nodes, int rank, const char *order, int count, int per_node)
{
	const int size = (int)strlen(nodes);
	struct fb_card cards[16];
	struct fb_layout layout;
	int room[32];

	memset(cards, 0, sizeof(cards));
	for (int i = 0; i < size; i++) {
		/* One name, as containers may have, is not one node. */
		snprintf(cards[i].host, sizeof(cards[i].host), "%c", nodes[i] == 'x' ? 'a' : nodes[i]);
		cards[i].boot = nodes[i] == 'x' ? 7 : 3;
	}
	fb_layout_find(cards, size, rank, room, room + size, &layout);
	for (int i = 0; i < size; i++)
		assert_int_equal(layout.order[i], order[i] - '0');
	assert_int_equal(order[layout.position] - '0', rank);
	assert_int_equal(layout.nodes, count);
	assert_int_equal(layout.per_node, per_node);
}

static void test_layout(void **state)
{
	(void)state;
	expect_layout("aaaa", 2, "0123", 1, 4);
	expect_layout("abcd", 1, "0123", 4, 1);
	expect_layout("aabbcc", 5, "012345", 3, 2);
	expect_layout("abcabc", 4, "031425", 3, 2);
	expect_layout("bbaa", 3, "0123", 2, 2);
	expect_layout("babab", 1, "02413", 2, 0);
	expect_layout("abb", 0, "012", 2, 0);
	expect_layout("axax", 3, "0213", 2, 2);
	expect_layout("aaabcc", 3, "012345", 3, 0);
	expect_layout("abbac", 4, "03124", 3, 0);
}

static const char *const launcher[] = {
	"PMI_FD", "PMIX_NAMESPACE", "FLIGHTBASE_RENDEZVOUS", "SLURM_STEP_NUM_TASKS", "SLURM_PROCID", "FLIGHTBASE_BOOTSTRAP",
};

static void test_bootstrap_choice(void **state)
{
	/* Set from the last to the first: each wins over those after it. */
	static const struct {
		const char *variable, *name;
	} cases[] = {
		{ "FLIGHTBASE_RENDEZVOUS", "file" }, { "PMIX_NAMESPACE", "pmix" }, { "PMI_FD", "pmi2" },
	};
	const struct fb_bootstrap_ops *ops;
	struct fb_settings settings;
	struct fb_err err;

	(void)state;
	for (size_t i = 0; i < sizeof(launcher) / sizeof(*launcher); i++)
		unsetenv(launcher[i]);
	assert_int_equal(fb_settings_read(&settings, &err), FB_COLL_OK);
	assert_int_equal(fb_bootstrap_choose(&settings, &ops, &err), FB_COLL_OK);
	assert_string_equal(ops->name, "single");
	/* Four tasks without a way to meet are a mistake, not four programs. */
	setenv("SLURM_STEP_NUM_TASKS", "4", 1);
	setenv("SLURM_PROCID", "2", 1);
	assert_int_equal(fb_bootstrap_choose(&settings, &ops, &err), FB_COLL_ERR_BOOTSTRAP);
	check_contains(err.text, "one of 4 tasks of a step, but srun offers neither PMI2 nor PMIx: use srun --mpi=pmi2");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		setenv(cases[i].variable, "1", 1);
		assert_int_equal(fb_bootstrap_choose(&settings, &ops, &err), FB_COLL_OK);
		assert_string_equal(ops->name, cases[i].name);
	}
	setenv("FLIGHTBASE_BOOTSTRAP", "single", 1);
	assert_int_equal(fb_settings_read(&settings, &err), FB_COLL_OK);
	assert_int_equal(fb_bootstrap_choose(&settings, &ops, &err), FB_COLL_OK);
	assert_string_equal(ops->name, "single");
	for (size_t i = 0; i < sizeof(launcher) / sizeof(*launcher); i++)
		unsetenv(launcher[i]);
}

static void test_settings(void **state)
{
	static const struct {
		const char *variable, *value, *message;
	} cases[] = {
		{ "FLIGHTBASE_STALL_TIMEOUT", "5", NULL },
		{ "FLIGHTBASE_STALL_TIMEOUT", "", NULL },
		{ "FLIGHTBASE_STALL_TIMEOUT", "0", "FLIGHTBASE_STALL_TIMEOUT: 0 is outside 1 to" },
		{ "FLIGHTBASE_STALL_TIMEOUT", "5s", "'5s' is not a whole number" },
		{ "FLIGHTBASE_LATE_TIMEOUT", "-1", "outside 1 to" },
		{ "FLIGHTBASE_START_TIMEOUT", "99999999999999999999", "outside 1 to" },
		{ "FLIGHTBASE_ALGORITHM", "ring", NULL },
		{ "FLIGHTBASE_ALGORITHM", "tree", "'tree' is unknown: one of auto, ring, doubling, halving, rails" },
		{ "FLIGHTBASE_MAPPED", "no", NULL },
		{ "FLIGHTBASE_MAPPED", "maybe", "'maybe' is unknown: one of yes, no" },
		{ "FLIGHTBASE_SIMD", "avx2", NULL },
		{ "FLIGHTBASE_SIMD", "mmx", "'mmx' is unknown: one of auto, sse2, avx2, avx512" },
		{ "FLIGHTBASE_BOOTSTRAP", "pmi1", "'pmi1' is unknown: one of auto, pmi2, pmix, file, single" },
	};
	struct fb_settings settings;
	struct fb_err err;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		setenv(cases[i].variable, cases[i].value, 1);
		fb_coll_status_t status = fb_settings_read(&settings, &err);
		assert_int_equal(status, cases[i].message ? FB_COLL_ERR_ARGUMENT : FB_COLL_OK);
		if (cases[i].message)
			check_contains(err.text, cases[i].message);
		unsetenv(cases[i].variable);
	}
	assert_int_equal(fb_settings_read(&settings, &err), FB_COLL_OK);
	assert_int_equal(settings.stall_s, 30);
	assert_int_equal(settings.late_s, 600);
}

/* A gap that is longer than any look may be apart counts as the longest one. */
static void test_awake(void **state)
{
	struct fb_awake awake = { 0 };

	(void)state;
	int64_t begin = fb_awake_ms(&awake, 10);
	fb_clock_sleep_ms(60);
	assert_int_equal(fb_awake_ms(&awake, 10), begin + 10);
	fb_clock_sleep_ms(60);
	int64_t end = fb_awake_ms(&awake, 1000000);
	assert_true(end >= begin + 70);
	/* However long it was not looked at. */
	awake.seen -= 3600000;
	assert_true(fb_awake_ms(&awake, 500) <= end + 500);
}

static sem_t release, released;

static fb_coll_status_t answer_at_once(void *argument, struct fb_err *err)
{
	return fb_coll_fail(err, FB_COLL_ERR_TRANSPORT, "%s", (const char *)argument);
}

static fb_coll_status_t block(void *argument, struct fb_err *err)
{
	(void)argument;
	(void)err;
	sem_wait(&release);
	sem_post(&released);
	return FB_COLL_OK;
}

static void test_timed(void **state)
{
	bool abandoned = true;
	struct fb_err err;

	(void)state;
	assert_int_equal(fb_timed_call(answer_at_once, "why", 60000, &abandoned, &err), FB_COLL_ERR_TRANSPORT);
	assert_string_equal(err.text, "why");
	assert_false(abandoned);
	/* It comes back, and what it was to do goes on. */
	sem_init(&release, 0, 0);
	sem_init(&released, 0, 0);
	assert_int_equal(fb_timed_call(block, NULL, 50, &abandoned, &err), FB_COLL_ERR_BOOTSTRAP);
	assert_true(abandoned);
	assert_int_equal(sem_trywait(&released), -1);
	sem_post(&release);
	sem_wait(&released);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_blocks_cover),	 cmocka_unit_test(test_segments_cover),
		cmocka_unit_test(test_ring_schedule),	 cmocka_unit_test(test_doubling_schedule),
		cmocka_unit_test(test_reduce_integers_wrap), cmocka_unit_test(test_reduce_nan),
		cmocka_unit_test(test_reduce_lengths),	 cmocka_unit_test(test_names),
		cmocka_unit_test(test_algorithm),	 cmocka_unit_test(test_layout),
			 cmocka_unit_test(test_bootstrap_choice),
		cmocka_unit_test(test_settings),	 cmocka_unit_test(test_awake),
		cmocka_unit_test(test_timed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
