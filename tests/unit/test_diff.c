/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a node has lost of its type: which GPU, which NVLink, which adapter, in which words. */
#include "check.h"

#include "flightbase/topo/diff.h"

/* Eight GPUs, or fewer, on NVSwitches; on two sockets; an adapter near each pair. */
static struct fb_topofile_type hgx(unsigned int gpus)
{
	struct fb_topofile_type type = { .gpu = "h100", .nvswitch = true, .sockets = 2, .nics = 4 };

	type.wiring.gpus = gpus;
	type.wiring.lane_gbps = 20;
	for (unsigned int i = 0; i < gpus; i++) {
		for (unsigned int j = 0; j < gpus; j++)
			if (i != j) {
				type.wiring.link[i][j] = FB_LINK_NVLINK;
				type.wiring.lanes[i][j] = 18;
			}
		type.socket[i / 4] |= (fb_gpuset)(1u << i);
	}
	for (unsigned int n = 0; n < 4; n++) {
		snprintf(type.nic[n].name, sizeof(type.nic[n].name), "mlx5_%u", n);
		type.nic[n].near = (fb_gpuset)(3u << 2 * n);
		type.nic[n].gbps = 50;
	}
	return type;
}

/* Two quads of a DGX-1V-like cube: NV1 or NV2 inside, one NVLink from each GPU to its twin. */
static struct fb_topofile_type cube(void)
{
	struct fb_topofile_type type = { .gpu = "v100" };

	type.wiring.gpus = 8;
	type.wiring.lane_gbps = 20;
	for (unsigned int i = 0; i < 8; i++)
		for (unsigned int j = 0; j < 8; j++) {
			bool linked = i != j && (i / 4 == j / 4 || i % 4 == j % 4);

			type.wiring.link[i][j] = i == j ? FB_LINK_SELF : linked ? FB_LINK_NVLINK : FB_LINK_SYS;
			type.wiring.lanes[i][j] = linked ? (uint8_t)(1 + (i ^ j) % 2) : 0;
		}
	return type;
}

/* The type without one GPU, as a node that has lost it reports itself. */
static struct fb_topofile_type without(const struct fb_topofile_type *type, unsigned int gpu)
{
	struct fb_topofile_type less = *type;
	unsigned int low = (1u << gpu) - 1;

	less.wiring.gpus--;
	for (unsigned int i = 0; i < less.wiring.gpus; i++)
		for (unsigned int j = 0; j < less.wiring.gpus; j++) {
			less.wiring.link[i][j] = type->wiring.link[i + (i >= gpu)][j + (j >= gpu)];
			less.wiring.lanes[i][j] = type->wiring.lanes[i + (i >= gpu)][j + (j >= gpu)];
		}
	for (unsigned int s = 0; s < type->sockets; s++)
		less.socket[s] = (fb_gpuset)((type->socket[s] & low) | (type->socket[s] >> 1 & ~low));
	for (unsigned int n = 0; n < type->nics; n++)
		less.nic[n].near = (fb_gpuset)((type->nic[n].near & low) | (type->nic[n].near >> 1 & ~low));
	return less;
}

static void set_link(struct fb_topofile_type *type, unsigned int i, unsigned int j, enum fb_link link, unsigned int lanes)
{
	type->wiring.link[i][j] = type->wiring.link[j][i] = (uint8_t)link;
	type->wiring.lanes[i][j] = type->wiring.lanes[j][i] = (uint8_t)lanes;
}

static void expect(const struct fb_topofile_type *then, const struct fb_topofile_type *now, const int *minor, bool missing, unsigned int count,
		   const char *text)
{
	struct fb_diff diff;

	fb_diff_make(&diff, then, now, minor);
	for (unsigned int i = 0; diff.count != count && i < diff.count; i++)
		print_message("%s\n", diff.entry[i].text);
	assert_int_equal(diff.count, count);
	assert_int_equal(fb_diff_missing(&diff), missing);
	if (count)
		assert_string_equal(diff.entry[0].text, text);
}

static void test_nothing_lost(void **state)
{
	const struct fb_topofile_type types[] = { hgx(8), cube() };

	(void)state;
	for (size_t i = 0; i < 2; i++)
		expect(&types[i], &types[i], NULL, false, 0, NULL);
}

static void test_gpu_lost(void **state)
{
	const struct fb_topofile_type switched = hgx(8), bridged = cube();
	struct fb_topofile_type now;

	(void)state;
	/* A cube's links tell which it was only up to symmetry; a gap in the device files tells it always. */
	for (unsigned int gpu = 0; gpu < 8; gpu++) {
		int minor[8], at = 0;
		char text[96];

		for (int m = 0; m < 8; m++)
			if (m != (int)gpu)
				minor[at++] = m;
		snprintf(text, sizeof(text), "GPU %u is gone", gpu);
		now = without(&switched, gpu);
		if (gpu < 7)
			expect(&switched, &now, minor, true, 1, text);
		now = without(&bridged, gpu);
		if (gpu < 7)
			expect(&bridged, &now, minor, true, 1, text);
		/* Adapters tell which pair it was of. */
		snprintf(text, sizeof(text), "1 of the GPUs %u-%u is gone (their links are alike: see nvidia-smi)", gpu & ~1u, gpu | 1);
		now = without(&switched, gpu);
		expect(&switched, &now, NULL, true, 1, text);
	}
	now = without(&switched, 2);
	now = without(&now, 2);
	expect(&switched, &now, NULL, true, 2, "GPU 2 is gone");
}

static void test_links_lost(void **state)
{
	const struct fb_topofile_type switched = hgx(8), bridged = cube();
	struct fb_topofile_type now = bridged;

	(void)state;
	set_link(&now, 2, 3, FB_LINK_NVLINK, 1);
	expect(&bridged, &now, NULL, true, 1, "NVLink of GPUs 2 and 3 has 1 lanes, not 2");
	set_link(&now, 2, 3, FB_LINK_PIX, 0);
	expect(&bridged, &now, NULL, true, 1, "NVLink of GPUs 2 and 3 (NV2) is gone: PIX now");
	now = switched;
	for (unsigned int j = 0; j < 8; j++)
		if (j != 3)
			set_link(&now, 3, j, FB_LINK_NVLINK, 17);
	expect(&switched, &now, NULL, true, 1, "GPU 3: NVLink to all others has 17 lanes, not 18");
	for (unsigned int j = 0; j < 8; j++)
		if (j != 3)
			set_link(&now, 3, j, FB_LINK_SYS, 0);
	expect(&switched, &now, NULL, true, 1, "GPU 3: NVLink to all others (18 lanes) is gone");
	now = bridged;
	set_link(&now, 0, 5, FB_LINK_NVLINK, 1);
	expect(&bridged, &now, NULL, false, 1, "link of GPUs 0 and 5 is NV1, not SYS");
}

static void test_adapters_lost(void **state)
{
	const struct fb_topofile_type then = hgx(8);
	struct fb_topofile_type now = then;

	(void)state;
	now.nics = 3;
	expect(&then, &now, NULL, true, 1, "HCA mlx5_3 is gone");
	now = then;
	now.nic[1].gbps = 25;
	expect(&then, &now, NULL, true, 1, "HCA mlx5_1 has a link of 25 GB/s, not 50");
	now.nic[1].gbps = 0;
	expect(&then, &now, NULL, true, 1, "HCA mlx5_1 has no link");
	now.nic[1].gbps = 100;
	expect(&then, &now, NULL, false, 1, "HCA mlx5_1 has a link of 100 GB/s, not 50");
	now = then;
	now.nic[1].near = 0;
	expect(&then, &now, NULL, false, 1, "HCA mlx5_1 is near other GPUs");
	now = then;
	snprintf(now.nic[now.nics++].name, sizeof(now.nic[0].name), "mlx5_9");
	expect(&then, &now, NULL, false, 1, "HCA mlx5_9 is new");
}

static void test_other_kinds(void **state)
{
	const struct fb_topofile_type then = hgx(8);
	struct fb_topofile_type now = then;

	(void)state;
	snprintf(now.gpu, sizeof(now.gpu), "h200");
	expect(&then, &now, NULL, false, 1, "GPUs are h200, not h100");
	now = then;
	snprintf(now.cores[1], sizeof(now.cores[1]), "32-63");
	expect(&then, &now, NULL, false, 1, "sockets or their cores are others");
	now = hgx(8);
	struct fb_topofile_type seven = without(&then, 7);
	expect(&seven, &now, NULL, false, 1, "8 GPUs, not 7");
}

/* However much is different, all of it is told. */
static void test_everything_differs(void **state)
{
	struct fb_topofile_type then = hgx(8), now = { .gpu = "a100" };
	struct fb_diff diff;

	(void)state;
	then.wiring.gpus = now.wiring.gpus = 16;
	for (unsigned int i = 0; i < 16; i++)
		for (unsigned int j = 0; j < i; j++) {
			set_link(&then, i, j, FB_LINK_SYS, 0);
			set_link(&now, i, j, FB_LINK_PIX, 0);
		}
	fb_diff_make(&diff, &then, &now, NULL);
	assert_int_equal(diff.count, 1 + 120 + 4);
	assert_string_equal(diff.entry[124].text, "HCA mlx5_3 is gone");
	assert_true(fb_diff_missing(&diff));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_lost),  cmocka_unit_test(test_gpu_lost),	  cmocka_unit_test(test_links_lost),
		cmocka_unit_test(test_adapters_lost), cmocka_unit_test(test_other_kinds), cmocka_unit_test(test_everything_differs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
