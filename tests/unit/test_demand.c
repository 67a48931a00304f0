/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How many GPUs a job gets on a node, for each form of request. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "topology/demand.h"

static void test_forms(void **state)
{
	static const struct {
		const char *what;
		struct fb_demand_request request;
		enum fb_demand_kind kind;
		uint64_t count;
	} table[] = {
		{ "--gres=gpu:2", { .per_node = 2, .min_nodes = 3 }, FB_DEMAND_EXACT, 2 },
		{ "--gpus=4 --gpus-per-node=2", { .per_node = 2, .per_job = 4, .min_nodes = 2 }, FB_DEMAND_EXACT, 2 },
		{ "--gpus-per-socket=1", { .per_socket = 1, .min_nodes = 1 }, FB_DEMAND_SOCKETS, 1 },
		{ "--gpus=4", { .per_job = 4, .min_nodes = 1 }, FB_DEMAND_JOB, 4 },
		{ "--gpus=4 -N2", { .per_job = 4, .min_nodes = 2 }, FB_DEMAND_JOB, 3 },
		{ "--gpus=2 -N2", { .per_job = 2, .min_nodes = 2 }, FB_DEMAND_JOB, 1 },
		{ "--gpus=1 -N2", { .per_job = 1, .min_nodes = 2 }, FB_DEMAND_JOB, 1 },
		{ "--gpus-per-task=2 -n3", { .per_task = 2, .per_job = 6, .min_nodes = 1, .tasks = 3 },
		  FB_DEMAND_TASKS, 6 },
		{ "--gpus-per-task=2 -n3 -N2", { .per_task = 2, .per_job = 6, .min_nodes = 2, .tasks = 3 },
		  FB_DEMAND_TASKS, 4 },
		{ "--gpus-per-task=1 -n4 --ntasks-per-node=2",
		  { .per_task = 1, .per_job = 4, .min_nodes = 2, .tasks = 4, .tasks_per_node = 2 }, FB_DEMAND_TASKS, 2 },
		{ "--gpus-per-task without a number of tasks", { .per_task = 1, .min_nodes = 1 }, FB_DEMAND_UNKNOWN, 0 },
		{ "a number of GPUs beyond all sense", { .per_task = UINT64_MAX, .tasks = 2, .min_nodes = 1 },
		  FB_DEMAND_UNKNOWN, 0 },
		{ "nothing", { .min_nodes = 1 }, FB_DEMAND_UNKNOWN, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct fb_demand demand = fb_demand_of(&table[i].request);

		if (demand.kind != table[i].kind || demand.count != table[i].count)
			print_error("%s: %d %llu\n", table[i].what, demand.kind, (unsigned long long)demand.count);
		assert_int_equal(demand.kind, table[i].kind);
		assert_int_equal(demand.count, table[i].count);
	}
}

static void test_most(void **state)
{
	static const struct {
		const char *what;
		struct fb_demand_request request;
		uint64_t nodes, sockets, offered, most;
	} table[] = {
		{ "--gres=gpu:2 on three nodes", { .per_node = 2 }, 3, 6, 24, 6 },
		{ "--gres=gpu:2, masked to it", { .per_node = 2 }, 3, 6, 6, 6 },
		{ "--gpus=5", { .per_job = 5 }, 2, 4, 16, 5 },
		{ "--gpus-per-socket=2", { .per_socket = 2 }, 2, 4, 16, 8 },
		{ "--gpus-per-socket=2, sockets unknown", { .per_socket = 2 }, 2, 0, 16, 16 },
		{ "--gpus-per-task=2 -n3", { .per_task = 2, .tasks = 3 }, 2, 4, 16, 6 },
		{ "--gpus-per-task=2, tasks unknown", { .per_task = 2 }, 2, 4, 16, 16 },
		{ "--gpus=4 --gpus-per-task=2", { .per_job = 4, .per_task = 2, .tasks = 8 }, 2, 4, 16, 4 },
		{ "--gpus=8 --gpus-per-node=2", { .per_job = 8, .per_node = 2 }, 2, 4, 16, 4 },
		{ "fewer offered than asked", { .per_job = 8 }, 2, 4, 3, 3 },
		{ "a number of GPUs beyond all sense", { .per_node = UINT64_MAX }, 2, 4, 16, 16 },
		{ "nothing offered", { .per_node = 1 }, 2, 4, 0, 0 },
		{ "no nodes", { .per_node = 1 }, 0, 0, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		uint64_t most = fb_demand_most(&table[i].request, table[i].nodes, table[i].sockets, table[i].offered);

		if (most != table[i].most)
			fail_msg("%s: %llu", table[i].what, (unsigned long long)most);
	}
}

static void test_share_gpus(void **state)
{
	/* As Slurm 24.11.5 gives them, seen with jobs. */
	static const struct {
		uint64_t gpus;
		uint32_t has[4], take[4];
		size_t nodes;
		int rc;
	} table[] = {
		{ 4, { 4, 4 }, { 3, 1 }, 2, 0 },       { 6, { 8, 8 }, { 5, 1 }, 2, 0 },
		{ 12, { 8, 8 }, { 8, 4 }, 2, 0 },      { 4, { 2, 1, 4 }, { 2, 1, 1 }, 3, 0 },
		{ 6, { 4, 1, 1, 1 }, { 3, 1, 1, 1 }, 4, 0 }, { 6, { 8, 1 }, { 5, 1 }, 2, 0 },
		{ 8, { 2, 2 }, { 2, 2 }, 2, -1 },      { 2, { 8, 8, 8 }, { 1, 1, 1 }, 3, 0 },
		{ 3, { 3 }, { 3 }, 1, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct fb_share share[4] = { 0 };

		for (size_t n = 0; n < table[i].nodes; n++)
			share[n].gpus = table[i].has[n];
		assert_int_equal(fb_share_gpus(share, table[i].nodes, table[i].gpus), table[i].rc);
		for (size_t n = 0; n < table[i].nodes && !table[i].rc; n++)
			assert_int_equal(share[n].take, table[i].take[n]);
	}
}

static void test_share_tasks(void **state)
{
	static const struct {
		uint32_t tasks, cpus_per_task, per_node;
		uint32_t cpus[3], threads, limit[3], expected[3];
		size_t nodes;
		int rc;
	} table[] = {
		{ 4, 1, 0, { 32, 32 }, 1, { 8, 8 }, { 2, 2 }, 2, 0 },
		{ 5, 1, 0, { 32, 32 }, 1, { 8, 8 }, { 3, 2 }, 2, 0 },
		{ 4, 1, 0, { 32, 32 }, 2, { 8, 8 }, { 2, 2 }, 2, 0 },
		{ 5, 1, 0, { 32, 32 }, 2, { 8, 8 }, { 3, 2 }, 2, 0 }, /* seen: 3 and 2, two to a core */
		{ 6, 4, 0, { 8, 16 }, 2, { 8, 8 }, { 2, 4 }, 2, 0 },
		{ 6, 1, 0, { 32, 32 }, 1, { 1, 8 }, { 1, 5 }, 2, 0 },
		{ 6, 1, 2, { 32, 32, 32 }, 1, { 8, 8, 8 }, { 2, 2, 2 }, 3, 0 },
		{ 9, 1, 0, { 32, 32 }, 1, { 4, 4 }, { 0 }, 2, -1 },
		{ 2, 1, 0, { 32, 32 }, 1, { 0, 8 }, { 0 }, 2, -1 },
		{ 3, 0, 0, { 2, 2 }, 0, { 8, 8 }, { 2, 1 }, 2, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct fb_share share[3] = { 0 };

		for (size_t n = 0; n < table[i].nodes; n++)
			share[n] = (struct fb_share){ .cpus = table[i].cpus[n],
						      .threads = table[i].threads,
						      .task_limit = table[i].limit[n] };
		assert_int_equal(fb_share_tasks(share, table[i].nodes, table[i].tasks, table[i].cpus_per_task,
						table[i].per_node),
				 table[i].rc);
		for (size_t n = 0; n < table[i].nodes && !table[i].rc; n++) {
			if (share[n].tasks != table[i].expected[n])
				print_error("row %zu node %zu: %u\n", i, n, share[n].tasks);
			assert_int_equal(share[n].tasks, table[i].expected[n]);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_forms), cmocka_unit_test(test_most), cmocka_unit_test(test_share_gpus),
					    cmocka_unit_test(test_share_tasks) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
