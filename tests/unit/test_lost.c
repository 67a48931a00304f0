/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A machine that loses GPUs and NVLinks while NVML is asked: what is gone is named by the number that the file gives it. */
#include "check.h"

#include "flightbase/topo/diff.h"
#include "flightbase/topo/live.h"
#include "node_type.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_whole, reset),
		cmocka_unit_test_setup(test_gpu_lost, reset),
		cmocka_unit_test_setup(test_lanes_lost, reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
