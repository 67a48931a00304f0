/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "topology/guard.h"

#include "topology/job_request.h"
#include "topology/published.h"

/* The GPUs of a node as Slurm shows them to the job: the node's own record, or one in a copy. NULL: none. */
static const gres_state_t *seen_state(const topology_eval_t *eval, int node)
{
	const avail_res_t *avail = eval->avail_res_array[node];
	const gres_state_t *seen = NULL;
	sock_gres_t *sock_gres;
	list_itr_t *iter;

	if (!avail || !avail->sock_gres_list)
		return NULL;
	iter = list_iterator_create(avail->sock_gres_list);
	while (!seen && (sock_gres = list_next(iter)))
		if (sock_gres->gres_state_job->plugin_id == gres_get_gpu_plugin_id())
			seen = sock_gres->gres_state_node;
	list_iterator_destroy(iter);
	return seen;
}

/* Does Slurm ask about a copy of the nodes, from which jobs have been removed? All nodes are copied at once. */
static bool in_copy(const topology_eval_t *eval)
{
	const gres_state_t *seen = NULL;
	int i;

	for (i = 0; !seen && next_node_bitmap(eval->node_map, &i); i++)
		seen = seen_state(eval, i);
	return seen && seen->gres_data != fb_gpu_state(node_record_table_ptr[i - 1]->gres_list);
}

/* GPUs free in the whole cluster: on the candidates as the copy shows them, elsewhere as they are. */
static uint64_t free_later(const topology_eval_t *eval)
{
	node_record_t *node;
	uint64_t gpus = 0;

	for (int i = 0; (node = next_node(&i)); i++) {
		const gres_state_t *seen = bit_test(eval->node_map, i) ? seen_state(eval, i) : NULL;

		if (fb_usage_node_counts(node))
			gpus += fb_usage_idle(seen ? seen->gres_data : fb_gpu_state(node->gres_list));
	}
	return gpus;
}

static bool allows(const struct fb_usage *usage, uint64_t available, uint64_t gpus)
{
	return usage->preemptible || fb_guarantee_allows(usage->use, usage->count, usage->own, available, gpus);
}

/* Backfill keeps a planned job's nodes free of jobs with less priority from the planned start on, also of the
 * owner's. So a job that must wait now is not planned on nodes with GPUs that are idle now, if some are owed to others:
 * if none are, it waits for GPUs alone, and without a plan smaller jobs would pass it for ever. */
static void plan_elsewhere(const topology_eval_t *eval)
{
	node_record_t *node;

	for (int i = 0; (node = next_node_bitmap(eval->node_map, &i)); i++)
		if (fb_usage_node_counts(node) && fb_usage_idle(fb_gpu_state(node->gres_list)))
			bit_clear(eval->node_map, i);
}

static void available_in_copy(struct fb_guard *guard)
{
	struct fb_usage *usage = &guard->usage;
	uint64_t later = free_later(guard->eval);

	later -= MIN(later, usage->siblings);
	guard->available = usage->recoverable;
	if (later <= usage->at_most)
		return;
	guard->available = MAX(later, usage->recoverable);
	if (fb_guarantee_owed(usage->use, usage->count, usage->own) && !allows(usage, usage->recoverable, usage->asked))
		plan_elsewhere(guard->eval);
}

static void release(struct fb_guard *guard)
{
	fb_usage_free(&guard->usage);
	fb_published_release();
	guard->table = NULL;
}

void fb_guard_begin(struct fb_guard *guard, topology_eval_t *eval)
{
	job_record_t *job = eval->job_ptr;

	*guard = (struct fb_guard){ .eval = eval };
	job->best_switch = true;
	guard->table = fb_published_acquire();
	if (!guard->table)
		return;
	/* Slurm tries out a new reservation with a job that has no id. */
	if (!job->job_id || !fb_job_takes_gpus(job)) {
		release(guard);
		return;
	}
	guard->copy = in_copy(eval);
	if (!guard->copy)
		return;
	if (fb_usage_read(&guard->usage, guard->table, job) || guard->usage.preemptible)
		release(guard);
	else
		available_in_copy(guard);
}

/* GPUs that the job would take from those that are there for all. A job in a reservation takes from what is reserved,
 * which was not counted. */
static uint64_t gpus_taken(const topology_eval_t *eval)
{
	node_record_t *node;

	for (int i = 0; (node = next_node_bitmap(eval->node_map, &i)); i++)
		if (!fb_usage_node_reserved(node))
			return fb_job_gpus_most(eval);
	return 0;
}

static bool must_wait(struct fb_guard *guard)
{
	topology_eval_t *eval = guard->eval;

	if (eval->job_ptr->gres_list_req && fb_job_feasibility_test(eval))
		return false;
	if (!guard->copy) {
		if (fb_usage_read(&guard->usage, guard->table, eval->job_ptr))
			return false;
		guard->available = guard->usage.recoverable;
	}
	uint64_t gpus = gpus_taken(eval);
	if (allows(&guard->usage, guard->available, gpus))
		return false;
	debug2("flightbase: %pJ waits: of %" PRIu64 " GPUs that are free or lent it would take %" PRIu64 ", and %" PRIu64 " are kept for other workspaces",
	      eval->job_ptr, guard->available, gpus,
	      fb_guarantee_owed(guard->usage.use, guard->usage.count, guard->usage.own));
	return true;
}

void fb_guard_end(struct fb_guard *guard, int rc)
{
	if (!guard->table)
		return;
	if (rc == SLURM_SUCCESS && must_wait(guard))
		guard->eval->job_ptr->best_switch = false;
	release(guard);
}
