/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The placement engine: values against a reference by brute force, choices, islands, speed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "draw.h"
#include "engine_reference.h"
#include "topology/engine/engine.h"

static void wiring_draw(struct fb_engine_wiring *w, struct reference *r, unsigned int gpus)
{
	/* What each class is worth, written down once more. */
	static const double gbps[] = { 0, 10 / 1.2, 10, 10, 12, 12 };

	*w = (struct fb_engine_wiring){ .gpus = gpus, .lane_gbps = 20 };
	*r = (struct reference){ .gpus = (int)gpus };
	for (unsigned int i = 0; i < gpus; i++)
		for (unsigned int j = 0; j < i; j++) {
			unsigned int link = 1 + draw(6), lanes = link == FB_LINK_NVLINK ? 1 + draw(4) : 0;
			double value = lanes ? lanes * 20.0 : gbps[link];

			w->link[i][j] = w->link[j][i] = (uint8_t)link;
			w->lanes[i][j] = w->lanes[j][i] = (uint8_t)lanes;
			r->gbps[i][j] = r->gbps[j][i] = value;
		}
}

static void test_values_are_exact(void **state)
{
	struct fb_engine_wiring w;
	struct reference r;
	struct fb_err err;

	(void)state;
	for (int round = 0; round < 300; round++) {
		wiring_draw(&w, &r, 1 + draw(7));
		struct fb_engine_type *type = fb_engine_type_create(&w, &err);

		assert_non_null(type);
		for (unsigned int set = 0; set < 1u << w.gpus; set++)
			assert_double_equal(fb_engine_value(type, (fb_gpuset)set), reference_value(&r, set), 1e-9);
		fb_engine_type_destroy(type);
	}
}

static void test_no_choice_is_better(void **state)
{
	struct fb_engine_wiring w;
	struct reference r;
	struct fb_err err;
	int choices = 0;

	(void)state;
	for (int round = 0; round < 900; round++) {
		wiring_draw(&w, &r, 2 + draw(6));
		struct fb_engine_type *type = fb_engine_type_create(&w, &err);

		for (int i = 0; i < 40; i++) {
			fb_gpuset free_set = (fb_gpuset)draw(1u << w.gpus);
			int idle = __builtin_popcount(free_set);
			struct fb_engine_request request = { .free = free_set, .count = 1 + draw(w.gpus) };
			struct fb_engine_choice choice;
			int rc = fb_engine_choose(type, &request, &choice);

			assert_int_equal(rc, (int)request.count <= idle ? 0 : -1);
			if (rc)
				continue;
			choices++;
			assert_int_equal(__builtin_popcount(choice.gpus), request.count);
			assert_int_equal(choice.gpus & ~free_set, 0);
			assert_double_equal(choice.gbps, reference_value(&r, choice.gpus), 1e-9);
			assert_double_equal(choice.gbps, reference_best(&r, free_set, (int)request.count), 1e-9);
		}
		fb_engine_type_destroy(type);
	}
	assert_true(choices > 15000);
}

/* Two sets of four behind a switch each, as pairs by bridge, and so on, from rows of links. */
static struct fb_engine_type *type_from(unsigned int gpus, const char *const *rows)
{
	struct fb_engine_wiring w = { .gpus = gpus, .lane_gbps = FB_ENGINE_LANE_GBPS };
	struct fb_err err;

	for (unsigned int i = 0; i < gpus; i++) {
		const char *at = rows[i];

		for (unsigned int j = 0; j < gpus; j++) {
			char term[8];
			int used;
			enum fb_link link;
			unsigned int lanes;

			assert_int_equal(sscanf(at, "%7s%n", term, &used), 1);
			at += used;
			assert_int_equal(fb_link_parse(term, &link, &lanes), 0);
			w.link[i][j] = (uint8_t)link;
			w.lanes[i][j] = (uint8_t)lanes;
		}
	}
	struct fb_engine_type *type = fb_engine_type_create(&w, &err);
	assert_non_null(type);
	return type;
}

static const char *const dgx1v[] = { "X NV1 NV1 NV2 NV2 SYS SYS SYS", "NV1 X NV2 NV1 SYS NV2 SYS SYS",
				     "NV1 NV2 X NV2 SYS SYS NV1 SYS", "NV2 NV1 NV2 X SYS SYS SYS NV1",
				     "NV2 SYS SYS SYS X NV1 NV1 NV2", "SYS NV2 SYS SYS NV1 X NV2 NV1",
				     "SYS SYS NV1 SYS NV1 NV2 X NV2", "SYS SYS SYS NV1 NV2 NV1 NV2 X" };
static const char *const bridges[] = { "X SYS NV12 SYS SYS SYS SYS SYS", "SYS X SYS NV12 SYS SYS SYS SYS",
				       "NV12 SYS X SYS SYS SYS SYS SYS", "SYS NV12 SYS X SYS SYS SYS SYS",
				       "SYS SYS SYS SYS X NV12 SYS SYS", "SYS SYS SYS SYS NV12 X SYS SYS",
				       "SYS SYS SYS SYS SYS SYS X NV12", "SYS SYS SYS SYS SYS SYS NV12 X" };
static const char *const switches[] = { "X PIX PIX PIX SYS SYS SYS SYS", "PIX X PIX PIX SYS SYS SYS SYS",
					"PIX PIX X PIX SYS SYS SYS SYS", "PIX PIX PIX X SYS SYS SYS SYS",
					"SYS SYS SYS SYS X PIX PIX PIX", "SYS SYS SYS SYS PIX X PIX PIX",
					"SYS SYS SYS SYS PIX PIX X PIX", "SYS SYS SYS SYS PIX PIX PIX X" };

static void test_choices(void **state)
{
	static const struct {
		const char *what;
		const char *const *rows;
		fb_gpuset free_set;
		unsigned int count;
		fb_gpuset expected;
	} table[] = {
		{ "a pair", bridges, 0xff, 2, 0x05 },
		{ "two pairs", bridges, 0xff, 4, 0x0f },
		{ "the only whole pair", bridges, 0xd2 | 0x01, 2, 0xc0 },
		{ "one GPU goes to the broken pair", bridges, 0xfb, 1, 0x01 },
		{ "three GPUs keep the other pairs whole", bridges, 0xfb, 3, 0x0b },
		{ "a pair of two lanes", dgx1v, 0xff, 2, 0x06 },
		{ "a quad", dgx1v, 0xff, 4, 0x0f },
		{ "the other quad", dgx1v, 0xfe, 4, 0xf0 },
		{ "one GPU next to busy ones", dgx1v, 0xf1, 1, 0x01 },
		{ "all", dgx1v, 0xff, 8, 0xff },
		{ "the smaller group that holds it", switches, 0xf3, 2, 0x03 },
		{ "one GPU to the smaller group", switches, 0xf7, 1, 0x01 },
		{ "not cut: four when three are left elsewhere", switches, 0xf7, 4, 0xf0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct fb_engine_type *type = type_from(8, table[i].rows);
		struct fb_engine_request request = { .free = table[i].free_set, .count = table[i].count };
		struct fb_engine_choice choice;

		assert_int_equal(fb_engine_choose(type, &request, &choice), 0);
		if (choice.gpus != table[i].expected)
			print_error("%s: 0x%02x, not 0x%02x\n", table[i].what, choice.gpus, table[i].expected);
		assert_int_equal(choice.gpus, table[i].expected);
		fb_engine_type_destroy(type);
	}
}

static void test_groups_and_held(void **state)
{
	struct fb_engine_type *type = type_from(8, dgx1v);
	struct fb_engine_choice choice;
	/* One on each socket: the pairs across are 0-4, 1-5 (two lanes). */
	struct fb_engine_request across = { .free = 0xff, .count = 2, .groups = 2,
					    .group = { { 0x0f, 1u << 1 }, { 0xf0, 1u << 1 } } };
	/* At most one of the first socket. */
	struct fb_engine_request cap = { .free = 0xff, .count = 4, .groups = 1, .group = { { 0x0f, 3 } } };
	/* Next to GPU 3, which the job has already. */
	struct fb_engine_request next = { .free = 0xf7, .held = 0x08, .count = 1 };
	struct fb_engine_request none = { .free = 0x0f, .count = 2, .groups = 1, .group = { { 0x0f, 1 } } };

	(void)state;
	assert_int_equal(fb_engine_choose(type, &across, &choice), 0);
	assert_int_equal(choice.gpus, 0x11);
	assert_int_equal(fb_engine_choose(type, &cap, &choice), 0);
	assert_int_equal(choice.gpus, 0xf0);
	assert_int_equal(fb_engine_choose(type, &next, &choice), 0);
	assert_double_equal(choice.gbps, 40, 1e-9);
	assert_int_equal(choice.gpus, 0x01);
	assert_int_equal(fb_engine_choose(type, &none, &choice), -1);
	fb_engine_type_destroy(type);
}

static void test_islands(void **state)
{
	static const struct {
		const char *const *rows;
		enum fb_link at_least;
		unsigned int count;
		fb_gpuset expected[4];
	} table[] = {
		{ bridges, FB_LINK_NVLINK, 4, { 0x05, 0x0a, 0x30, 0xc0 } },
		{ bridges, FB_LINK_SYS, 1, { 0xff } },
		{ dgx1v, FB_LINK_NVLINK, 1, { 0xff } },
		{ switches, FB_LINK_PIX, 2, { 0x0f, 0xf0 } },
	};
	fb_gpuset islands[FB_ENGINE_GPUS_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct fb_engine_type *type = type_from(8, table[i].rows);

		assert_int_equal(fb_engine_islands(type, table[i].at_least, islands), table[i].count);
		assert_memory_equal(islands, table[i].expected, table[i].count * sizeof(islands[0]));
		fb_engine_type_destroy(type);
	}
	struct fb_engine_type *type = type_from(8, switches);
	assert_int_equal(fb_engine_islands(type, FB_LINK_NVLINK, islands), 8);
	fb_engine_type_destroy(type);
}

static void test_bad_wirings(void **state)
{
	struct fb_engine_wiring w = { .gpus = 2, .lane_gbps = 20 }, bad;
	struct fb_err err;

	(void)state;
	w.link[0][1] = w.link[1][0] = FB_LINK_PIX;
	bad = w;
	bad.gpus = 17;
	assert_null(fb_engine_type_create(&bad, &err));
	assert_string_equal(err.text, "17 GPUs; 1 to 16 are supported");
	bad = w;
	bad.link[0][1] = FB_LINK_SYS;
	assert_null(fb_engine_type_create(&bad, &err));
	assert_string_equal(err.text, "GPU 0 to GPU 1: not the same link as back");
	bad = w;
	bad.link[1][1] = FB_LINK_PIX;
	assert_null(fb_engine_type_create(&bad, &err));
	bad = w;
	bad.lane_gbps = 0;
	assert_null(fb_engine_type_create(&bad, &err));
	bad = w;
	bad.link[0][1] = bad.link[1][0] = FB_LINK_NVLINK;
	assert_null(fb_engine_type_create(&bad, &err));
	fb_engine_type_destroy(NULL);
}

static void test_links(void **state)
{
	static const struct {
		const char *term;
		int rc;
		enum fb_link link;
		unsigned int lanes;
	} table[] = { { "X", 0, FB_LINK_SELF, 0 },	{ "NV1", 0, FB_LINK_NVLINK, 1 },
		      { "NV18", 0, FB_LINK_NVLINK, 18 }, { "PIX", 0, FB_LINK_PIX, 0 },
		      { "NODE", 0, FB_LINK_NODE, 0 },	{ "NV", -1, 0, 0 },
		      { "NV0", -1, 0, 0 },		{ "NV65", -1, 0, 0 },
		      { "NV99999999999", -1, 0, 0 },	{ "NV1x", -1, 0, 0 },
		      { "", -1, 0, 0 },			{ "pix", -1, 0, 0 } };

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		enum fb_link link = 0;
		unsigned int lanes = 0;

		assert_int_equal(fb_link_parse(table[i].term, &link, &lanes), table[i].rc);
		assert_int_equal(link, table[i].link);
		assert_int_equal(lanes, table[i].lanes);
	}
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* 16 GPUs of random wiring: the largest table there is. Sanitizers and a busy machine are slower. */
static void test_speed(void **state)
{
	struct fb_engine_wiring w = { .gpus = 16, .lane_gbps = 20 };
	struct fb_err err;
	double start;

	(void)state;
	for (unsigned int i = 0; i < 16; i++)
		for (unsigned int j = 0; j < i; j++)
			w.link[i][j] = w.link[j][i] = (uint8_t)(1 + draw(5));
	start = seconds();
	struct fb_engine_type *type = fb_engine_type_create(&w, &err);
	double create = seconds() - start;
	struct fb_engine_request request = { .free = 0xffff, .count = 8 };
	struct fb_engine_choice choice;
	start = seconds();
	for (int i = 0; i < 100; i++)
		assert_int_equal(fb_engine_choose(type, &request, &choice), 0);
	double choose = (seconds() - start) / 100;
	print_message("16 GPUs: tables in %.1f ms, 8 of 16 chosen in %.1f us\n", create * 1e3, choose * 1e6);
#if !defined(__SANITIZE_ADDRESS__) && defined(__OPTIMIZE__)
	assert_true(create < 0.05);
	assert_true(choose < 500e-6);
#endif
	fb_engine_type_destroy(type);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values_are_exact), cmocka_unit_test(test_no_choice_is_better),
		cmocka_unit_test(test_choices),		 cmocka_unit_test(test_groups_and_held),
		cmocka_unit_test(test_islands),		 cmocka_unit_test(test_bad_wirings),
		cmocka_unit_test(test_links),		 cmocka_unit_test(test_speed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
