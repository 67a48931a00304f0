/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "topology/nodes.h"

#include "topology/job_request.h"

#define NO_ENTRY SIZE_MAX
#define TOGETHER_TRIES 3 /* numbers of nodes, from the fewest on, before any number will do */

/* A node of the engine's list. */
struct candidate {
	int node;      /* index of the node table */
	uint16_t cpus; /* that the job may use there */
	size_t entry;  /* of the attempt; NO_ENTRY: not wired, or it gives no GPUs */
};

struct fb_nodes {
	struct fb_attempt *attempt;
	struct fb_engine_fabric fabric;
	struct fb_engine_job job;
	bool exact;	  /* the engine's counts are what Slurm will take */
	uint32_t segment; /* nodes that must be of one leaf group, so many at a time (--segment); 0: not asked */
	const struct fb_topofile_type *net_type; /* whose net_gbps is known; NULL at first, of which nothing is: 0 */
	float net_gbps;
	size_t count;
	struct candidate *candidate;
	struct fb_engine_node *node;
	void *scratch;
	struct fb_engine_place *place;
	struct fb_engine_placement placement;
};

/* Did the user or the site ask for another order of nodes? */
static bool other_order(const topology_eval_t *eval)
{
	const job_record_t *job = eval->job_ptr;
	uint32_t dist = job->details->task_dist & SLURM_DIST_STATE_BASE;

	return job->details->contiguous || job->bit_flags & SPREAD_JOB || dist == SLURM_DIST_ARBITRARY ||
	       eval->cr_type & FB_SELECT_LLN || (job->part_ptr && job->part_ptr->flags & PART_FLAG_LLN);
}

/* The job's one request for GPUs; NULL if it has none or several. */
static const gres_state_t *request_get(const job_record_t *job, bool *several)
{
	const gres_state_t *request = NULL, *state;
	list_itr_t *iter;

	*several = false;
	if (!job->gres_list_req)
		return NULL;
	iter = list_iterator_create(job->gres_list_req);
	while ((state = list_next(iter)))
		if (state->plugin_id == gres_get_gpu_plugin_id()) {
			*several |= request != NULL;
			request = state;
		}
	list_iterator_destroy(iter);
	return request;
}

/* GPUs per node, or of the whole job. Returns -1 if the request cannot be told. */
static int job_fill_gpus(struct fb_engine_job *job, const topology_eval_t *eval, const gres_state_t *request, bool *exact)
{
	const gres_job_state_t *gres_js = request->gres_data;
	struct fb_demand_request words = fb_job_request(eval, gres_js);
	struct fb_demand demand = fb_demand_of(&words);
	uint64_t sockets = eval->mc_ptr->sockets_per_node, gpus;

	switch (demand.kind) {
	case FB_DEMAND_EXACT:
		job->per_node = (uint32_t)MIN(demand.count, UINT32_MAX);
		return 0;
	case FB_DEMAND_SOCKETS:
		if (!sockets || demand.count > FB_ENGINE_GPUS_MAX || sockets > FB_ENGINE_GPUS_MAX)
			return -1;
		job->per_node = (uint32_t)(demand.count * sockets);
		return 0;
	case FB_DEMAND_JOB:
		job->gpus = (uint32_t)MIN(gres_js->gres_per_job, UINT32_MAX);
		*exact = true;
		return 0;
	case FB_DEMAND_TASKS:
		gpus = words.tasks ? words.tasks : (uint64_t)words.tasks_per_node * eval->min_nodes;
		if (!gpus || gres_js->gres_per_task > UINT32_MAX / gpus)
			return -1;
		job->gpus = (uint32_t)(gpus * gres_js->gres_per_task);
		return 0;
	case FB_DEMAND_UNKNOWN:
		break;
	}
	return -1;
}

/* Numbers of nodes, as common_topo_choose_nodes() will see them; enough for the job's processors if all were like the
 * richest. */
static void job_fill_nodes(struct fb_nodes *nodes)
{
	const topology_eval_t *eval = nodes->attempt->eval;
	const job_details_t *details = eval->job_ptr->details;
	uint32_t least = MAX(eval->min_nodes, 1), most = MAX(eval->max_nodes, least), richest = 1;

	for (size_t i = 0; i < nodes->count; i++)
		richest = MAX(richest, nodes->candidate[i].cpus);
	if (details->min_cpus != NO_VAL)
		least = MAX(least, MIN(ROUNDUP(details->min_cpus, richest), most));
	if (details->num_tasks && !details->ntasks_per_node && most > details->num_tasks)
		most = MAX(details->num_tasks, least);
	nodes->job.nodes_min = least;
	/* A job that takes the same on each node gets no more nodes than it wants. */
	nodes->job.nodes_max = nodes->job.per_node ? MIN(MAX(least, eval->req_nodes), most) : most;
}

/* Of a type's adapters; nodes of one type mostly follow each other. */
static float net_gbps(struct fb_nodes *nodes, const struct fb_topofile_type *type)
{
	if (type != nodes->net_type) {
		nodes->net_type = type;
		nodes->net_gbps = fb_topofile_net_gbps(type);
	}
	return nodes->net_gbps;
}

static uint32_t group_get(const struct fb_nodes *nodes, int index, size_t entry)
{
	const struct fb_wired_node *node;

	if (!nodes->fabric.groups)
		return FB_ENGINE_NO_GROUP;
	node = entry != NO_ENTRY ? nodes->attempt->gpus[entry].wired : fb_nodemap_node(nodes->attempt->map, index);
	return node ? node->group : FB_ENGINE_NO_GROUP;
}

/* GPUs that the job can take of one node. Returns -1 if it cannot use the node. */
static int node_fill_gpus(struct fb_nodes *nodes, const struct candidate *candidate, const gres_state_t *request,
			  bool idle, struct fb_engine_node *node)
{
	const struct fb_attempt *attempt = nodes->attempt;
	const struct fb_topofile_type *type = NULL;
	uint64_t most = 1, sockets = 0;

	if (candidate->entry != NO_ENTRY) {
		const struct fb_node_gpus *gpus = &attempt->gpus[candidate->entry];

		type = gpus->wired->type;
		node->type = type->engine;
		node->idle = idle ? (fb_gpuset)((1u << type->wiring.gpus) - 1) : gpus->idle;
		node->free = idle ? fb_node_gpus_offered(gpus) & node->idle : gpus->usable;
		most = MIN((uint64_t)__builtin_popcount(node->free), idle ? FB_ENGINE_GPUS_MAX : gpus->total);
	} else if (request) {
		most = MIN(fb_job_offered(attempt->eval->avail_res_array[candidate->node], request, &sockets), UINT16_MAX);
	}
	node->net_gbps = net_gbps(nodes, type);
	node->most = (uint16_t)most;
	node->least = request && fb_job_whole_nodes(attempt->eval->job_ptr) ? node->most : 1;
	return most ? 0 : -1;
}

/* Slurm's order of nodes: its lowest byte is how many GPUs have free cores near them, which is for the engine; above the site's
 * weight are nodes that must be woken or restarted. */
static uint32_t weight_get(const node_record_t *node)
{
	uint64_t order = node->sched_weight >> 8, most = (1u << 30) - 1;

	return (uint32_t)((order >> 32 & 3) << 30 | MIN(order & UINT32_MAX, most));
}

static void node_add(struct fb_nodes *nodes, int index, size_t entry, const gres_state_t *request, bool idle)
{
	topology_eval_t *eval = nodes->attempt->eval;
	const bitstr_t *named = eval->job_ptr->details->req_node_bitmap;
	const avail_res_t *avail = eval->avail_res_array[index];
	struct candidate *candidate = &nodes->candidate[nodes->count];
	struct fb_engine_node *node = &nodes->node[nodes->count];

	if (!avail || !avail->avail_cpus)
		return;
	*candidate = (struct candidate){ index, avail->avail_cpus, entry };
	*node = (struct fb_engine_node){ .weight = weight_get(node_record_table_ptr[index]),
					 .group = group_get(nodes, index, entry),
					 .required = named && bit_test((bitstr_t *)named, index) };
	nodes->count += !node_fill_gpus(nodes, candidate, request, idle, node);
}

static void nodes_fill(struct fb_nodes *nodes, const gres_state_t *request, bool idle)
{
	const struct fb_attempt *attempt = nodes->attempt;
	size_t room = (size_t)bit_set_count(attempt->eval->node_map), entry = 0;

	nodes->candidate = xcalloc_nz(room + 1, sizeof(nodes->candidate[0]));
	nodes->node = xcalloc_nz(room + 1, sizeof(nodes->node[0]));
	for (int i = 0; next_node_bitmap(attempt->eval->node_map, &i); i++) {
		while (entry < attempt->count && attempt->gpus[entry].node < i)
			entry++;
		node_add(nodes, i, request && entry < attempt->count && attempt->gpus[entry].node == i ? entry : NO_ENTRY,
			 request, idle);
	}
}

/* The GPUs of the largest node that is offered: what a job of whole nodes is taken to want of each. */
static uint32_t largest(const struct fb_attempt *attempt)
{
	int most = 0;

	for (size_t e = 0; e < attempt->count; e++)
		most = MAX(most, __builtin_popcount(fb_node_gpus_offered(&attempt->gpus[e])));
	return (uint32_t)most;
}

/* Jobs without GPUs count each node as one; of these only such that name a number of nodes can be told. */
static int job_fill(struct fb_nodes *nodes, const gres_state_t *request)
{
	const topology_eval_t *eval = nodes->attempt->eval;

	if (request && !fb_job_whole_nodes(eval->job_ptr))
		return job_fill_gpus(&nodes->job, eval, request, &nodes->exact);
	if (!request && MAX(eval->min_nodes, eval->req_nodes) < 2)
		return -1;
	nodes->job.per_node = request ? largest(nodes->attempt) : 1;
	return nodes->job.per_node ? 0 : -1;
}

/* Segments are for jobs that take the same of each node, of which there is a whole number. */
static uint32_t segment_size(const struct fb_nodes *nodes, const struct fb_nodes_wish *wish)
{
	uint32_t size = wish->segment, most = nodes->job.nodes_max;

	if (!size || !nodes->job.per_node || nodes->job.nodes_min != most || most % size || nodes->count < most)
		return 0;
	return size;
}

struct fb_nodes *fb_nodes_create(struct fb_attempt *attempt, const struct fb_nodes_wish *wish, bool whole)
{
	const job_record_t *job = attempt->eval->job_ptr;
	struct fb_nodes *nodes;
	const gres_state_t *request;
	bool several;

	request = request_get(job, &several);
	if (several || !job->details || (other_order(attempt->eval) && !wish->island && !wish->group && !wish->segment))
		return NULL;
	nodes = xmalloc(sizeof(*nodes));
	nodes->attempt = attempt;
	if (!wish->no_fabric)
		nodes->fabric = *fb_nodemap_fabric(attempt->map);
	nodes->job.one_island = wish->island;
	nodes->job.one_group = wish->group;
	if (job_fill(nodes, request)) {
		xfree(nodes);
		return NULL;
	}
	nodes_fill(nodes, request, whole);
	job_fill_nodes(nodes);
	nodes->segment = segment_size(nodes, wish);
	nodes->place = xcalloc_nz(nodes->count + 1, sizeof(nodes->place[0]));
	nodes->scratch = xmalloc_nz(fb_engine_scratch_size(nodes->count, nodes->fabric.groups));
	return nodes;
}

void fb_nodes_destroy(struct fb_nodes *nodes)
{
	if (!nodes)
		return;
	xfree(nodes->candidate);
	xfree(nodes->node);
	xfree(nodes->place);
	xfree(nodes->scratch);
	xfree(nodes);
}

static int place(struct fb_nodes *nodes)
{
	return fb_engine_place(&nodes->fabric, nodes->node, nodes->count, &nodes->job, &fb_engine_mix_default, nodes->scratch,
			       nodes->place, &nodes->placement);
}

static int most_compare(const void *a, const void *b)
{
	return (int)*(const uint16_t *)b - (int)*(const uint16_t *)a;
}

/* The fewest nodes that have the GPUs of the whole job together. */
static uint32_t fewest_nodes(const struct fb_nodes *nodes)
{
	uint16_t *most = xcalloc_nz(nodes->count + 1, sizeof(most[0]));
	uint32_t gpus = 0, fewest = 0;

	for (size_t i = 0; i < nodes->count; i++)
		most[i] = nodes->node[i].most;
	qsort(most, nodes->count, sizeof(most[0]), most_compare);
	while (fewest < nodes->count && gpus < nodes->job.gpus)
		gpus += most[fewest++];
	xfree(most);
	return fewest;
}

/* --gpus of a job that says nothing else of nodes are of as few as can be, as with stock Slurm: what the wires between nodes are
 * worth nobody should have to reckon with who did not ask for several. */
static int place_together(struct fb_nodes *nodes)
{
	uint32_t most = nodes->job.nodes_max, fewest = MAX(fewest_nodes(nodes), nodes->job.nodes_min);
	int rc = -1;

	for (uint32_t count = fewest; rc && count < most && count < fewest + TOGETHER_TRIES; count++) {
		nodes->job.nodes_max = count;
		rc = place(nodes);
	}
	nodes->job.nodes_max = most;
	return rc ? place(nodes) : 0;
}

/* One segment out of the nodes that are left, which are then fewer. places is where it goes, as indices of the list. */
static int segment_place(struct fb_nodes *nodes, const struct fb_engine_job *job, struct fb_engine_node *left, uint32_t *index,
			 size_t *count, struct fb_engine_place *places)
{
	size_t kept = 0, p = 0;

	if (fb_engine_place(&nodes->fabric, left, *count, job, &fb_engine_mix_default, nodes->scratch, places, &nodes->placement))
		return -1;
	for (size_t i = 0; i < *count; i++)
		if (p < job->nodes_max && places[p].node == i) {
			places[p++].node = index[i];
		} else {
			left[kept] = left[i];
			index[kept++] = index[i];
		}
	*count = kept;
	return 0;
}

static int place_compare(const void *a, const void *b)
{
	return ((const struct fb_engine_place *)a)->node < ((const struct fb_engine_place *)b)->node ? -1 : 1;
}

static int segments_place(struct fb_nodes *nodes)
{
	struct fb_engine_job job = nodes->job;
	uint32_t segments = job.nodes_max / nodes->segment, *index = xcalloc_nz(nodes->count + 1, sizeof(*index));
	struct fb_engine_node *left = xcalloc_nz(nodes->count + 1, sizeof(*left));
	size_t count = nodes->count;
	int rc = 0;

	job.nodes_min = job.nodes_max = nodes->segment;
	job.one_group = true;
	for (size_t i = 0; i < count; i++) {
		left[i] = nodes->node[i];
		index[i] = (uint32_t)i;
	}
	for (uint32_t s = 0; !rc && s < segments; s++)
		rc = segment_place(nodes, &job, left, index, &count, &nodes->place[s * nodes->segment]);
	xfree(index);
	xfree(left);
	if (rc)
		return -1;
	nodes->placement.places = (size_t)segments * nodes->segment;
	qsort(nodes->place, nodes->placement.places, sizeof(nodes->place[0]), place_compare);
	return 0;
}

static void choice_apply(struct fb_nodes *nodes)
{
	struct fb_attempt *attempt = nodes->attempt;
	bool whole = fb_job_whole_nodes(attempt->eval->job_ptr);

	bit_clear_all(attempt->eval->node_map);
	for (size_t p = 0; p < nodes->placement.places; p++) {
		const struct fb_engine_place *place = &nodes->place[p];
		const struct candidate *candidate = &nodes->candidate[place->node];

		bit_set(attempt->eval->node_map, candidate->node);
		if (candidate->entry == NO_ENTRY || whole)
			continue;
		/* Of --gpus each node will give what is offered; how tasks are spread, Slurm says later. */
		if (nodes->exact)
			fb_attempt_mask(attempt, candidate->entry, place->count, false);
		else
			fb_attempt_mask_most(attempt, candidate->entry);
	}
}

int fb_nodes_choose(struct fb_nodes *nodes)
{
	int rc = -1;

	if (nodes->count && nodes->segment)
		rc = segments_place(nodes);
	else if (nodes->count)
		rc = nodes->job.gpus ? place_together(nodes) : place(nodes);
	if (rc)
		return -1;
	choice_apply(nodes);
	return 0;
}

int fb_nodes_drop(struct fb_nodes *nodes)
{
	size_t poorest = SIZE_MAX;

	for (size_t p = 0; p < nodes->placement.places; p++) {
		size_t i = nodes->place[p].node;

		if (!nodes->node[i].required &&
		    (poorest == SIZE_MAX || nodes->candidate[i].cpus < nodes->candidate[poorest].cpus))
			poorest = i;
	}
	if (poorest == SIZE_MAX)
		return -1;
	nodes->count--;
	memmove(&nodes->node[poorest], &nodes->node[poorest + 1], (nodes->count - poorest) * sizeof(nodes->node[0]));
	memmove(&nodes->candidate[poorest], &nodes->candidate[poorest + 1],
		(nodes->count - poorest) * sizeof(nodes->candidate[0]));
	return 0;
}
