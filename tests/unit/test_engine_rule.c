/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rule of fb_engine_choose() against simpler ones, on nodes that jobs come to and leave: the share of
 * the best possible bandwidth that jobs of several GPUs get. Prints the table that engine/NOTES.md quotes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "draw.h"
#include "topology/engine/engine.h"

#define NODES 40
#define JOBS_MAX (NODES * 8)
#define STEPS 60000

enum rule { RULE_INDEX, RULE_VALUE, RULE_FIT, RULE_OURS, RULES };

struct job {
	int node;
	fb_gpuset gpus;
};

/* 1, 2, 4 or 8 GPUs; half of the jobs want one. */
static unsigned int size_draw(void)
{
	static const unsigned int sizes[] = { 1, 1, 1, 1, 1, 2, 2, 4, 4, 8 };

	return sizes[draw(10)];
}

/* The rules that ours is compared with, by trying all sets. */
static fb_gpuset choose_simply(const struct fb_engine_type *type, enum rule rule, fb_gpuset free_set,
			       unsigned int count)
{
	fb_gpuset best = 0;
	unsigned int islands_best = 0;
	fb_gpuset islands[FB_ENGINE_GPUS_MAX];
	unsigned int n = fb_engine_islands(type, FB_LINK_PIX, islands);

	for (unsigned int set = 1; set < 256; set++) {
		unsigned int whole = 0;

		if (set & ~free_set || (unsigned int)__builtin_popcount(set) != count)
			continue;
		for (unsigned int i = 0; i < n; i++)
			whole += (islands[i] & free_set & ~set) == islands[i];
		bool first = !best;
		bool value = !first && fb_engine_rank(type, (fb_gpuset)set) > fb_engine_rank(type, best);
		bool same = !first && fb_engine_rank(type, (fb_gpuset)set) == fb_engine_rank(type, best);
		if (first || (rule != RULE_INDEX && value) || (rule == RULE_FIT && same && whole > islands_best)) {
			best = (fb_gpuset)set;
			islands_best = whole;
		}
	}
	return best;
}

static fb_gpuset choose(const struct fb_engine_type *type, enum rule rule, fb_gpuset free_set, unsigned int count)
{
	struct fb_engine_request request = { .free = free_set, .count = count };
	struct fb_engine_choice choice = { 0 };

	if (rule != RULE_OURS)
		return choose_simply(type, rule, free_set, count);
	assert_int_equal(fb_engine_choose(type, &request, &choice), 0);
	return choice.gpus;
}

/* Share of the best bandwidth, weighted by GPUs, over jobs of two and more; nodes are taken first fit. */
static double simulate(const struct fb_engine_type *type, enum rule rule)
{
	static struct job jobs[JOBS_MAX];
	fb_gpuset busy[NODES] = { 0 };
	unsigned int count = 0, used = 0;
	double got = 0, possible = 0;

	seed = 88172645463325252u;
	for (int step = 0; step < STEPS; step++) {
		unsigned int size = size_draw();
		int node = 0;

		while (used * 100 > NODES * 8 * 75 && count) {
			unsigned int gone = draw(count);

			busy[jobs[gone].node] &= (fb_gpuset)~jobs[gone].gpus;
			used -= (unsigned int)__builtin_popcount(jobs[gone].gpus);
			jobs[gone] = jobs[--count];
		}
		while (node < NODES && 8 - (unsigned int)__builtin_popcount(busy[node]) < size)
			node++;
		if (node == NODES)
			continue;
		jobs[count] = (struct job){ node, choose(type, rule, (fb_gpuset)(0xff & ~busy[node]), size) };
		busy[node] |= jobs[count].gpus;
		used += size;
		if (size > 1) {
			got += size * fb_engine_value(type, jobs[count].gpus);
			possible += size * fb_engine_best_value(type, size);
		}
		count++;
	}
	return got / possible;
}

static void test_rules(void **state)
{
	static const char *const names[] = { "pairs by bridge", "two PCIe switches", "hybrid cube mesh" };
	static const uint8_t mesh[8][8] = { { 0, 1, 1, 2, 2 },	  { 1, 0, 2, 1, 0, 2 },	      { 1, 2, 0, 2, 0, 0, 1 },
					    { 2, 1, 2, 0, 0, 0, 0, 1 }, { 2, 0, 0, 0, 0, 1, 1, 2 },
					    { 0, 2, 0, 0, 1, 0, 2, 1 }, { 0, 0, 1, 0, 1, 2, 0, 2 },
					    { 0, 0, 0, 1, 2, 1, 2, 0 } };
	(void)state;
	print_message("%-20s %12s %12s %12s %12s\n", "node type", "lowest index", "best value", "whole islands", "ours");
	for (int t = 0; t < 3; t++) {
		struct fb_engine_wiring w = { .gpus = 8, .lane_gbps = 20 };
		double share[RULES];

		for (int i = 0; i < 8; i++)
			for (int j = 0; j < 8; j++) {
				bool near = t == 0 ? i / 2 == j / 2 : i / 4 == j / 4;

				w.lanes[i][j] = t == 0 ? 12 : t == 2 ? mesh[i][j] : 0;
				w.link[i][j] = i == j		  ? FB_LINK_SELF :
					       t == 2 && mesh[i][j] ? FB_LINK_NVLINK :
					       t == 2 || !near	  ? FB_LINK_SYS :
					       t == 0		  ? FB_LINK_NVLINK :
								    FB_LINK_PIX;
			}
		struct fb_engine_type *type = fb_engine_type_create(&w, NULL);
		assert_non_null(type);
		for (int rule = 0; rule < RULES; rule++)
			share[rule] = simulate(type, rule);
		print_message("%-20s %12.3f %12.3f %12.3f %12.3f\n", names[t], share[RULE_INDEX], share[RULE_VALUE],
			      share[RULE_FIT], share[RULE_OURS]);
		assert_true(share[RULE_OURS] >= share[RULE_INDEX]);
		assert_true(share[RULE_OURS] >= share[RULE_VALUE] - 0.005);
		fb_engine_type_destroy(type);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_rules) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
