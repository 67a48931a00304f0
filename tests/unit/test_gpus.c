/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The GPUs of every form of request: a lower bound, and no spelling that counts in Slurm but not here. */
#include "check.h"

#include "common/gpus.h"

#define HUGE UINT64_MAX

static void check_count(const char *what, const struct fb_gpus_request *request, bool asked, uint64_t count)
{
	struct fb_gpus gpus = fb_gpus_count(request);

	if (gpus.asked != asked || gpus.count != count)
		fail_msg("%s: asked %d, count %llu; expected %d and %llu", what, gpus.asked, (unsigned long long)gpus.count, asked,
			 (unsigned long long)count);
}

static void test_forms(void **state)
{
	static const struct {
		const char *what;
		struct fb_gpus_request request;
		uint64_t count;
	} cases[] = {
		{ "--gpus=4", { .per_job = "gres/gpu:4" }, 4 },
		{ "--gpus=4 -N2", { .per_job = "gres/gpu:4", .nodes = 2 }, 4 },
		{ "--gpus=v100:4", { .per_job = "gres/gpu:v100:4" }, 4 },
		{ "--gpus=v100:4,a100:2", { .per_job = "gres/gpu:v100:4,gres/gpu:a100:2" }, 6 },
		{ "--gres=gpu", { .per_node = "gres/gpu" }, 1 },
		{ "--gres=gpu:v100", { .per_node = "gres/gpu:v100", .nodes = 3 }, 3 },
		{ "--gres=gpu:2 -N3", { .per_node = "gres/gpu:2", .nodes = 3 }, 6 },
		{ "--gres=gpu:v100:1,gpu:a100:2 -N2", { .per_node = "gres/gpu:v100:1,gres/gpu:a100:2", .nodes = 2 }, 6 },
		{ "--gres=license,gpu:2", { .per_node = "gres/nic:2,gres/gpu:2" }, 2 },
		{ "--gpus-per-node=2 -n8 --ntasks-per-node=2",
		  { .per_node = "gres/gpu:2", .tasks = 8, .tasks_per_node = 2 }, 8 },
		{ "--gpus-per-node=2 -N1-4", { .per_node = "gres/gpu:2", .nodes = 1 }, 2 },
		{ "--gpus-per-node=2 --gpus=8", { .per_node = "gres/gpu:2", .per_job = "gres/gpu:8" }, 8 },
		{ "--gpus-per-socket=1 --sockets-per-node=2 -N2",
		  { .per_socket = "gres/gpu:1", .sockets_per_node = 2, .nodes = 2 }, 4 },
		{ "--gpus-per-socket=2", { .per_socket = "gres/gpu:2" }, 2 },
		{ "--gpus-per-socket=1 -n6 --ntasks-per-socket=2",
		  { .per_socket = "gres/gpu:1", .tasks = 6, .tasks_per_socket = 2 }, 3 },
		{ "--gpus-per-task=2 -n3", { .per_task = "gres/gpu:2", .tasks = 3, .nodes = 1 }, 6 },
		{ "--gpus-per-task=2 -N3 --ntasks-per-node=2", { .per_task = "gres/gpu:2", .nodes = 3, .tasks_per_node = 2 }, 12 },
		{ "--gpus-per-task=2 -N3", { .per_task = "gres/gpu:2", .nodes = 3 }, 6 },
		{ "--tres-per-task=cpu:4,gres/gpu:2 -n2", { .per_task = "cpu:4,gres/gpu:2", .tasks = 2 }, 4 },
		{ "--tres-per-task=cpu=4,gres/gpu=2 -n2", { .per_task = "cpu=4,gres/gpu=2", .tasks = 2 }, 4 },
		{ "--ntasks-per-gpu=2 -n8", { .tasks_per_gpu = 2, .tasks = 8 }, 4 },
		{ "--ntasks-per-gpu=2 -N3", { .tasks_per_gpu = 2, .nodes = 3 }, 3 },
		{ "--ntasks-per-gpu=2 --gpus=3", { .tasks_per_gpu = 2, .per_job = "gres/gpu:3" }, 3 },
		{ "--exclusive -N2", { .whole_node = 8, .nodes = 2 }, 16 },
		{ "--exclusive --gpus=1", { .whole_node = 8, .per_job = "gres/gpu:1" }, 8 },
		{ "--exclusive --gpus=9", { .whole_node = 8, .per_job = "gres/gpu:9" }, 9 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check_count(cases[i].what, &cases[i].request, true, cases[i].count);
	check_count("no GPUs", &(struct fb_gpus_request){ .nodes = 4, .tasks = 4, .tasks_per_node = 1 }, false, 0);
	check_count("shards", &(struct fb_gpus_request){ .per_node = "gres/shard:4" }, true, 0);
	check_count("MPS", &(struct fb_gpus_request){ .per_job = "gres/mps:100" }, true, 0);
}

/* One string, in --gres of one node. */
static void test_spellings(void **state)
{
	static const struct {
		const char *text;
		bool asked;
		uint64_t count;
	} cases[] = {
		{ "", false, 0 },
		{ "gres", false, 0 },
		{ "gres/", false, 0 },
		{ "gpu:4", false, 0 }, /* not Slurm's form: its parser finds no "gres" */
		{ "gres/gpu=3", true, 3 },
		{ "gres/gpu:a:b:3", true, 3 },
		{ "gres/gpu:2k", true, 2048 },
		{ "gres/gpu:2KiB", true, 2048 },
		{ "gres/gpu:2kb", true, 2000 },
		{ "gres/gpu:1p", true, 1125899906842624 },
		{ "gres/gpu:1pb", true, 1000000000000000 },
		{ "gres/gpu:1kx", true, 1 },  /* a type */
		{ "gres/gpu:1xib", true, 1 },
		{ "gres/gpu:2x", true, 1 },
		{ "gres/gpu=2x", false, 0 },
		{ "gres/gpu:0", false, 0 },
		{ "gres/gpu:v100:0", false, 0 },
		{ "gres/gpu:0,gres/gpu:v100:2", true, 2 },
		{ "gres/gpu:", false, 0 },
		{ "gres/gpu:v100:x", false, 0 }, /* two types */
		{ "gres/4", false, 0 },
		{ "gres/:4", false, 0 },
		{ "gres/gpu:2,", true, 2 },
		{ ",,gres/gpu:2", true, 2 },
		{ "gres/,gres/gpu:2", true, 2 },
		{ "gres/gpu:2,gres/gpu:3", true, 3 }, /* the last one counts */
		{ "gres/gpu:v100:2,gres/gpu:v100:3", true, 3 },
		{ "gres/gpu:2,gres/gpu:,gres/gpu:v100:9", true, 2 }, /* Slurm stops at the fault, and refuses */
		{ "nogres/gpu:5", true, 5 }, /* Slurm looks for "gres" anywhere */
		{ "gres/GPU:5", false, 0 },
		{ "gres/gpux:5", false, 0 },
		{ "gres/gpu:-1", true, 1 }, /* a type called "-1" */
		{ "gres/gpu:18446744073709551614", true, 18446744073709551614u },
		{ "gres/gpu:18446744073709551615", true, 1 }, /* as Slurm: no number any more */
		{ "gres/gpu:99999999999999999999999999", true, 1 },
		{ "gres/gpu:18446744073709551614k", true, HUGE },
		{ "gres/gpu:v100:18446744073709551614,gres/gpu:a100:18446744073709551614", true, HUGE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check_count(cases[i].text, &(struct fb_gpus_request){ .per_node = cases[i].text }, cases[i].asked, cases[i].count);
}

static void test_extremes(void **state)
{
	char text[3 * FB_GPUS_TEXT_MAX] = "", item[32];

	(void)state;
	check_count("overflow", &(struct fb_gpus_request){ .per_task = "gres/gpu:9223372036854775808", .tasks = 2 }, true, HUGE);
	check_count("all nodes", &(struct fb_gpus_request){ .per_node = "gres/gpu:4", .nodes = UINT32_MAX }, true, 4ull * UINT32_MAX);
	/* More types than are told apart: the others are left to Slurm. */
	for (int i = 0; i < FB_GPUS_TYPES_MAX + 9; i++) {
		snprintf(item, sizeof(item), "gres/gpu:t%d:1,", i);
		strncat(text, item, sizeof(text) - strlen(text) - 1);
	}
	check_count("types", &(struct fb_gpus_request){ .per_node = text }, true, FB_GPUS_TYPES_MAX);
	/* What stands behind the longest text that Slurm takes is not read. */
	memset(text, 'x', sizeof(text) - 1);
	memcpy(text + FB_GPUS_TEXT_MAX - 10, "gres/gpu:7777", 13);
	check_count("cut", &(struct fb_gpus_request){ .per_node = text }, true, 7);
	memcpy(text + FB_GPUS_TEXT_MAX, "gres/gpu:5555", 13);
	check_count("long", &(struct fb_gpus_request){ .per_node = text }, true, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_forms), cmocka_unit_test(test_spellings),
					    cmocka_unit_test(test_extremes) };

	return cmocka_run_group_tests_name("gpus", tests, NULL, NULL);
}
