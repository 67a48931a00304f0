/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "topology/attempt.h"

#include "topology/job_request.h"

struct fb_demand fb_attempt_demand(const topology_eval_t *eval, const sock_gres_t *sock_gres)
{
	struct fb_demand_request request = fb_job_request(eval, sock_gres->gres_state_job->gres_data);

	return fb_demand_of(&request);
}

/* What the job's other GPU requests hold on this node; they are in the entries just before. */
static fb_gpuset held_before(const struct fb_attempt *attempt, size_t entry)
{
	unsigned int held = 0;

	for (size_t e = entry; e-- && attempt->gpus[e].node == attempt->gpus[entry].node;)
		held |= attempt->gpus[e].keep == attempt->gpus[e].usable ? 0 : attempt->gpus[e].keep;
	return (fb_gpuset)(held & ~attempt->gpus[entry].usable);
}

void fb_attempt_mask(struct fb_attempt *attempt, size_t entry, uint64_t count, bool sockets)
{
	struct fb_node_gpus *gpus = &attempt->gpus[entry];
	struct fb_pick pick = { .gpus = gpus,
				.eval = attempt->eval,
				.held = held_before(attempt, entry),
				.count = (unsigned int)count,
				.memo = &attempt->memo };
	fb_gpuset keep;

	fb_node_gpus_read(gpus);
	if (sockets ? fb_pick_sockets(&pick, &keep) : fb_pick_count(&pick, &keep))
		return;
	if (keep != gpus->keep) {
		fb_node_gpus_mask(gpus, keep);
		attempt->masked = true;
	}
}

void fb_attempt_mask_most(struct fb_attempt *attempt, size_t entry)
{
	struct fb_node_gpus *gpus = &attempt->gpus[entry];
	struct fb_demand demand = fb_attempt_demand(attempt->eval, gpus->sock_gres);
	uint64_t usable = MIN((uint64_t)__builtin_popcount(gpus->usable), gpus->total);

	fb_node_gpus_read(gpus);
	switch (demand.kind) {
	case FB_DEMAND_UNKNOWN:
		return;
	case FB_DEMAND_EXACT:
		if (demand.count <= usable)
			fb_attempt_mask(attempt, entry, demand.count, false);
		return;
	case FB_DEMAND_JOB:
	case FB_DEMAND_TASKS:
		fb_attempt_mask(attempt, entry, MIN(demand.count, usable), false);
		return;
	case FB_DEMAND_SOCKETS:
		fb_attempt_mask(attempt, entry, demand.count, true);
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

/* Entries as they are collected; the array has room for room of them. */
struct collecting {
	struct fb_attempt *attempt;
	size_t room;
	struct fb_node_gpus next;
};

static int entry_add(void *x, void *arg)
{
	struct collecting *collecting = arg;
	struct fb_attempt *attempt = collecting->attempt;

	if (attempt->count == collecting->room)
		return -1;
	collecting->next.sock_gres = x;
	attempt->gpus[attempt->count++] = collecting->next;
	return 0;
}

static void entries_collect(struct fb_attempt *attempt, size_t room)
{
	struct collecting collecting = { .attempt = attempt, .room = room };

	for (int i = 0; next_node_bitmap(attempt->eval->node_map, &i); i++) {
		avail_res_t *avail = attempt->eval->avail_res_array[i];
		const struct fb_wired_node *wired = fb_nodemap_node(attempt->map, i);

		if (!wired || !wired->type || !avail || !avail->sock_gres_list)
			continue;
		collecting.next = (struct fb_node_gpus){ .node = i, .avail = avail, .wired = wired };
		list_for_each_ro(avail->sock_gres_list, entry_add, &collecting);
	}
}

/* What a look goes through lies all over the memory: waiting for it node by node was most of what it took. */
static void entries_fetch(const struct fb_attempt *attempt)
{
	for (size_t e = 0; e < attempt->count; e++)
		__builtin_prefetch(attempt->gpus[e].sock_gres);
	for (size_t e = 0; e < attempt->count; e++)
		if (attempt->gpus[e].sock_gres->gres_state_node)
			__builtin_prefetch(attempt->gpus[e].sock_gres->gres_state_node);
	for (size_t e = 0; e < attempt->count; e++)
		if (attempt->gpus[e].sock_gres->gres_state_node)
			__builtin_prefetch(attempt->gpus[e].sock_gres->gres_state_node->gres_data);
}

/* Requests that draw on the same GPUs could take each other's. */
static bool overlap(const struct fb_node_gpus *gpus, size_t count)
{
	for (size_t e = 0; e + 1 < count; e++)
		for (size_t other = e + 1; other < count; other++)
			if (gpus[e].usable & gpus[other].usable)
				return true;
	return false;
}

/* Look at all, and keep those that can be chosen. */
static void entries_look(struct fb_attempt *attempt)
{
	size_t entries = attempt->count, kept = 0, first = 0;

	for (size_t e = 0; e < entries; e++) {
		struct fb_node_gpus *gpus = &attempt->gpus[kept];
		int node = attempt->gpus[e].node, rc;

		*gpus = attempt->gpus[e];
		rc = fb_node_gpus_look(gpus);
		kept += rc > 0;
		if (rc < 0)
			mismatch_warn(node, gpus->wired->type);
		if (e + 1 < entries && attempt->gpus[e + 1].node == node)
			continue;
		if (overlap(&attempt->gpus[first], kept - first))
			kept = first;
		first = kept;
	}
	attempt->count = kept;
}

void fb_attempt_read(struct fb_attempt *attempt, topology_eval_t *eval, const struct fb_nodemap *map)
{
	size_t each = eval->job_ptr->gres_list_req ? (size_t)list_count(eval->job_ptr->gres_list_req) : 0;
	size_t room = each * (size_t)bit_set_count(eval->node_map);

	*attempt = (struct fb_attempt){ .eval = eval, .map = map };
	attempt->gpus = xcalloc_nz(room + 1, sizeof(attempt->gpus[0]));
	if (!each)
		return;
	entries_collect(attempt, room);
	entries_fetch(attempt);
	entries_look(attempt);
}

void fb_attempt_free(struct fb_attempt *attempt)
{
	for (size_t e = 0; e < attempt->count; e++)
		fb_node_gpus_free(&attempt->gpus[e]);
	xfree(attempt->gpus);
}

void fb_attempt_mask_all(struct fb_attempt *attempt)
{
	for (size_t e = 0; e < attempt->count; e++)
		if (bit_test(attempt->eval->node_map, attempt->gpus[e].node))
			fb_attempt_mask_most(attempt, e);
}

void fb_attempt_unmask(struct fb_attempt *attempt)
{
	for (size_t e = 0; attempt->masked && e < attempt->count; e++)
		fb_node_gpus_restore(&attempt->gpus[e]);
	attempt->masked = false;
}
