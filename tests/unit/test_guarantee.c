/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rule of guarantees: tables, a comparison with playing every case out, and that the promise is kept over time. */
#include "check.h"

#include "topology/guarantee.h"

static void test_recoverable(void **state)
{
	static const struct {
		uint64_t idle, lent, out, expected;
	} table[] = {
		{ 0, 0, 0, 0 }, { 5, 0, 0, 5 }, { 5, 3, 0, 8 }, { 5, 3, 2, 6 }, { 5, 3, 3, 5 }, { 5, 3, 9, 5 }, { 0, 0, 4, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		assert_int_equal(fb_guarantee_recoverable(table[i].idle, table[i].lent, table[i].out), table[i].expected);
}

static void test_rule(void **state)
{
	static const struct {
		const char *what;
		struct fb_guarantee_use use[2];
		size_t own;
		uint64_t recoverable, gpus;
		bool allowed;
	} table[] = {
		{ "outside, exactly what is left over", { { 8, 0 }, { 4, 4 } }, 2, 10, 2, true },
		{ "outside, one more", { { 8, 0 }, { 4, 4 } }, 2, 10, 3, false },
		{ "what is used is not kept a second time", { { 8, 8 }, { 4, 4 } }, 2, 3, 3, true },
		{ "beyond the guarantee gives nothing to others", { { 8, 12 }, { 4, 0 } }, 2, 5, 2, false },
		{ "the owner, all of it", { { 8, 0 }, { 4, 0 } }, 0, 12, 8, true },
		{ "the owner, the rest of it", { { 8, 6 }, { 4, 0 } }, 0, 6, 2, true },
		{ "the owner, while nodes are down", { { 8, 0 }, { 4, 0 } }, 0, 3, 8, true },
		{ "the owner and more, from what is left over", { { 8, 0 }, { 4, 0 } }, 0, 13, 9, true },
		{ "the owner and more, from the other's", { { 8, 0 }, { 4, 0 } }, 0, 12, 9, false },
		{ "the owner and more, while nodes are down", { { 8, 0 }, { 4, 0 } }, 0, 3, 9, false },
		{ "more than there is", { { 0, 0 }, { 0, 0 } }, 2, 3, 4, false },
		{ "no GPUs", { { 8, 0 }, { 4, 0 } }, 2, 0, 0, true },
		{ "numbers beyond all sense", { { UINT64_MAX, 0 }, { 0, 0 } }, 1, UINT64_MAX, UINT64_MAX, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (fb_guarantee_allows(table[i].use, 2, table[i].own, table[i].recoverable, table[i].gpus) != table[i].allowed)
			fail_msg("%s", table[i].what);
}

/* A cluster played out: who holds each GPU. */
enum { GPUS = 5, IDLE = 2, LENT = 3, OUTSIDE = 4, HOLDERS = 5 }; /* 0 and 1: the workspaces */

static uint64_t held_by(const int *gpu, int holder)
{
	uint64_t count = 0;

	for (int i = 0; i < GPUS; i++)
		count += gpu[i] == holder;
	return count;
}

/* Take so many GPUs that are idle or lent. */
static bool take(int *gpu, int holder, uint64_t count)
{
	for (int i = 0; i < GPUS && count; i++)
		if (gpu[i] == IDLE || gpu[i] == LENT) {
			gpu[i] = holder;
			count--;
		}
	return !count;
}

/* In words: within its own guarantee always; else if the others can still get all of theirs, one after the other. */
static bool played_out(const int *cluster, const uint64_t *guaranteed, int who, uint64_t gpus)
{
	int gpu[GPUS];

	memcpy(gpu, cluster, sizeof(gpu));
	if (!gpus || (who < 2 && held_by(gpu, who) + gpus <= guaranteed[who]))
		return true;
	if (!take(gpu, who, gpus))
		return false;
	for (int other = 0; other < 2; other++)
		while (other != who && held_by(gpu, other) < guaranteed[other])
			if (!take(gpu, other, 1))
				return false;
	return true;
}

static bool by_rule(const int *gpu, const uint64_t *guaranteed, int who, uint64_t gpus)
{
	struct fb_guarantee_use use[2] = { { guaranteed[0], held_by(gpu, 0) }, { guaranteed[1], held_by(gpu, 1) } };

	return fb_guarantee_allows(use, 2, who < 2 ? (size_t)who : 2,
				   fb_guarantee_recoverable(held_by(gpu, IDLE), held_by(gpu, LENT), 0), gpus);
}

static void compare(const int *gpu, uint64_t *allowed, uint64_t *refused)
{
	for (uint64_t g = 0; g < (GPUS + 2) * (GPUS + 2); g++)
		for (int job = 0; job < 3 * (GPUS + 2); job++) {
			uint64_t guaranteed[2] = { g % (GPUS + 2), g / (GPUS + 2) }, gpus = (uint64_t)job / 3;
			int who = job % 3 == 2 ? OUTSIDE : job % 3;
			bool expected = played_out(gpu, guaranteed, who, gpus);

			if (by_rule(gpu, guaranteed, who, gpus) != expected)
				fail_msg("holder %d wants %d: %d expected", who, (int)gpus, expected);
			++*(expected ? allowed : refused);
		}
}

static void test_every_case(void **state)
{
	uint64_t allowed = 0, refused = 0;
	int gpu[GPUS], clusters = 1;

	(void)state;
	for (int i = 0; i < GPUS; i++)
		clusters *= HOLDERS;
	for (int cluster = 0; cluster < clusters; cluster++) {
		for (int i = 0, rest = cluster; i < GPUS; i++, rest /= HOLDERS)
			gpu[i] = rest % HOLDERS;
		compare(gpu, &allowed, &refused);
	}
	assert_true(allowed > 100000 && refused > 100000);
}

static unsigned int next_random(unsigned int *seed)
{
	*seed = *seed * 1103515245u + 12345u;
	return *seed >> 16 & 0x7fff;
}

/*
 * Jobs come and go at random: whoever asks gets GPUs if the rule allows it, preemptible jobs get what is idle. At
 * every moment both workspaces can have all that they are still owed at once.
 */
static void test_promise_over_time(void **state)
{
	static const uint64_t guaranteed[2] = { 2, 2 };
	int gpu[GPUS] = { IDLE, IDLE, IDLE, IDLE, IDLE };
	unsigned int seed = 1, starts[HOLDERS] = { 0 };

	(void)state;
	for (int step = 0; step < 200000; step++) {
		static const int holders[] = { 0, 1, LENT, OUTSIDE };
		int who = holders[next_random(&seed) % 4], at = (int)(next_random(&seed) % GPUS);
		uint64_t gpus = 1 + next_random(&seed) % 3;

		if (next_random(&seed) % 2)
			gpu[at] = IDLE;
		else if (who == LENT && gpu[at] == IDLE)
			gpu[at] = LENT;
		else if (who != LENT && by_rule(gpu, guaranteed, who, gpus) && take(gpu, who, gpus))
			starts[who]++;
		int after[GPUS];
		memcpy(after, gpu, sizeof(after));
		for (int owner = 0; owner < 2; owner++)
			if (held_by(after, owner) < guaranteed[owner])
				assert_true(take(after, owner, guaranteed[owner] - held_by(after, owner)));
	}
	assert_true(starts[0] > 1000 && starts[1] > 1000 && starts[OUTSIDE] > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_recoverable), cmocka_unit_test(test_rule),
					    cmocka_unit_test(test_every_case), cmocka_unit_test(test_promise_over_time) };

	return cmocka_run_group_tests_name("guarantee", tests, NULL, NULL);
}
