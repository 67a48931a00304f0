/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Discovery on a machine, with a library in place of NVML that serves the machine models, and a sysfs made by the test. */
#include "check.h"

#include <sys/stat.h>
#include <unistd.h>

#include "flightbase/topo/live.h"
#include "node_type.h"
#include "remove_tree.h"

#define DGX2 FB_TEST_DATA "/topologies/nvidiaDGX2.v2.xml"
#define NO_FILE "/nonexistent"

static struct fb_notes notes;

static int reset(void **state)
{
	static const char *const names[] = { "FAKE_NVML",      "FAKE_NVML_PCI",	 "FAKE_NVML_MINORS", "FAKE_NVML_DEAD",
					     "FAKE_NVML_LOST", "FAKE_NVML_INIT", "FAKE_NVML_UNKNOWN" };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unsetenv(names[i]);
	notes.count = 0;
	return 0;
}

static void serve(const char *type)
{
	char path[512];

	snprintf(path, sizeof(path), FB_TEST_DATA "/node-types/%s.json", type);
	setenv("FAKE_NVML", path, 1);
}

static void survey_with(const char *library, const char *hwloc, struct fb_machine *machine)
{
	const struct fb_live_places places = { .nvml = library, .hwloc = hwloc, .sysfs = NO_FILE };
	struct fb_survey survey;
	struct fb_err err;

	if (fb_live_survey(&survey, &places, &notes, &err) || fb_survey_report(&survey, machine, &err))
		fail_msg("%s", err.text);
}

static void fails_with(const char *library, const char *hwloc, const char *message)
{
	const struct fb_live_places places = { .nvml = library, .hwloc = hwloc, .sysfs = NO_FILE };
	struct fb_survey survey;
	struct fb_err err;

	assert_int_equal(fb_live_survey(&survey, &places, &notes, &err), -1);
	check_contains(err.text, message);
}

static void check_note(const char *part)
{
	for (unsigned int n = 0; n < notes.count; n++)
		if (strstr(notes.note[n].text, part))
			return;
	fail_msg("no note has '%s'; the first is '%s'", part, notes.count ? notes.note[0].text : "");
}

static void test_each_model(void **state)
{
	static const char *const types[] = { "dgx1v", "dgx2", "ndv4", "p4d", "pcie-bridge8", "a100-pcie4" };

	(void)state;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		struct fb_topofile_type expected;
		struct fb_machine machine;

		read_node_type(types[i], &expected);
		serve(types[i]);
		survey_with(FAKE_NVML_LIBRARY, NO_FILE, &machine);
		check_links(&machine.type, &expected);
		assert_string_equal(machine.type.gpu, expected.gpu);
		assert_double_equal(machine.type.wiring.lane_gbps, 20, 0);
		assert_int_equal(machine.type.sockets, 0);
		assert_string_equal(machine.source[FB_MACHINE_LINKS], "nvml");
		assert_int_equal(machine.gpu[1].minor, 1);
	}
}

#define DGX2_ADDRESSES \
	"0:34:0,0:36:0,0:39:0,0:3b:0,0:57:0,0:59:0,0:5c:0,0:5e:0,0:b7:0,0:b9:0,0:bc:0,0:be:0,0:e0:0,0:e2:0,0:e5:0,0:e7:0"

/* Sockets and cores come from hwloc, by PCI address. */
static void test_with_hwloc(void **state)
{
	struct fb_topofile_type expected;
	struct fb_machine machine;

	(void)state;
	read_node_type("dgx2", &expected);
	serve("dgx2");
	setenv("FAKE_NVML_PCI", DGX2_ADDRESSES, 1);
	survey_with(FAKE_NVML_LIBRARY, DGX2, &machine);
	assert_int_equal(notes.count, 0);
	check_links(&machine.type, &expected);
	check_sockets(&machine.type, &expected);
	assert_string_equal(machine.type.cores[1], "2-3");
	assert_string_equal(machine.gpu[2].pci, "0000:39:00.0");
}

/* GPU i is the one of /dev/nvidia-i, whatever NVML counts. */
static void test_order_of_device_files(void **state)
{
	struct fb_machine machine;

	(void)state;
	serve("a100-pcie4");
	setenv("FAKE_NVML_MINORS", "3,0,2,1", 1);
	survey_with(FAKE_NVML_LIBRARY, NO_FILE, &machine);
	/* The bridge joins NVML's 0 and 1. */
	assert_int_equal(machine.type.wiring.link[3][0], FB_LINK_NVLINK);
	assert_int_equal(machine.type.wiring.link[0][1], FB_LINK_SYS);
	assert_int_equal(machine.type.wiring.link[1][2], FB_LINK_NODE);
	assert_string_equal(machine.gpu[0].pci, "0000:11:00.0");
}

static void test_dead_lanes(void **state)
{
	struct fb_machine machine;

	(void)state;
	serve("dgx1v");
	/* Lanes of GPU 0: 1, 2, 3, 3, 4, 4. */
	setenv("FAKE_NVML_DEAD", "both:0:2", 1);
	survey_with(FAKE_NVML_LIBRARY, NO_FILE, &machine);
	assert_int_equal(machine.type.wiring.lanes[0][3], 1);
	assert_int_equal(machine.type.wiring.lanes[3][0], 1);
	assert_int_equal(machine.type.wiring.lanes[0][4], 2);
	check_note("sockets and adapters could not be seen");
	assert_int_equal(notes.count, 1);
	/* The only lane of a pair: PCI is what is left. */
	setenv("FAKE_NVML_DEAD", "both:0:0", 1);
	survey_with(FAKE_NVML_LIBRARY, NO_FILE, &machine);
	assert_int_equal(machine.type.wiring.link[0][1], FB_LINK_SYS);
	assert_int_equal(machine.type.wiring.lanes[0][1], 0);
	/* One end says it is there, the other that it is not. */
	setenv("FAKE_NVML_DEAD", "0:2", 1);
	survey_with(FAKE_NVML_LIBRARY, NO_FILE, &machine);
	assert_int_equal(machine.type.wiring.lanes[3][0], 1);
	check_note("GPU 3 has 2 NVLinks to GPU 0, but GPU 0 has 1 to it: the smaller number counts");
	/* A GPU with a lane less to the switches is slower with all others. */
	serve("ndv4");
	setenv("FAKE_NVML_DEAD", "5:11", 1);
	survey_with(FAKE_NVML_LIBRARY, NO_FILE, &machine);
	assert_true(machine.type.nvswitch);
	assert_int_equal(machine.type.wiring.lanes[5][0], 11);
	assert_int_equal(machine.type.wiring.lanes[4][0], 12);
}

/* What leads to a switch is found out without the function that tells it, too. */
static void test_older_drivers(void **state)
{
	static const char *const types[] = { "dgx1v", "dgx2", "pcie-bridge8" };
	static const char *const libraries[] = { FAKE_NVML_LIBRARY_OLD, FAKE_NVML_LIBRARY };

	(void)state;
	setenv("FAKE_NVML_UNKNOWN", "1", 1);
	for (size_t l = 0; l < 2; l++)
		for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
			struct fb_topofile_type expected;
			struct fb_machine machine;

			read_node_type(types[i], &expected);
			serve(types[i]);
			survey_with(libraries[l], NO_FILE, &machine);
			check_links(&machine.type, &expected);
		}
	fails_with(FAKE_NVML_LIBRARY_ANCIENT, NO_FILE, "NVML has no function nvmlDeviceGetPciInfo_v3: the driver is too old");
}

/* What this driver does not tell of links, hwloc does. */
static void test_driver_without_links(void **state)
{
	struct fb_topofile_type expected;
	struct fb_machine machine;

	(void)state;
	read_node_type("dgx2", &expected);
	serve("dgx2");
	setenv("FAKE_NVML_PCI", DGX2_ADDRESSES, 1);
	survey_with(FAKE_NVML_LIBRARY_PLAIN, DGX2, &machine);
	check_note("NVML has no function nvmlDeviceGetNvLinkState: the driver is too old to see NVLink");
	check_links(&machine.type, &expected);
	assert_string_equal(machine.source[FB_MACHINE_GPUS], "nvml");
	assert_string_equal(machine.source[FB_MACHINE_LINKS], DGX2);
}

/* A lane to what PCI shows as the CPU's NVLink bridge joins no GPUs. */
static void test_ends_by_class(void **state)
{
	char dir[256], path[1024];
	struct fb_survey survey;
	struct fb_err err;

	(void)state;
	make_temporary(dir, sizeof(dir));
	snprintf(path, sizeof(path), "%s/bus/pci/devices/0000:c0:00.0", dir);
	assert_int_equal(make_tree(path), 0);
	write_file(path, "class", "0x068001\n");
	snprintf(path, sizeof(path), "%s/bus/pci/devices/0000:c1:00.0", dir);
	assert_int_equal(make_tree(path), 0);
	write_file(path, "class", "0x068000\n");
	serve("dgx2");
	assert_int_equal(fb_survey_nvml(&survey, FAKE_NVML_LIBRARY_OLD, dir, &notes, &err), 0);
	assert_int_equal(survey.gpu[0].switch_lanes, 5);
	remove_tree(dir);
}

static void test_nothing_there(void **state)
{
	struct fb_machine machine;

	(void)state;
	fails_with("libfake-nowhere.so.1", NO_FILE, "no GPU is found: NVML cannot be loaded: libfake-nowhere.so.1: ");
	fails_with("libfake-nowhere.so.1", NO_FILE, "PCI shows none of NVIDIA's");
	setenv("FAKE_NVML_INIT", "18", 1);
	fails_with(FAKE_NVML_LIBRARY, NO_FILE, "NVML cannot be started: Driver/library version mismatch");
	/* PCI alone. */
	notes.count = 0;
	survey_with(FAKE_NVML_LIBRARY, FB_TEST_DATA "/topologies/power8gpudistances.v2.xml", &machine);
	check_note("NVLink could not be seen, the links are those of PCI: NVML cannot be started: Driver/library version mismatch");
	assert_int_equal(machine.type.wiring.gpus, 4);
}

static void test_lost_gpu(void **state)
{
	struct fb_machine machine;

	(void)state;
	serve("dgx1v");
	setenv("FAKE_NVML_LOST", "2", 1);
	survey_with(FAKE_NVML_LIBRARY, NO_FILE, &machine);
	check_note("GPU 2 of NVML does not answer and is left out: GPU is lost");
	assert_int_equal(machine.type.wiring.gpus, 7);
	assert_int_equal(machine.gpu[2].minor, 3);
	assert_int_equal(machine.type.wiring.lanes[0][2], 2);
}

/* hwloc has a GPU that NVML does not. */
static void test_gpu_of_pci_alone(void **state)
{
	struct fb_machine machine;

	(void)state;
	serve("a100-pcie4");
	setenv("FAKE_NVML_PCI", "2:1:0,3:1:0,a:1:0,9:1:0", 1);
	survey_with(FAKE_NVML_LIBRARY, FB_TEST_DATA "/topologies/power8gpudistances.v2.xml", &machine);
	check_note("PCI shows a GPU at 000b:01:00.0 that NVML does not have: it is left out");
	assert_int_equal(machine.type.wiring.gpus, 4);
	assert_int_equal(machine.type.sockets, 0);
}

static void make_adapter(const char *root, const char *name, const char *guid, const char *state, const char *layer)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/class/infiniband/%s/ports/1/gids", root, name);
	assert_int_equal(make_tree(path), 0);
	snprintf(path, sizeof(path), "%s/class/infiniband/%s", root, name);
	write_file(path, "node_guid", guid);
	snprintf(path, sizeof(path), "%s/class/infiniband/%s/ports/1", root, name);
	write_file(path, "state", state);
	write_file(path, "rate", "200 Gb/sec (4X HDR)\n");
	write_file(path, "link_layer", layer);
	write_file(path, "gids/0", "fe80:0000:0000:0000:0c42:a103:0065:fac3\n");
}

static void test_adapters(void **state)
{
	struct fb_survey survey;
	struct fb_machine machine;
	struct fb_err err;
	char dir[256], path[1024];

	(void)state;
	make_temporary(dir, sizeof(dir));
	make_adapter(dir, "mlx5_10", "0c42:a103:0065:fb00\n", "1: DOWN\n", "InfiniBand\n");
	make_adapter(dir, "mlx5_2", "0c42:a103:0065:fac2\n", "4: ACTIVE\n", "InfiniBand\n");
	make_adapter(dir, "mlx5_bond_0", "0c42:a103:0065:fb10\n", "4: ACTIVE\n", "Ethernet\n");
	make_adapter(dir, "mlx5_11", "0c42:a103:0065:fb20\n", "4: ACTIVE\n", "InfiniBand\n");
	snprintf(path, sizeof(path), "%s/class/infiniband/mlx5_11/device/physfn", dir);
	assert_int_equal(make_tree(path), 0);
	serve("a100-pcie4");
	const struct fb_live_places places = { FAKE_NVML_LIBRARY, NO_FILE, dir };
	assert_int_equal(fb_live_survey(&survey, &places, &notes, &err), 0);
	assert_int_equal(fb_survey_report(&survey, &machine, &err), 0);
	assert_int_equal(machine.adapters, 3);
	assert_string_equal(machine.adapter[0].name, "mlx5_2");
	assert_true(machine.adapter[0].node_guid == 0x0c42a1030065fac2);
	assert_int_equal(machine.adapter[0].ports, 1);
	assert_int_equal(machine.adapter[0].port[0].number, 1);
	assert_true(machine.adapter[0].port[0].guid == 0x0c42a1030065fac3);
	assert_double_equal(machine.adapter[0].port[0].gbps, 25, 0);
	assert_false(machine.adapter[0].port[0].ethernet);
	assert_string_equal(machine.adapter[1].name, "mlx5_10");
	assert_double_equal(machine.adapter[1].port[0].gbps, 0, 0);
	assert_string_equal(machine.adapter[2].name, "mlx5_bond_0");
	assert_true(machine.adapter[2].port[0].ethernet);
	assert_int_equal(machine.type.nics, 3);
	assert_double_equal(machine.type.nic[0].gbps, 25, 0);
	assert_string_equal(machine.source[FB_MACHINE_ADAPTERS], "sysfs");
	for (int i = 0; i < 32; i++) {
		snprintf(path, sizeof(path), "x%d", i);
		make_adapter(dir, path, "0c42:a103:0065:fb20\n", "4: ACTIVE\n", "InfiniBand\n");
	}
	assert_int_equal(fb_live_survey(&survey, &places, &notes, &err), -1);
	check_contains(err.text, "/class/infiniband: more than 32 RDMA adapters");
	remove_tree(dir);
}

/* The command itself, with the library where the driver's would be found. */
static void test_command(void **state)
{
	struct fb_topofile_type expected;
	struct fb_machine machine;
	struct fb_err err;
	char dir[256], path[512], command[2048];

	(void)state;
	make_temporary(dir, sizeof(dir));
	snprintf(path, sizeof(path), "%s/libnvidia-ml.so.1", dir);
	assert_int_equal(symlink(FAKE_NVML_LIBRARY, path), 0);
	serve("dgx1v");
	read_node_type("dgx1v", &expected);
	/* hwloc's plugin for PCI leaves memory behind. */
	snprintf(command, sizeof(command), "ASAN_OPTIONS=detect_leaks=0 SLURMD_NODENAME=gpu7 LD_LIBRARY_PATH=%s %s topo discover --json >%s/report 2>%s/notes", dir,
		 FLIGHTBASE_COMMAND, dir, dir);
	int status = system(command);
	snprintf(path, sizeof(path), "cat %s/notes", dir);
	if (status)
		fail_msg("%d of %s; %d", status, command, system(path));
	snprintf(path, sizeof(path), "%s/report", dir);
	if (fb_machine_read(&machine, path, &err))
		fail_msg("%s", err.text);
	assert_string_equal(machine.node, "gpu7");
	check_links(&machine.type, &expected);
	assert_string_equal(machine.source[FB_MACHINE_LINKS], "nvml");
	remove_tree(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_each_model, reset),
		cmocka_unit_test_setup(test_with_hwloc, reset),
		cmocka_unit_test_setup(test_order_of_device_files, reset),
		cmocka_unit_test_setup(test_dead_lanes, reset),
		cmocka_unit_test_setup(test_older_drivers, reset),
		cmocka_unit_test_setup(test_driver_without_links, reset),
		cmocka_unit_test_setup(test_ends_by_class, reset),
		cmocka_unit_test_setup(test_nothing_there, reset),
		cmocka_unit_test_setup(test_lost_gpu, reset),
		cmocka_unit_test_setup(test_gpu_of_pci_alone, reset),
		cmocka_unit_test_setup(test_adapters, reset),
		cmocka_unit_test_setup(test_command, reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
