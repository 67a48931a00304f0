/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A machine that loses GPUs and NVLinks while NVML is asked: what is gone is named by the number that the file gives it. */
#include "check.h"

#include <sys/wait.h>
#include <unistd.h>

#include "flightbase/topo/diff.h"
#include "flightbase/topo/live.h"
#include "node_type.h"
#include "remove_tree.h"

static int reset(void **state)
{
	static const char *const names[] = { "FAKE_NVML_PCI", "FAKE_NVML_MINORS", "FAKE_NVML_DEAD", "FAKE_NVML_LOST", "FAKE_NVML_INIT" };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unsetenv(names[i]);
	return 0;
}

static void survey(struct fb_machine *machine)
{
	static const struct fb_live_places places = { .nvml = FAKE_NVML_LIBRARY, .hwloc = "/nonexistent", .sysfs = "/nonexistent" };
	struct fb_notes notes = { .count = 0 };
	struct fb_survey *found = malloc(sizeof(*found));
	struct fb_err err;

	assert_non_null(found);
	if (fb_live_survey(found, &places, &notes, &err) || fb_survey_report(found, machine, &err))
		fail_msg("%s", err.text);
	free(found);
}

/* What the machine of this type is without, by the type's own file; empty: nothing. Its adapters are not asked for here. */
static void expect(const char *type, const char *variable, const char *value, const char *text)
{
	struct fb_topofile_type then;
	struct fb_machine machine;
	struct fb_diff diff;
	char path[512];
	int minor[FB_ENGINE_GPUS_MAX];

	read_node_type(type, &then);
	then.nics = 0;
	snprintf(path, sizeof(path), FB_TEST_DATA "/node-types/%s.json", type);
	setenv("FAKE_NVML", path, 1);
	if (variable)
		setenv(variable, value, 1);
	survey(&machine);
	for (unsigned int g = 0; g < FB_ENGINE_GPUS_MAX; g++)
		minor[g] = machine.gpu[g].minor;
	fb_diff_make(&diff, &then, &machine.type, minor);
	for (unsigned int i = 1; i < diff.count; i++)
		print_message("%s\n", diff.entry[i].text);
	assert_int_equal(diff.count, *text ? 1 : 0);
	if (*text)
		assert_string_equal(diff.entry[0].text, text);
	assert_int_equal(fb_diff_missing(&diff), *text != '\0');
	reset(NULL);
}

static void test_whole(void **state)
{
	static const char *const types[] = { "dgx1v", "dgx2", "ndv4", "p4d" };

	(void)state;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		expect(types[i], NULL, NULL, "");
}

static void test_gpu_lost(void **state)
{
	static const char *const types[] = { "dgx1v", "dgx2", "ndv4", "p4d" };

	(void)state;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		expect(types[i], "FAKE_NVML_LOST", "0", "GPU 0 is gone");
		expect(types[i], "FAKE_NVML_LOST", "3", "GPU 3 is gone");
	}
}

static void test_lanes_lost(void **state)
{
	(void)state;
	expect("ndv4", "FAKE_NVML_DEAD", "5:11", "GPU 5: NVLink to all others has 11 lanes, not 12");
	expect("dgx1v", "FAKE_NVML_DEAD", "both:0:0", "NVLink of GPUs 0 and 1 (NV1) is gone: SYS now");
	expect("dgx1v", "FAKE_NVML_DEAD", "both:0:2", "NVLink of GPUs 0 and 3 has 1 lanes, not 2");
}

/* A command of flightbase on this machine, with the library where the driver's would be found. Returns its exit status. */
static int run(const char *folder, const char *words, char *text, size_t size)
{
	char command[2048];

	/* hwloc's plugin for PCI leaves memory behind. */
	snprintf(command, sizeof(command), "cd %s && ASAN_OPTIONS=detect_leaks=0 SLURMD_NODENAME=gpu7 LD_LIBRARY_PATH=%s %s topo %s 2>&1", folder, folder,
		 FLIGHTBASE_COMMAND, words);
	FILE *pipe = popen(command, "r");
	assert_non_null(pipe);
	size_t length = fread(text, 1, size - 1, pipe);
	text[length] = '\0';
	return WEXITSTATUS(pclose(pipe));
}

/* From discovery to the file, and back when something is gone. */
static void test_commands(void **state)
{
	char folder[256], path[512], text[8192];

	(void)state;
	make_temporary(folder, sizeof(folder));
	snprintf(path, sizeof(path), "%s/libnvidia-ml.so.1", folder);
	assert_int_equal(symlink(FAKE_NVML_LIBRARY, path), 0);
	setenv("FAKE_NVML", FB_TEST_DATA "/node-types/dgx1v.json", 1);
	assert_int_equal(run(folder, "discover --json >report.json", text, sizeof(text)), 0);
	assert_int_equal(run(folder, "build report.json -o topology.json", text, sizeof(text)), 0);
	check_contains(text, "1 node of 1 type, 0 leaf groups");
	if (run(folder, "check --file topology.json", text, sizeof(text)))
		fail_msg("%s", text);
	check_contains(text, "1 of 1 nodes are as topology.json says");
	setenv("FAKE_NVML_LOST", "3", 1);
	assert_int_equal(run(folder, "check --file topology.json", text, sizeof(text)), 1);
	check_contains(text, "missing: gpu7: GPU 3 is gone\n0 of 1 nodes");
	unsetenv("FAKE_NVML_LOST");
	setenv("FAKE_NVML_DEAD", "both:0:0", 1);
	assert_int_equal(run(folder, "check --file topology.json", text, sizeof(text)), 1);
	check_contains(text, "missing: gpu7: NVLink of GPUs 0 and 1 (NV1) is gone");
	setenv("FAKE_NVML_INIT", "9", 1);
	assert_int_equal(run(folder, "check --file topology.json", text, sizeof(text)), 1);
	check_contains(text, "flightbase: node 'gpu7': ");
	remove_tree(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_whole, reset),
		cmocka_unit_test_setup(test_gpu_lost, reset),
		cmocka_unit_test_setup(test_lanes_lost, reset),
		cmocka_unit_test_setup(test_commands, reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
