/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "topology/demand.h"

static uint64_t min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

struct fb_demand fb_demand_of(const struct fb_demand_request *request)
{
	/* Every node gets at least one task and one GPU, so the others cannot all be on this one. */
	uint64_t others = request->min_nodes > 1 ? request->min_nodes - 1 : 0;

	if (request->per_node)
		return (struct fb_demand){ FB_DEMAND_EXACT, request->per_node };
	if (request->per_socket)
		return (struct fb_demand){ FB_DEMAND_SOCKETS, request->per_socket };
	if (request->per_task) {
		uint64_t tasks = request->tasks > others ? request->tasks - others : 0;

		if (request->tasks_per_node)
			tasks = min_u64(tasks ? tasks : request->tasks_per_node, request->tasks_per_node);
		if (!tasks || request->per_task > UINT64_MAX / tasks)
			return (struct fb_demand){ FB_DEMAND_UNKNOWN, 0 };
		return (struct fb_demand){ FB_DEMAND_TASKS, tasks * request->per_task };
	}
	if (request->per_job)
		return (struct fb_demand){ FB_DEMAND_JOB, request->per_job > others ? request->per_job - others : 1 };
	return (struct fb_demand){ FB_DEMAND_UNKNOWN, 0 };
}

/* The lower of a limit and a product, which may be beyond any limit; a product of nothing is none. */
static uint64_t limit_by(uint64_t limit, uint64_t each, uint64_t count)
{
	if (!each || !count || each > limit / count)
		return limit;
	return each * count;
}

uint64_t fb_demand_most(const struct fb_demand_request *request, uint64_t nodes, uint64_t sockets, uint64_t offered)
{
	uint64_t most = limit_by(offered, request->per_job, 1);

	most = limit_by(most, request->per_node, nodes);
	most = limit_by(most, request->per_socket, sockets);
	return limit_by(most, request->per_task, request->tasks);
}

static uint32_t cpus_used(const struct fb_share *node, uint32_t cpus_per_task)
{
	return (uint32_t)min_u64((uint64_t)node->tasks * cpus_per_task, node->cpus);
}

static int task_fits(const struct fb_share *node, uint32_t cpus_per_task, uint32_t tasks_per_node)
{
	return node->cpus - cpus_used(node, cpus_per_task) >= cpus_per_task && node->tasks < node->task_limit &&
	       (!tasks_per_node || node->tasks < tasks_per_node);
}

int fb_share_tasks(struct fb_share *share, size_t nodes, uint32_t tasks, uint32_t cpus_per_task,
		   uint32_t tasks_per_node)
{
	uint32_t placed = 0, before;

	if (!cpus_per_task)
		cpus_per_task = 1;
	/* One on each node, whatever the GPUs allow. */
	for (size_t n = 0; n < nodes; n++) {
		share[n].tasks = share[n].cpus && placed < tasks;
		placed += share[n].tasks;
	}
	/* Fill the cores that are begun. */
	for (size_t n = 0; n < nodes; n++) {
		uint32_t begun = share[n].threads ? cpus_used(&share[n], cpus_per_task) % share[n].threads : 0;

		for (uint32_t t = begun / cpus_per_task; t && placed < tasks; t--, placed++, share[n].tasks++)
			if (!task_fits(&share[n], cpus_per_task, tasks_per_node))
				break;
	}
	/* Then whole cores, one node after the other, round and round. */
	do {
		before = placed;
		for (size_t n = 0; n < nodes; n++) {
			uint32_t at_once = share[n].threads / cpus_per_task;

			for (uint32_t t = at_once ? at_once : 1; t && placed < tasks; t--, placed++, share[n].tasks++)
				if (!task_fits(&share[n], cpus_per_task, tasks_per_node))
					break;
		}
	} while (placed < tasks && placed > before);
	for (size_t n = 0; n < nodes; n++)
		if (share[n].tasks > share[n].task_limit)
			return -1;
	return placed == tasks ? 0 : -1;
}

int fb_share_gpus(struct fb_share *share, size_t nodes, uint64_t gpus)
{
	uint64_t left = gpus;

	for (size_t n = 0; n < nodes; n++) {
		uint64_t later = nodes - 1 - n;
		uint64_t most = left > later ? left - later : 1;

		share[n].take = (uint32_t)min_u64(most, share[n].gpus);
		left -= min_u64(left, share[n].take);
	}
	for (size_t n = 0; n < nodes && left; n++) {
		uint32_t more = (uint32_t)min_u64(left, share[n].gpus - share[n].take);

		share[n].take += more;
		left -= more;
	}
	return left ? -1 : 0;
}
