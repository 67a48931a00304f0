/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Captured machines: what each file says, and that the machine models made from them say the same. */
#include "check.h"

#include "flightbase/topo/readers.h"
#include "node_type.h"

#define TOPOLOGIES FB_TEST_DATA "/topologies/"

static void read_all(const char *matrix, const char *hwloc, const char *nccl, struct fb_machine *machine)
{
	static struct fb_survey made[3];
	static struct fb_survey survey;
	const struct fb_survey *from[3];
	const struct {
		const char *path;
		fb_survey_reader *reader;
	} files[] = { { matrix, fb_survey_matrix }, { hwloc, fb_survey_hwloc }, { nccl, fb_survey_nccl } };
	size_t count = 0;
	struct fb_err err = { "" };
	char path[512];

	for (size_t f = 0; f < 3; f++) {
		if (!files[f].path)
			continue;
		snprintf(path, sizeof(path), TOPOLOGIES "%s", files[f].path);
		if (fb_survey_file(&made[count], files[f].reader, path, &err))
			fail_msg("%s", err.text);
		from[count] = &made[count];
		count++;
	}
	if (fb_survey_merge(&survey, from, count, &err) || fb_survey_report(&survey, machine, &err))
		fail_msg("%s", err.text);
}

/* Rows of the machine's links, as text. */
static void check_rows(const struct fb_machine *machine, const char *const *rows)
{
	char row[256], text[FB_LINK_TEXT_MAX];

	for (unsigned int i = 0; i < machine->type.wiring.gpus; i++) {
		size_t length = 0;

		for (unsigned int j = 0; j < machine->type.wiring.gpus; j++) {
			fb_link_text((enum fb_link)machine->type.wiring.link[i][j], machine->type.wiring.lanes[i][j], text);
			length += (size_t)snprintf(row + length, sizeof(row) - length, "%s%s", j ? " " : "", text);
		}
		assert_string_equal(row, rows[i]);
	}
}

/* 16 GPUs, each with 6 lanes, all to NVSwitches; one of those has no readable class on PCI. */
static void test_dgx2(void **state)
{
	struct fb_topofile_type expected;
	struct fb_machine m;

	(void)state;
	read_all(NULL, "nvidiaDGX2.v2.xml", NULL, &m);
	read_node_type("dgx2", &expected);
	check_links(&m.type, &expected);
	check_sockets(&m.type, &expected);
	check_nics(&m.type, &expected, true);
	assert_int_equal(m.type.wiring.gpus, 16);
	assert_int_equal(m.type.wiring.lanes[0][15], 6);
	assert_double_equal(m.type.wiring.lane_gbps, 20, 0);
	assert_string_equal(m.type.gpu, expected.gpu);
	/* The capture shows two cores of each package. */
	assert_string_equal(m.type.cores[0], "0-1");
	assert_string_equal(m.type.cores[1], "2-3");
	assert_string_equal(m.gpu[0].pci, "0000:34:00.0");
	assert_string_equal(m.gpu[15].pci, "0000:e7:00.0");
	assert_string_equal(m.gpu[0].model, "Tesla V100-SXM3-32GB-H");
}

/* Without its NVLinks: pairs below one switch, four below two levels of them, sockets. */
static void test_dgx2_pci(void **state)
{
	struct fb_survey survey;
	struct fb_err err;

	(void)state;
	assert_int_equal(fb_survey_file(&survey, fb_survey_hwloc, TOPOLOGIES "nvidiaDGX2.v2.xml", &err), 0);
	for (unsigned int i = 0; i < 16; i++)
		for (unsigned int j = 0; j < i; j++) {
			enum fb_link link = i / 8 != j / 8 ? FB_LINK_SYS : i / 4 != j / 4 ? FB_LINK_NODE : i / 2 != j / 2 ? FB_LINK_PXB : FB_LINK_PIX;

			if (survey.pcie[i][j] != link)
				fail_msg("GPU %u to GPU %u: %d instead of %d", i, j, survey.pcie[i][j], link);
		}
}

/* Two pairs of P100, each pair and its processor joined by two lanes of NVLink 1. */
static void test_power8(void **state)
{
	static const char *const rows[] = { "X NV2 SYS SYS", "NV2 X SYS SYS", "SYS SYS X NV2", "SYS SYS NV2 X" };
	struct fb_machine m;

	(void)state;
	read_all(NULL, "power8gpudistances.v2.xml", NULL, &m);
	assert_int_equal(m.type.wiring.gpus, 4);
	check_rows(&m, rows);
	assert_false(m.type.nvswitch);
	assert_double_equal(m.type.wiring.lane_gbps, 18, 0);
	assert_string_equal(m.type.gpu, "p100");
	assert_int_equal(m.type.sockets, 2);
	assert_int_equal(m.type.socket[0], 0x3);
	assert_int_equal(m.type.socket[1], 0xc);
	/* The system calls the first core 8; Slurm calls it 0. */
	assert_string_equal(m.type.cores[0], "0-3");
	assert_string_equal(m.type.cores[1], "4-7");
}

static void test_ndv4(void **state)
{
	static const char *const rows[] = { "X PIX SYS SYS SYS SYS SYS SYS", "PIX X SYS SYS SYS SYS SYS SYS", "SYS SYS X PIX SYS SYS SYS SYS",
					    "SYS SYS PIX X SYS SYS SYS SYS", "SYS SYS SYS SYS X PIX SYS SYS", "SYS SYS SYS SYS PIX X SYS SYS",
					    "SYS SYS SYS SYS SYS SYS X PIX", "SYS SYS SYS SYS SYS SYS PIX X" };
	struct fb_topofile_type expected;
	struct fb_machine m;

	(void)state;
	read_all(NULL, NULL, "azure-ndv4-topo.xml", &m);
	read_node_type("ndv4", &expected);
	check_rows(&m, rows);
	check_sockets(&m.type, &expected);
	check_nics(&m.type, &expected, true);
	assert_string_equal(m.gpu[0].pci, "0001:00:00.0");
	assert_string_equal(m.gpu[7].pci, "000e:00:00.0");
}

static void test_p4d(void **state)
{
	struct fb_topofile_type expected;
	struct fb_machine m;

	(void)state;
	read_all(NULL, NULL, "aws-p4d-24xl-topo.xml", &m);
	read_node_type("p4d", &expected);
	check_sockets(&m.type, &expected);
	check_nics(&m.type, &expected, false);
	assert_string_equal(m.type.gpu, expected.gpu);
	assert_string_equal(m.type.nic[0].name, "rdmap16s27");
	assert_string_equal(m.type.nic[3].name, "rdmap160s27");
	assert_int_equal(m.type.wiring.link[0][1], FB_LINK_PIX);
	assert_int_equal(m.type.wiring.link[0][2], FB_LINK_PHB);
	assert_int_equal(m.type.wiring.link[3][4], FB_LINK_SYS);
}

/* The file hides the hybrid cube mesh: two sockets of four GPUs, and an adapter at the first. */
static void test_ndv2(void **state)
{
	struct fb_survey survey;
	struct fb_machine m;
	struct fb_err err;

	(void)state;
	assert_int_equal(fb_survey_file(&survey, fb_survey_nccl, TOPOLOGIES "azure-ndv2-topo.xml", &err), 0);
	assert_false(survey.nvlink);
	read_all(NULL, NULL, "azure-ndv2-topo.xml", &m);
	assert_int_equal(m.type.wiring.gpus, 8);
	for (unsigned int i = 0; i < 8; i++)
		for (unsigned int j = 0; j < i; j++)
			assert_int_equal(m.type.wiring.link[i][j], i / 4 == j / 4 ? FB_LINK_PHB : FB_LINK_SYS);
	assert_int_equal(m.type.socket[0], 0x0f);
	assert_int_equal(m.type.socket[1], 0xf0);
	assert_int_equal(m.type.nics, 1);
	assert_int_equal(m.type.nic[0].near, 0x0f);
}

static void test_matrices(void **state)
{
	static const struct {
		const char *file, *type;
	} table[] = {
		{ "k8s-device-plugin-436-4xA100-pcie.txt", "a100-pcie4" },
		{ "k8s-device-plugin-546-8gpu-pcie-nvlbridge.txt", "pcie-bridge8" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct fb_topofile_type expected;
		struct fb_machine m;

		read_all(table[i].file, NULL, NULL, &m);
		read_node_type(table[i].type, &expected);
		check_links(&m.type, &expected);
		check_sockets(&m.type, &expected);
		check_nics(&m.type, &expected, true);
		assert_string_equal(m.type.gpu, "");
		assert_string_equal(m.type.cores[0], "");
	}
}

static void parse(fb_survey_reader *reader, const char *text, struct fb_machine *machine)
{
	struct fb_survey survey;
	struct fb_err err;

	if (reader(&survey, "f", text, strlen(text), &err) || fb_survey_report(&survey, machine, &err))
		fail_msg("%s", err.text);
}

/* As a terminal shows it: an underlined header, adapters named in a legend; and as a web page leaves it. */
static void test_matrix_forms(void **state)
{
	static const char *const texts[] = {
		"$ nvidia-smi topo -m\r\n"
		"\t\033[4mGPU0\tGPU1\tNIC0\tCPU Affinity\tNUMA Affinity\tGPU NUMA ID\033[0m\r\n"
		"GPU0\t X \tNV4\tPXB\t48-63,176-191\t3\t\tN/A\r\n"
		"GPU1\tNV4\t X \tSYS\t16-31,144-159\t1\t\tN/A\r\n"
		"NIC0\tPXB\tSYS\t X \t\t\t\t\r\n\r\n"
		"Legend:\r\n\r\n"
		"  X    = Self\r\n"
		"  NV#  = Connection traversing a bonded set of # NVLinks\r\n\r\n"
		"NIC Legend:\r\n\r\n"
		"  NIC0: mlx5_4\r\n",
		"        GPU0    GPU1    mlx5_4  CPU Affinity    NUMA Affinity\n"
		"GPU0     X      NV4     PXB     48-63,176-191   3\n"
		"GPU1    NV4      X      SYS     16-31,144-159   1\n"
		"mlx5_4  PXB     SYS      X",
	};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		static const char *const rows[] = { "X NV4", "NV4 X" };
		struct fb_machine m;

		parse(fb_survey_matrix, texts[i], &m);
		check_rows(&m, rows);
		assert_int_equal(m.type.sockets, 4);
		assert_int_equal(m.type.socket[1], 2);
		assert_int_equal(m.type.socket[3], 1);
		assert_string_equal(m.type.nic[0].name, "mlx5_4");
		assert_int_equal(m.type.nic[0].near, 1);
	}
}

/* Old drivers' terms; no NUMA column: GPUs with the same CPUs are on one socket. An adapter far from all is near none. */
static void test_old_matrix(void **state)
{
	static const char *const rows[] = { "X PIX SYS", "PIX X SYS", "SYS SYS X" };
	struct fb_machine m;

	(void)state;
	parse(fb_survey_matrix, "\tGPU0\tGPU1\tGPU2\tmlx4_0\tCPU Affinity\nGPU0\tX\tPSB\tSOC\tSOC\t0-7\nGPU1\tPSB\tX\tSOC\tSOC\t0-7\n"
				"GPU2\tSOC\tSOC\tX\tSOC\t8-15\n", &m);
	check_rows(&m, rows);
	assert_int_equal(m.type.sockets, 2);
	assert_int_equal(m.type.socket[0], 3);
	assert_int_equal(m.type.nic[0].near, 0);
}

/* All pairs alike: lanes of one GPU to the others where a chip has as many, to switches where it has not. */
static void test_matrix_switches(void **state)
{
	static const struct {
		const char *text;
		bool nvswitch;
	} table[] = {
		{ "\tGPU0\tGPU1\nGPU0\tX\tNV12\nGPU1\tNV12\tX\n", false },
		{ "\tGPU0\tGPU1\tGPU2\nGPU0\tX\tNV4\tNV4\nGPU1\tNV4\tX\tNV4\nGPU2\tNV4\tNV4\tX\n", false },
		{ "\tGPU0\tGPU1\tGPU2\nGPU0\tX\tNV12\tNV12\nGPU1\tNV12\tX\tNV12\nGPU2\tNV12\tNV12\tX\n", true },
		{ "\tGPU0\tGPU1\tGPU2\nGPU0\tX\tNV12\tSYS\nGPU1\tNV12\tX\tNV12\nGPU2\tSYS\tNV12\tX\n", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct fb_machine m;

		parse(fb_survey_matrix, table[i].text, &m);
		assert_int_equal(m.type.nvswitch, table[i].nvswitch);
	}
}

/* What NCCL_TOPO_DUMP_FILE gives: NVLinks, compute capability, adapters with names and speeds. */
static const char dump[] =
	"<system version=\"1\">\n"
	"  <cpu host_hash=\"0x1\" numaid=\"0\" affinity=\"ffff\" arch=\"x86_64\" vendor=\"GenuineIntel\" familyid=\"6\" modelid=\"85\">\n"
	"    <pci busid=\"0000:07:00.0\" class=\"0x060400\" vendor=\"0x10b5\" device=\"0x8747\" link_speed=\"8.0 GT/s PCIe\" link_width=\"16\">\n"
	"      <pci busid=\"0000:0a:00.0\" class=\"0x030200\" vendor=\"0x10de\" device=\"0x2330\" link_width=\"16\">\n"
	"        <gpu dev=\"1\" sm=\"90\" rank=\"1\" gdr=\"1\">\n"
	"          <nvlink target=\"0000:06:00.0\" count=\"2\" tclass=\"0x030200\"/>\n"
	"          <nvlink target=\"0000:c4:00.0\" count=\"4\" tclass=\"0x068000\"/>\n"
	"          <nvlink target=\"0000:99:00.0\" count=\"1\" tclass=\"0x030200\"/>\n"
	"          <nvlink target=\"0000:01:00.0\" count=\"1\" tclass=\"0x068001\"/>\n"
	"        </gpu>\n"
	"      </pci>\n"
	"      <pci busid=\"0000:06:00.0\" class=\"0x030200\" vendor=\"0x10de\" device=\"0x2330\" link_width=\"16\">\n"
	"        <gpu dev=\"0\" sm=\"90\" rank=\"0\" gdr=\"1\">\n"
	"          <nvlink target=\"0000:0A:00.0\" count=\"2\" tclass=\"0x030200\"/>\n"
	"          <nvlink target=\"0000:c5:00.0\" count=\"3\" tclass=\"0x068000\"/>\n"
	"        </gpu>\n"
	"      </pci>\n"
	"      <pci busid=\"0000:0c:00.0\" class=\"0x020700\"><nic>\n"
	"        <net name=\"mlx5_1\" dev=\"0\" speed=\"200000\" port=\"1\" guid=\"0x1\" maxconn=\"131072\" gdr=\"1\"/>\n"
	"        <net name=\"mlx5_1\" dev=\"1\" speed=\"100000\" port=\"2\" guid=\"0x1\" maxconn=\"131072\" gdr=\"1\"/>\n"
	"      </nic></pci>\n"
	"    </pci>\n"
	"    <nic><net name=\"eth0\" dev=\"2\" speed=\"10000\"/></nic>\n"
	"  </cpu>\n"
	"</system>\n";

static void test_nccl_dump(void **state)
{
	struct fb_machine m;

	(void)state;
	parse(fb_survey_nccl, dump, &m);
	assert_int_equal(m.type.wiring.gpus, 2);
	assert_string_equal(m.gpu[0].pci, "0000:06:00.0");
	assert_int_equal(m.type.wiring.lanes[0][1], 5);
	assert_true(m.type.nvswitch);
	assert_string_equal(m.type.gpu, "h100");
	assert_double_equal(m.type.wiring.lane_gbps, 20.6, 0);
	assert_int_equal(m.type.nics, 1);
	assert_string_equal(m.type.nic[0].name, "mlx5_1");
	assert_double_equal(m.type.nic[0].gbps, 37.5, 0);
	assert_int_equal(m.type.nic[0].near, 3);
}

/* A switch below a switch. */
static void test_nccl_switches(void **state)
{
	static const char *const rows[] = { "X PIX PXB PHB", "PIX X PXB PHB", "PXB PXB X PHB", "PHB PHB PHB X" };
	struct fb_machine m;

	(void)state;
	parse(fb_survey_nccl,
	      "<system version=\"1\"><cpu numaid=\"-1\"><pci busid=\"0000:01:00.0\" class=\"0x060400\"><pci busid=\"0000:02:00.0\" class=\"0x060400\">"
	      "<pci busid=\"0000:03:00.0\" class=\"0x030200\"/><pci busid=\"0000:04:00.0\" class=\"0x030000\"/></pci>"
	      "<pci busid=\"0000:05:00.0\" class=\"0x030200\"/></pci><pci busid=\"0000:06:00.0\" class=\"0x030200\"/></cpu></system>",
	      &m);
	check_rows(&m, rows);
	assert_int_equal(m.type.sockets, 1);
}

/* The driver's matrix for the links, NCCL's file for addresses and what the chip is. */
static void test_two_files(void **state)
{
	static const char matrix[] =
		"\tGPU0\tGPU1\tGPU2\tGPU3\tGPU4\tGPU5\tGPU6\tGPU7\tmlx5_0\tCPU Affinity\tNUMA Affinity\n"
		"GPU0\tX\tNV1\tNV1\tNV2\tNV2\tSYS\tSYS\tSYS\tNODE\t0-19\t0\nGPU1\tNV1\tX\tNV2\tNV1\tSYS\tNV2\tSYS\tSYS\tNODE\t0-19\t0\n"
		"GPU2\tNV1\tNV2\tX\tNV2\tSYS\tSYS\tNV1\tSYS\tNODE\t0-19\t0\nGPU3\tNV2\tNV1\tNV2\tX\tSYS\tSYS\tSYS\tNV1\tNODE\t0-19\t0\n"
		"GPU4\tNV2\tSYS\tSYS\tSYS\tX\tNV1\tNV1\tNV2\tSYS\t20-39\t1\nGPU5\tSYS\tNV2\tSYS\tSYS\tNV1\tX\tNV2\tNV1\tSYS\t20-39\t1\n"
		"GPU6\tSYS\tSYS\tNV1\tSYS\tNV1\tNV2\tX\tNV2\tSYS\t20-39\t1\nGPU7\tSYS\tSYS\tSYS\tNV1\tNV2\tNV1\tNV2\tX\tSYS\t20-39\t1\n";
	struct fb_survey first, second, both;
	const struct fb_survey *from[] = { &first, &second };
	struct fb_topofile_type expected;
	struct fb_machine m;
	struct fb_err err;

	(void)state;
	read_node_type("dgx1v", &expected);
	assert_int_equal(fb_survey_matrix(&first, "m.txt", matrix, strlen(matrix), &err), 0);
	assert_int_equal(fb_survey_file(&second, fb_survey_nccl, TOPOLOGIES "azure-ndv2-topo.xml", &err), 0);
	assert_int_equal(fb_survey_merge(&both, from, 2, &err), 0);
	assert_int_equal(fb_survey_report(&both, &m, &err), 0);
	check_links(&m.type, &expected);
	check_sockets(&m.type, &expected);
	assert_string_equal(m.gpu[4].pci, "0005:00:00.0");
	assert_string_equal(m.source[FB_MACHINE_LINKS], "m.txt");
	assert_int_equal(m.type.nics, 1);
	assert_int_equal(m.type.nic[0].near, 0xf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dgx2),	    cmocka_unit_test(test_dgx2_pci),	cmocka_unit_test(test_power8),
		cmocka_unit_test(test_ndv4),	    cmocka_unit_test(test_p4d),		cmocka_unit_test(test_ndv2),
		cmocka_unit_test(test_matrices),    cmocka_unit_test(test_matrix_forms), cmocka_unit_test(test_old_matrix),
		cmocka_unit_test(test_matrix_switches), cmocka_unit_test(test_nccl_dump), cmocka_unit_test(test_nccl_switches),
		cmocka_unit_test(test_two_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
