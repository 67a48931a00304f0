/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses, names of models, and surveys put together. */
#include "check.h"

#include "flightbase/topo/chips.h"
#include "flightbase/topo/survey.h"

static void test_addresses(void **state)
{
	static const struct {
		const char *text, *back; /* NULL: must fail */
	} table[] = {
		{ "0000:3b:00.0", "0000:3b:00.0" }, { "00000000:3B:00.0", "0000:3b:00.0" }, { "0002:01:00", "0002:01:00.0" },
		{ "10000:E1:1f.7", "10000:e1:1f.7" }, { "ffff:ff:01.0", "ffff:ff:01.0" }, { "", NULL }, { "3b:00.0", NULL },
		{ "0000:3b:20.0", NULL }, { "0000:3b:00.8", NULL }, { "0000:3b:00.", NULL }, { "0000:3b:00.0x", NULL },
		{ "0000:3g:00.0", NULL }, { "000000000:3b:00.0", NULL }, { "0000:3b", NULL }, { "0000:3b:00 ", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		char text[FB_PCI_TEXT_MAX];
		fb_pci pci = 0;

		if (fb_pci_parse(table[i].text, &pci) != (table[i].back ? 0 : -1))
			fail_msg("'%s'", table[i].text);
		fb_pci_text(pci, text);
		if (table[i].back)
			assert_string_equal(text, table[i].back);
	}
}

/* Each is a part of what Slurm's AutoDetect makes of the model: lower case, '_' for blanks. */
static void test_types_of_models(void **state)
{
	static const struct {
		const char *model, *type, *slurm;
	} table[] = {
		{ "NVIDIA A100-SXM4-40GB", "a100", "nvidia_a100-sxm4-40gb" },
		{ "Tesla V100-SXM3-32GB-H", "v100", "tesla_v100-sxm3-32gb-h" },
		{ "Tesla P100-SXM2-16GB", "p100", "tesla_p100-sxm2-16gb" },
		{ "NVIDIA H100 80GB HBM3", "h100", "nvidia_h100_80gb_hbm3" },
		{ "NVIDIA GH200 480GB", "gh200", "nvidia_gh200_480gb" },
		{ "NVIDIA L40S", "l40s", "nvidia_l40s" },
		{ "NVIDIA GeForce RTX 3090", "rtx_3090", "nvidia_geforce_rtx_3090" },
		{ "NVIDIA RTX A6000", "rtx_a6000", "nvidia_rtx_a6000" },
		{ "NVIDIA TITAN V", "titan_v", "nvidia_titan_v" },
		{ "Quadro RTX 6000", "rtx_6000", "quadro_rtx_6000" },
		{ "", "", "" },
		{ "NVIDIA ", "", "nvidia_" },
		{ "\xc3\xa9\xc3\xa9 7", "7", "7" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		char type[64], small[4];

		fb_chip_type(table[i].model, type, sizeof(type));
		assert_string_equal(type, table[i].type);
		assert_non_null(strstr(table[i].slurm, type));
		fb_chip_type(table[i].model, small, sizeof(small));
		assert_true(strlen(small) <= 3);
	}
}

static void test_chips(void **state)
{
	static const struct {
		unsigned int device, sm;
		const char *type;
		double gbps;
	} table[] = {
		{ 0x15f9, 60, "p100", 18 }, { 0x1db8, 70, "v100", 20 }, { 0x20b0, 80, "a100", 20 }, { 0x2235, 86, "a40", 12 },
		{ 0x2330, 90, "h100", 20.6 }, { 0x2901, 100, "b200", 40.1 }, { 0x26b9, 89, "l40s", 20 }, { 0x0001, 0, "", 20 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		char type[16];

		fb_chip_type_of_device(table[i].device, type, sizeof(type));
		assert_string_equal(type, table[i].type);
		assert_int_equal(fb_chip_sm(table[i].device), table[i].sm);
		assert_double_equal(fb_chip_lane_gbps(table[i].sm), table[i].gbps, 0);
	}
}

static void make(struct fb_survey *s, const char *name, unsigned int gpus)
{
	struct fb_err err;

	fb_survey_init(s, name);
	for (unsigned int i = 0; i < gpus; i++)
		assert_non_null(fb_survey_add_gpu(s, &err));
	for (unsigned int i = 0; i < gpus; i++)
		for (unsigned int j = 0; j < gpus; j++)
			s->pcie[i][j] = i == j ? FB_LINK_SELF : FB_LINK_SYS;
}

static void test_too_many(void **state)
{
	struct fb_survey s;
	struct fb_err err;

	(void)state;
	make(&s, "x", FB_ENGINE_GPUS_MAX);
	assert_null(fb_survey_add_gpu(&s, &err));
	assert_string_equal(err.text, "more than 16 GPUs; a node may have 16");
	for (int i = 0; i < FB_TOPOFILE_NICS_MAX; i++)
		assert_non_null(fb_survey_add_nic(&s, &err));
	assert_null(fb_survey_add_nic(&s, &err));
	assert_string_equal(err.text, "more than 32 network adapters; a node may have 32");
}

/* By address if both know them: the second survey has the two GPUs the other way round. */
static void test_merge_by_address(void **state)
{
	struct fb_survey first, second, both;
	const struct fb_survey *from[] = { &first, &second };
	struct fb_err err;

	(void)state;
	make(&first, "first", 2);
	make(&second, "second", 2);
	first.gpu[0].pci = second.gpu[1].pci = 0x1000;
	first.gpu[1].pci = second.gpu[0].pci = 0x2000;
	first.nvlink = second.wires = true;
	second.sockets = 2;
	second.gpu[0].socket = 0;
	second.gpu[1].socket = 1;
	second.nics = 1;
	second.nic[0].link[0] = FB_LINK_PIX;
	second.nic[0].link[1] = FB_LINK_SYS;
	memset(first.pcie, 0, sizeof(first.pcie));
	fb_survey_sign(&first);
	fb_survey_sign(&second);
	assert_int_equal(fb_survey_merge(&both, from, 2, &err), 0);
	assert_int_equal(both.gpu[0].socket, 1);
	assert_int_equal(both.gpu[1].socket, 0);
	assert_int_equal(both.nic[0].link[1], FB_LINK_PIX);
	assert_string_equal(both.source[FB_MACHINE_LINKS], "first, second");
	assert_string_equal(both.source[FB_MACHINE_GPUS], "first");
	assert_string_equal(both.source[FB_MACHINE_SOCKETS], "second");
	/* By number if one does not. */
	second.gpu[0].pci = FB_PCI_NONE;
	assert_int_equal(fb_survey_merge(&both, from, 2, &err), 0);
	assert_int_equal(both.gpu[0].socket, 0);
}

static void test_merge_refuses(void **state)
{
	struct fb_survey first, second, both;
	const struct fb_survey *from[] = { &first, &second };
	struct fb_err err;

	(void)state;
	make(&first, "a.xml", 2);
	make(&second, "b.txt", 1);
	assert_int_equal(fb_survey_merge(&both, from, 2, &err), -1);
	assert_string_equal(err.text, "a.xml has 2 GPUs, but b.txt has 1: they are not of one machine");
	make(&second, "b.txt", 2);
	for (unsigned int i = 0; i < 2; i++) {
		first.gpu[i].pci = 0x100 * i;
		second.gpu[i].pci = 0x100 * i + 0x100;
	}
	assert_int_equal(fb_survey_merge(&both, from, 2, &err), -1);
	assert_string_equal(err.text, "a.xml has a GPU at 0000:00:00.0, but b.txt has none there: they are not of one machine");
}

static void test_report_refuses(void **state)
{
	struct fb_survey s;
	struct fb_machine machine;
	struct fb_err err;

	(void)state;
	make(&s, "a.xml", 0);
	assert_int_equal(fb_survey_report(&s, &machine, &err), -1);
	assert_string_equal(err.text, "a.xml: there is no GPU in it");
	make(&s, "a.xml", 2);
	s.pcie[0][1] = s.pcie[1][0] = FB_LINK_SELF;
	assert_int_equal(fb_survey_report(&s, &machine, &err), -1);
	assert_string_equal(err.text, "a.xml: the link between GPU 0 and GPU 1 is not known");
	make(&s, "a.xml", 2);
	s.nics = 2;
	snprintf(s.nic[0].name, sizeof(s.nic[0].name), "mlx5_0");
	snprintf(s.nic[1].name, sizeof(s.nic[1].name), "mlx5_0");
	fb_survey_sign(&s);
	assert_int_equal(fb_survey_report(&s, &machine, &err), -1);
	assert_string_equal(err.text, "a.xml: network adapter 'mlx5_0' is there twice");
}

/* A type for gres.conf only if all are of one; the slowest lanes count. */
static void test_mixed_models(void **state)
{
	struct fb_survey s;
	struct fb_machine machine;
	struct fb_err err;

	(void)state;
	make(&s, "x", 2);
	s.gpu[0].lanes[1] = s.gpu[1].lanes[0] = 4;
	snprintf(s.gpu[0].model, sizeof(s.gpu[0].model), "NVIDIA A100-SXM4-40GB");
	s.gpu[0].sm = 80;
	s.gpu[1].device = 0x20b0;
	assert_int_equal(fb_survey_report(&s, &machine, &err), 0);
	assert_string_equal(machine.type.gpu, "a100");
	snprintf(s.gpu[1].model, sizeof(s.gpu[1].model), "NVIDIA A40");
	s.gpu[1].sm = 86;
	assert_int_equal(fb_survey_report(&s, &machine, &err), 0);
	assert_string_equal(machine.type.gpu, "");
	assert_double_equal(machine.type.wiring.lane_gbps, 12, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses),	cmocka_unit_test(test_types_of_models), cmocka_unit_test(test_chips),
		cmocka_unit_test(test_too_many),	cmocka_unit_test(test_merge_by_address), cmocka_unit_test(test_merge_refuses),
		cmocka_unit_test(test_report_refuses), cmocka_unit_test(test_mixed_models),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
