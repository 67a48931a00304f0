/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "topology/place.h"

#include "topology/demand.h"
#include "topology/job_request.h"
#include "topology/node_gpus.h"
#include "topology/pick.h"
#include "topology/record.h"

/* A job's attempt: one entry per node and GPU request ("gpu:a:2,gpu:b:1" are two). */
struct attempt {
	topology_eval_t *eval;
	struct fb_node_gpus *gpus;
	size_t count;
	bool masked;
	struct fb_pick_memo memo;
};

/* What the nodes were, for a second try without masks. */
struct before {
	bitstr_t *node_map;
	bitstr_t **avail_core;
	uint32_t max_nodes;
};

/* Can a choice matter? An exclusive job gets every GPU; a feasibility test (use_total_gres) asks only if
 * the job could ever run, which Slurm answers on whole nodes. */
static bool job_choosable(const job_record_t *job)
{
	return job->gres_list_req && job->details && !(job->details->whole_node & WHOLE_NODE_REQUIRED) &&
	       !fb_record_is(job->admin_comment, "p2p", "off");
}

static struct fb_demand demand_of(const topology_eval_t *eval, const sock_gres_t *sock_gres)
{
	struct fb_demand_request request = fb_job_request(eval, sock_gres->gres_state_job->gres_data);

	return fb_demand_of(&request);
}

/* What the job's other GPU requests hold on this node; they are in the entries just before. */
static fb_gpuset held_before(const struct attempt *attempt, size_t entry)
{
	unsigned int held = 0;

	for (size_t e = entry; e-- && attempt->gpus[e].node == attempt->gpus[entry].node;)
		held |= attempt->gpus[e].keep == attempt->gpus[e].usable ? 0 : attempt->gpus[e].keep;
	return (fb_gpuset)(held & ~attempt->gpus[entry].usable);
}

static void entry_mask(struct attempt *attempt, size_t entry, uint64_t count, bool sockets)
{
	struct fb_node_gpus *gpus = &attempt->gpus[entry];
	struct fb_pick pick = { .gpus = gpus,
				.eval = attempt->eval,
				.held = held_before(attempt, entry),
				.count = (unsigned int)count,
				.memo = &attempt->memo };
	fb_gpuset keep;

	if (sockets ? fb_pick_sockets(&pick, &keep) : fb_pick_count(&pick, &keep))
		return;
	if (keep != gpus->keep) {
		fb_node_gpus_mask(gpus, keep);
		attempt->masked = true;
	}
}

static void entry_mask_first(struct attempt *attempt, size_t entry)
{
	struct fb_node_gpus *gpus = &attempt->gpus[entry];
	struct fb_demand demand = demand_of(attempt->eval, gpus->sock_gres);
	uint64_t usable = MIN((uint64_t)__builtin_popcount(gpus->usable), gpus->total);

	switch (demand.kind) {
	case FB_DEMAND_UNKNOWN:
		return;
	case FB_DEMAND_EXACT:
		if (demand.count <= usable)
			entry_mask(attempt, entry, demand.count, false);
		return;
	case FB_DEMAND_JOB:
	case FB_DEMAND_TASKS:
		entry_mask(attempt, entry, MIN(demand.count, usable), false);
		return;
	case FB_DEMAND_SOCKETS:
		entry_mask(attempt, entry, demand.count, true);
		return;
	}
}

static void mismatch_warn(int node, const struct fb_topofile_type *type)
{
	static bool warned; /* under Slurm's locks; a lost race costs a second line */

	if (warned)
		return;
	warned = true;
	warning("flightbase: topology: node %s has another number of GPUs than its type '%s' (%u): it is treated as not wired; further such nodes are not reported",
		node_record_table_ptr[node]->name, type->name, type->wiring.gpus);
}

/* Read the node's GPU entries; the array has room for room of them. */
static void node_add(struct attempt *attempt, const struct fb_nodemap *map, int node, size_t room)
{
	avail_res_t *avail = attempt->eval->avail_res_array[node];
	const struct fb_topofile_type *type = fb_nodemap_type(map, node);
	size_t first = attempt->count;
	sock_gres_t *sock_gres;
	list_itr_t *iter;

	if (!type || !avail || !avail->sock_gres_list)
		return;
	iter = list_iterator_create(avail->sock_gres_list);
	while (attempt->count < room && (sock_gres = list_next(iter))) {
		int rc = fb_node_gpus_read(&attempt->gpus[attempt->count], node, avail, sock_gres, type);

		attempt->count += rc > 0;
		if (rc < 0)
			mismatch_warn(node, type);
	}
	list_iterator_destroy(iter);
	/* Requests that draw on the same GPUs could take each other's. */
	for (size_t e = first; e + 1 < attempt->count; e++)
		for (size_t other = e + 1; other < attempt->count; other++)
			if (attempt->gpus[e].usable & attempt->gpus[other].usable)
				attempt->count = first;
}

static void attempt_read(struct attempt *attempt, const struct fb_nodemap *map)
{
	topology_eval_t *eval = attempt->eval;
	size_t each = (size_t)list_count(eval->job_ptr->gres_list_req);
	size_t room = each * (size_t)bit_set_count(eval->node_map);

	attempt->gpus = xcalloc_nz(room + 1, sizeof(attempt->gpus[0]));
	for (int i = 0; next_node_bitmap(eval->node_map, &i); i++)
		node_add(attempt, map, i, room);
}

/* Is the entry of this request, on a node that was chosen? */
static bool entry_chosen(const struct attempt *attempt, size_t entry, const gres_state_t *request)
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
static int shares_compute(const struct attempt *attempt, const gres_job_state_t *gres_js, struct fb_share *share,
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
static void request_mask_exact(struct attempt *attempt, const gres_state_t *request)
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
					entry_mask(attempt, e, take, false);
			}
	xfree(share);
}

/* A request per socket is masked socket by socket. If cores of a socket without GPUs came in, Slurm makes
 * up for them from the other sockets, and needs all. */
static void sockets_check(struct attempt *attempt)
{
	for (size_t e = 0; e < attempt->count; e++) {
		struct fb_node_gpus *gpus = &attempt->gpus[e];

		if (bit_test(attempt->eval->node_map, gpus->node) && gpus->keep != gpus->usable &&
		    demand_of(attempt->eval, gpus->sock_gres).kind == FB_DEMAND_SOCKETS &&
		    !fb_pick_sockets_hold(attempt->eval, gpus))
			fb_node_gpus_mask(gpus, gpus->usable);
	}
}

static void masks_finish(struct attempt *attempt)
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

static void before_save(struct before *before, const topology_eval_t *eval)
{
	before->node_map = bit_copy(eval->node_map);
	before->avail_core = copy_core_array(eval->avail_core);
	before->max_nodes = eval->max_nodes;
}

static void before_free(struct before *before)
{
	FREE_NULL_BITMAP(before->node_map);
	free_core_array(&before->avail_core);
}

static int stock_retry(struct attempt *attempt, const struct before *before)
{
	topology_eval_t *eval = attempt->eval;

	for (size_t e = 0; e < attempt->count; e++)
		fb_node_gpus_restore(&attempt->gpus[e], eval->avail_res_array[attempt->gpus[e].node]);
	bit_or(eval->node_map, before->node_map);
	core_array_or(eval->avail_core, before->avail_core);
	eval->max_nodes = before->max_nodes;
	return common_topo_choose_nodes(eval);
}

int fb_place_job(const struct fb_nodemap *map, topology_eval_t *topo_eval)
{
	struct attempt attempt = { .eval = topo_eval };
	struct before before = { 0 };
	int rc;

	if (!map || !job_choosable(topo_eval->job_ptr) || fb_job_feasibility_test(topo_eval))
		return common_topo_choose_nodes(topo_eval);
	attempt_read(&attempt, map);
	for (size_t e = 0; e < attempt.count; e++)
		entry_mask_first(&attempt, e);
	if (attempt.masked)
		before_save(&before, topo_eval);
	rc = common_topo_choose_nodes(topo_eval);
	if (rc != SLURM_SUCCESS && attempt.masked)
		rc = stock_retry(&attempt, &before);
	if (rc == SLURM_SUCCESS)
		masks_finish(&attempt);
	before_free(&before);
	xfree(attempt.gpus);
	return rc;
}
