/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "topology/exact.h"

/* Is the entry of this request, on a node that was chosen? */
static bool entry_chosen(const struct fb_attempt *attempt, size_t entry, const gres_state_t *request)
{
	const struct fb_node_gpus *gpus = &attempt->gpus[entry];

	return bit_test(attempt->eval->node_map, gpus->node) && gpus->sock_gres->gres_state_job == request;
}

static uint32_t task_limit_get(const list_t *sock_gres_list)
{
	uint64_t limit = FB_TASKS_UNLIMITED;
	list_itr_t *iter = list_iterator_create((list_t *)sock_gres_list);
	sock_gres_t *sock_gres;

	while ((sock_gres = list_next(iter))) {
		const gres_job_state_t *gres_js = sock_gres->gres_state_job->gres_data;

		if (gres_js->gres_per_task)
			limit = MIN(limit, sock_gres->total_cnt / gres_js->gres_per_task);
	}
	list_iterator_destroy(iter);
	return (uint32_t)limit;
}

/* Number of tasks that dist_tasks() of cons_tres will spread, or 0 if it goes another way: plane and arbitrary
 * distributions, whole nodes (a partition with OverSubscribe=EXCLUSIVE) and specialized cores. */
static uint32_t tasks_to_share(const topology_eval_t *eval, uint32_t nodes)
{
	const job_record_t *job = eval->job_ptr;
	const job_details_t *details = job->details;
	uint32_t dist = details->task_dist & SLURM_DIST_STATE_BASE, tasks = details->num_tasks;

	if (details->overcommit || details->core_spec != NO_VAL16 || dist == SLURM_DIST_PLANE ||
	    dist == SLURM_DIST_ARBITRARY || !job->part_ptr || !job->part_ptr->max_share)
		return 0;
	if (details->ntasks_per_node)
		return !(job->bit_flags & JOB_NTASKS_SET) || tasks == details->ntasks_per_node * nodes ?
			       details->ntasks_per_node * nodes :
			       0;
	return job->bit_flags & JOB_NTASKS_SET && tasks != NO_VAL ? tasks : 0;
}

/* How many GPUs each chosen node will give to one request. Returns 0, or -1 if it cannot be told. */
static int shares_compute(const struct fb_attempt *attempt, const gres_job_state_t *gres_js, struct fb_share *share,
			  size_t nodes)
{
	const topology_eval_t *eval = attempt->eval;

	if (!gres_js->gres_per_task)
		return fb_share_gpus(share, nodes, gres_js->gres_per_job);
	uint32_t tasks = tasks_to_share(eval, (uint32_t)nodes);
	if (!tasks || fb_share_tasks(share, nodes, tasks, eval->job_ptr->details->cpus_per_task,
				     eval->job_ptr->details->ntasks_per_node))
		return -1;
	for (size_t n = 0; n < nodes; n++)
		share[n].take = (uint32_t)(share[n].tasks * gres_js->gres_per_task);
	return 0;
}

/* Now that the nodes are known: offer on each exactly what one request takes there. */
static void request_mask_exact(struct fb_attempt *attempt, const gres_state_t *request)
{
	topology_eval_t *eval = attempt->eval;
	size_t nodes = 0, chosen = (size_t)bit_set_count(eval->node_map);
	struct fb_share *share = xcalloc(chosen + 1, sizeof(share[0]));

	for (size_t e = 0; e < attempt->count && nodes < chosen; e++) {
		const struct fb_node_gpus *gpus = &attempt->gpus[e];
		const avail_res_t *avail = eval->avail_res_array[gpus->node];

		if (!entry_chosen(attempt, e, request))
			continue;
		uint64_t usable = MIN(gpus->sock_gres->total_cnt, (uint64_t)__builtin_popcount(gpus->usable));
		share[nodes++] = (struct fb_share){ .cpus = avail->avail_cpus,
						    .threads = node_record_table_ptr[gpus->node]->tpc,
						    .task_limit = task_limit_get(avail->sock_gres_list),
						    .gpus = (uint32_t)usable };
	}
	/* A chosen node that is not wired: its share is not known, so nobody's is. */
	if (nodes == chosen && !shares_compute(attempt, request->gres_data, share, nodes))
		for (size_t e = 0, n = 0; e < attempt->count; e++)
			if (entry_chosen(attempt, e, request)) {
				uint32_t take = share[n++].take;

				if (take && take < (uint32_t)__builtin_popcount(attempt->gpus[e].keep))
					fb_attempt_mask(attempt, e, take, false);
			}
	xfree(share);
}

/* A request per socket is masked socket by socket. If cores of a socket without GPUs came in, Slurm makes
 * up for them from the other sockets, and needs all. */
static void sockets_check(struct fb_attempt *attempt)
{
	for (size_t e = 0; e < attempt->count; e++) {
		struct fb_node_gpus *gpus = &attempt->gpus[e];

		if (bit_test(attempt->eval->node_map, gpus->node) && gpus->keep != gpus->usable &&
		    fb_attempt_demand(attempt->eval, gpus->sock_gres).kind == FB_DEMAND_SOCKETS &&
		    !fb_pick_sockets_hold(attempt->eval, gpus))
			fb_node_gpus_mask(gpus, gpus->usable);
	}
}

void fb_exact_mask(struct fb_attempt *attempt)
{
	list_itr_t *iter = list_iterator_create(attempt->eval->job_ptr->gres_list_req);
	gres_state_t *request;

	while ((request = list_next(iter))) {
		const gres_job_state_t *gres_js = request->gres_data;

		if (request->plugin_id == gres_get_gpu_plugin_id() && !gres_js->gres_per_node &&
		    !gres_js->gres_per_socket && (gres_js->gres_per_task || gres_js->gres_per_job))
			request_mask_exact(attempt, request);
	}
	list_iterator_destroy(iter);
	sockets_check(attempt);
}
