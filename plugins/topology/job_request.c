/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "topology/job_request.h"

static uint32_t job_tasks(const job_record_t *job)
{
	const job_details_t *details = job->details;
	uint32_t tasks = details->num_tasks == NO_VAL ? 0 : details->num_tasks;

	/* Without a number from the user Slurm starts as many tasks as the job has CPUs for. */
	if (!(job->bit_flags & JOB_NTASKS_SET) && !details->ntasks_per_node && details->cpus_per_task &&
	    details->cpus_per_task != NO_VAL16)
		tasks = MAX(tasks, details->min_cpus / details->cpus_per_task);
	return tasks;
}

struct fb_demand_request fb_job_request(const topology_eval_t *eval, const gres_job_state_t *gres_js)
{
	return (struct fb_demand_request){ .per_node = gres_js->gres_per_node,
					   .per_socket = gres_js->gres_per_socket,
					   .per_task = gres_js->gres_per_task,
					   .per_job = gres_js->gres_per_job,
					   .min_nodes = eval->min_nodes,
					   .tasks = job_tasks(eval->job_ptr),
					   .tasks_per_node = eval->mc_ptr->ntasks_per_node };
}

bool fb_job_feasibility_test(const topology_eval_t *eval)
{
	avail_res_t *avail;
	sock_gres_t *sock_gres;

	for (int i = 0; next_node_bitmap(eval->node_map, &i); i++) {
		avail = eval->avail_res_array[i];
		if (avail && avail->sock_gres_list && (sock_gres = list_peek(avail->sock_gres_list)))
			return sock_gres->use_total_gres;
	}
	return true;
}

bool fb_job_whole_nodes(const job_record_t *job)
{
	return (job->details && job->details->whole_node & WHOLE_NODE_REQUIRED) ||
	       (job->part_ptr && !job->part_ptr->max_share);
}

static int plugin_is(void *x, void *id)
{
	return ((gres_state_t *)x)->plugin_id == *(uint32_t *)id;
}

static const gres_state_t *find_gpu(list_t *gres_list)
{
	uint32_t id = gres_get_gpu_plugin_id();

	return gres_list ? list_find_first_ro(gres_list, plugin_is, &id) : NULL;
}

bool fb_job_takes_gpus(const job_record_t *job)
{
	return fb_job_whole_nodes(job) || find_gpu(job->gres_list_req);
}

const gres_node_state_t *fb_gpu_state(list_t *gres_list)
{
	const gres_state_t *state = find_gpu(gres_list);

	return state ? state->gres_data : NULL;
}

uint64_t fb_job_offered(const avail_res_t *avail, const gres_state_t *request, uint64_t *sockets)
{
	uint64_t gpus = 0;
	sock_gres_t *sock_gres;
	list_itr_t *iter;

	if (!avail || !avail->sock_gres_list)
		return 0;
	iter = list_iterator_create(avail->sock_gres_list);
	while ((sock_gres = list_next(iter)))
		if (sock_gres->gres_state_job == request) {
			gpus += sock_gres->total_cnt;
			*sockets += (uint64_t)sock_gres->sock_cnt;
		}
	list_iterator_destroy(iter);
	return gpus;
}

static uint64_t request_most(const topology_eval_t *eval, const gres_state_t *request)
{
	const job_record_t *job = eval->job_ptr;
	struct fb_demand_request demand = fb_job_request(eval, request->gres_data);
	uint64_t nodes = (uint64_t)bit_set_count(eval->node_map), sockets = 0, gpus = 0;

	for (int i = 0; next_node_bitmap(eval->node_map, &i); i++)
		gpus += fb_job_offered(eval->avail_res_array[i], request, &sockets);
	if (eval->mc_ptr->sockets_per_node)
		sockets = MIN(sockets, nodes * eval->mc_ptr->sockets_per_node);
	if (!(job->bit_flags & JOB_NTASKS_SET))
		demand.tasks = MAX(demand.tasks, job->details->ntasks_per_node * (uint32_t)nodes);
	return fb_demand_most(&demand, nodes, sockets, gpus);
}

static uint64_t whole_most(const topology_eval_t *eval)
{
	node_record_t *node;
	uint64_t gpus = 0;

	for (int i = 0; (node = next_node_bitmap(eval->node_map, &i)); i++) {
		const gres_node_state_t *gres_ns = fb_gpu_state(node->gres_list);

		gpus += gres_ns ? gres_ns->gres_cnt_avail : 0;
	}
	return gpus;
}

uint64_t fb_job_gpus_most(const topology_eval_t *eval)
{
	const gres_state_t *request;
	uint64_t gpus = 0;
	list_itr_t *iter;

	if (fb_job_whole_nodes(eval->job_ptr))
		return whole_most(eval);
	iter = list_iterator_create(eval->job_ptr->gres_list_req);
	while ((request = list_next(iter)))
		if (request->plugin_id == gres_get_gpu_plugin_id())
			gpus += request_most(eval, request);
	list_iterator_destroy(iter);
	return gpus;
}
