/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "job_submit/demand.h"

#include "job_submit/accounting.h"

/* Slurm's ways to say that a number is not given. */
static uint32_t given32(uint32_t number)
{
	return number < NO_VAL ? number : 0;
}

static uint32_t given16(uint16_t number)
{
	return number < NO_VAL16 ? number : 0;
}

uint32_t fb_demand_minutes_or_0(uint32_t minutes)
{
	return given32(minutes);
}

/* The GPUs that every node of the partitions has: what a job of whole nodes gets for each, wherever it runs. */
static uint32_t least_on_a_node(const struct fb_partitions *partitions)
{
	int position = fb_accounting_gpu_position();
	uint64_t least = UINT32_MAX;
	const node_record_t *node;

	if (position < 0 || !partitions->complete)
		return 0;
	for (size_t i = 0; i < partitions->count && least; i++) {
		int at = 0;

		if (!partitions->at[i]->node_bitmap)
			return 0;
		for (; least && (node = next_node_bitmap(partitions->at[i]->node_bitmap, &at)); at++) {
			uint64_t gpus = node->tres_cnt ? node->tres_cnt[position] : 0;
			least = gpus < least ? gpus : least;
		}
	}
	return least < UINT32_MAX ? (uint32_t)least : 0;
}

static bool all_exclusive(const struct fb_partitions *partitions)
{
	for (size_t i = 0; i < partitions->count; i++)
		if (partitions->at[i]->max_share)
			return false;
	return partitions->count;
}

static uint32_t whole_node(bool exclusive, const struct fb_partitions *partitions)
{
	return exclusive || all_exclusive(partitions) ? least_on_a_node(partitions) : 0;
}

struct fb_gpus fb_demand_submitted(const job_desc_msg_t *job, const struct fb_partitions *partitions)
{
	bool cores_kept = slurm_conf.conf_flags & CONF_FLAG_ASRU && job->core_spec != NO_VAL16;
	struct fb_gpus_request request = {
		.per_job = job->tres_per_job,
		.per_node = job->tres_per_node,
		.per_socket = job->tres_per_socket,
		.per_task = job->tres_per_task,
		.nodes = given32(job->min_nodes),
		.tasks = given32(job->num_tasks),
		.tasks_per_node = given16(job->ntasks_per_node),
		.tasks_per_socket = given16(job->ntasks_per_socket),
		.tasks_per_gpu = given16(job->ntasks_per_tres),
		.sockets_per_node = given16(job->sockets_per_node),
		.whole_node = whole_node(job->shared == JOB_SHARED_NONE || cores_kept, partitions),
	};

	return fb_gpus_count(&request);
}

uint64_t fb_demand_on_a_node(const job_desc_msg_t *job)
{
	struct fb_gpus_request request = { .per_node = job->tres_per_node, .nodes = 1 };
	uint64_t on_each = fb_gpus_count(&request).count, nodes = given32(job->max_nodes), all;

	if (!nodes)
		return on_each;
	request = (struct fb_gpus_request){ .per_job = job->tres_per_job,
					    .per_task = job->tres_per_task,
					    .nodes = 1,
					    .tasks = given32(job->num_tasks) };
	all = fb_gpus_count(&request).count;
	return MAX(on_each, ROUNDUP(all, nodes));
}

uint32_t fb_demand_nodes(const job_desc_msg_t *job)
{
	return given32(job->min_nodes);
}

static struct fb_gpus_request recorded(const job_record_t *job, const struct fb_partitions *partitions)
{
	const job_details_t *details = job->details;
	struct fb_gpus_request request = { .per_job = job->tres_per_job,
					   .per_node = job->tres_per_node,
					   .per_socket = job->tres_per_socket,
					   .per_task = job->tres_per_task };

	if (!details)
		return request;
	request.nodes = given32(details->min_nodes);
	request.tasks = given32(details->num_tasks);
	request.tasks_per_node = given16(details->ntasks_per_node);
	request.tasks_per_gpu = given16(details->ntasks_per_tres);
	request.whole_node = whole_node(details->whole_node & WHOLE_NODE_REQUIRED, partitions);
	if (details->mc_ptr) {
		request.tasks_per_socket = given16(details->mc_ptr->ntasks_per_socket);
		request.sockets_per_node = given16(details->mc_ptr->sockets_per_node);
	}
	return request;
}

struct fb_gpus fb_demand_recorded(const job_record_t *job, const struct fb_partitions *partitions)
{
	struct fb_gpus_request request = recorded(job, partitions);

	return fb_gpus_count(&request);
}

static void change(uint32_t *number, uint32_t given)
{
	if (given)
		*number = given;
}

static void change_text(const char **text, const char *given)
{
	if (given)
		*text = given;
}

struct fb_gpus fb_demand_changed(const job_record_t *job, const job_desc_msg_t *request, const struct fb_partitions *partitions)
{
	struct fb_gpus_request changed = recorded(job, partitions);
	uint32_t most = request->max_nodes != NO_VAL ? request->max_nodes : job->details ? job->details->max_nodes : 0;

	change_text(&changed.per_job, request->tres_per_job);
	change_text(&changed.per_node, request->tres_per_node);
	change_text(&changed.per_socket, request->tres_per_socket);
	change_text(&changed.per_task, request->tres_per_task);
	change(&changed.nodes, given32(request->min_nodes));
	change(&changed.tasks_per_node, given16(request->ntasks_per_node));
	change(&changed.tasks_per_socket, given16(request->ntasks_per_socket));
	change(&changed.tasks_per_gpu, given16(request->ntasks_per_tres));
	change(&changed.sockets_per_node, given16(request->sockets_per_node));
	/* With a new number of nodes, Slurm counts the tasks anew from what is wanted on each (_figure_out_num_tasks()). */
	if (given32(request->min_nodes) && (!most || most == changed.nodes) && (changed.tasks_per_node || changed.tasks_per_gpu))
		changed.tasks = 0;
	change(&changed.tasks, given32(request->num_tasks));
	return fb_gpus_count(&changed);
}

bool fb_demand_touched(const job_desc_msg_t *request)
{
	return request->tres_per_job || request->tres_per_node || request->tres_per_socket || request->tres_per_task ||
	       given32(request->min_nodes) || given32(request->num_tasks) || given16(request->ntasks_per_node) ||
	       given16(request->ntasks_per_socket) || given16(request->ntasks_per_tres) || given16(request->sockets_per_node);
}

uint32_t fb_demand_minutes(uint32_t asked, const part_record_t *partition, const struct fb_limits *limits, bool *open)
{
	if (asked == NO_VAL && partition && partition->default_time != NO_VAL)
		asked = partition->default_time;
	*open = asked == NO_VAL;
	if (!*open)
		return asked;
	if (limits->minutes.value < FB_MINUTES_NONE)
		return (uint32_t)limits->minutes.value;
	return partition ? partition->max_time : FB_MINUTES_NONE;
}
