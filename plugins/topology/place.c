/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "topology/place.h"

#include "topology/exact.h"
#include "topology/job_request.h"
#include "topology/nodes.h"
#include "topology/record.h"

#define TRIES_MAX 4 /* choices of nodes for one job */

/* What the eval was, to try again from. A try spoils only the nodes that it is shown, mostly few: of these alone the rest is kept. */
struct before {
	bitstr_t *node_map;
	uint32_t max_nodes;
	bitstr_t *shown;
	bitstr_t **avail_core; /* by index of the node table, as the two below */
	uint16_t *cpus;
	fb_avail_res_t *res;
};

/* One job's placement. */
struct placing {
	topology_eval_t *eval;
	struct fb_nodes_wish wish;
	bool required;	 /* better no start than another choice */
	bool masks;	 /* the job's GPUs can be chosen: an exclusive job gets every one */
	bool few_switches; /* --switches=1, which may be given up after a while */
	struct fb_attempt attempt;
	struct before before;
};

static bool says(const job_record_t *job, const char *key, const char *value)
{
	return fb_record_is(job->admin_comment, key, value);
}

static void placing_init(struct placing *placing, topology_eval_t *eval, const struct fb_nodemap *map)
{
	const job_record_t *job = eval->job_ptr;

	*placing = (struct placing){ .eval = eval };
	placing->wish.island = says(job, "p2p", "require");
	placing->wish.group = says(job, "rdma", "require");
	placing->wish.no_fabric = says(job, "rdma", "off");
	if (map && fb_nodemap_fabric(map)->groups && job->details && !placing->wish.no_fabric)
		placing->wish.segment = job->details->segment_size;
	if (!fb_job_takes_gpus(job) && MAX(eval->min_nodes, eval->req_nodes) < 2) /* nothing is between one node and itself */
		placing->wish = (struct fb_nodes_wish){ 0 };
	placing->required = placing->wish.island || placing->wish.group || placing->wish.segment;
	placing->few_switches = job->req_switch == 1 && !placing->wish.group;
	placing->masks = job->gres_list_req && job->details && !(job->details->whole_node & WHOLE_NODE_REQUIRED);
}

static void before_save(struct before *before, const topology_eval_t *eval)
{
	before->node_map = bit_copy(eval->node_map);
	before->max_nodes = eval->max_nodes;
}

/* Before a try. */
static void shown_save(struct before *before, const topology_eval_t *eval)
{
	FREE_NULL_BITMAP(before->shown);
	free_core_array(&before->avail_core);
	before->shown = bit_copy(eval->node_map);
	before->avail_core = build_core_array();
	if (!before->cpus) {
		before->cpus = xcalloc((size_t)node_record_count + 1, sizeof(before->cpus[0]));
		before->res = xcalloc((size_t)node_record_count + 1, sizeof(before->res[0]));
	}
	for (int i = 0; next_node_bitmap(eval->node_map, &i); i++) {
		const avail_res_t *avail = eval->avail_res_array[i];

		if (eval->avail_core[i])
			before->avail_core[i] = bit_copy(eval->avail_core[i]);
		if (avail) {
			before->cpus[i] = avail->avail_cpus;
			before->res[i] = avail->FB_AVAIL_RES;
		}
	}
}

/* After a try that failed. */
static void before_restore(struct placing *placing)
{
	const struct before *before = &placing->before;
	topology_eval_t *eval = placing->eval;

	fb_attempt_unmask(&placing->attempt);
	bit_copybits(eval->node_map, before->node_map);
	core_array_or(eval->avail_core, before->avail_core);
	eval->max_nodes = before->max_nodes;
	for (int i = 0; next_node_bitmap(before->shown, &i); i++)
		if (eval->avail_res_array[i]) {
			eval->avail_res_array[i]->avail_cpus = before->cpus[i];
			eval->avail_res_array[i]->FB_AVAIL_RES = before->res[i];
		}
}

/* Slurm's judgement, with the cores of the nodes that are shown alone: it copies those of all nodes, here there are few. */
static int judge(topology_eval_t *eval, const bitstr_t *shown)
{
	bitstr_t **all = eval->avail_core, **few = build_core_array();
	int rc;

	for (int i = 0; next_node_bitmap((bitstr_t *)shown, &i); i++)
		few[i] = all[i];
	eval->avail_core = few;
	rc = common_topo_choose_nodes(eval);
	eval->avail_core = all;
	for (int i = 0; next_node_bitmap((bitstr_t *)shown, &i); i++)
		all[i] = few[i];
	xfree(few);
	return rc;
}

/* Let Slurm judge the eval's nodes; if it refuses, all is as before they were chosen. */
static int try_nodes(struct placing *placing)
{
	int rc;

	shown_save(&placing->before, placing->eval);
	rc = judge(placing->eval, placing->before.shown);
	if (rc != SLURM_SUCCESS)
		before_restore(placing);
	return rc;
}

static void placing_free(struct placing *placing)
{
	struct before *before = &placing->before;

	FREE_NULL_BITMAP(before->node_map);
	FREE_NULL_BITMAP(before->shown);
	free_core_array(&before->avail_core);
	xfree(before->cpus);
	xfree(before->res);
	fb_attempt_free(&placing->attempt);
}

/* The engine's nodes, if Slurm agrees that they suffice. */
static int choose_nodes(struct placing *placing, const struct fb_nodes_wish *wish)
{
	struct fb_nodes *nodes = fb_nodes_create(&placing->attempt, wish, false);
	int rc = SLURM_ERROR;

	for (int try = 0; nodes && rc != SLURM_SUCCESS && try < TRIES_MAX && !fb_nodes_choose(nodes); try++) {
		rc = try_nodes(placing);
		if (rc != SLURM_SUCCESS && fb_nodes_drop(nodes))
			break;
	}
	fb_nodes_destroy(nodes);
	return rc;
}

/* Slurm's nodes and the engine's GPUs on them; if that fails too, Slurm's alone. */
static int slurm_nodes(struct placing *placing)
{
	if (placing->masks)
		fb_attempt_mask_all(&placing->attempt);
	if (placing->attempt.masked && try_nodes(placing) == SLURM_SUCCESS)
		return SLURM_SUCCESS;
	return common_topo_choose_nodes(placing->eval);
}

/* --switches=1 could not be had: wait for it, up to the time that the user said. */
static void switches_wait(job_record_t *job)
{
	time_t now = time(NULL);

	if (!job->wait4switch_start)
		job->wait4switch_start = now;
	if (now - job->wait4switch_start < (time_t)job->wait4switch)
		job->best_switch = false;
}

static int place_now(struct placing *placing)
{
	struct fb_nodes_wish one_group = placing->wish;
	int rc = SLURM_ERROR;

	before_save(&placing->before, placing->eval);
	if (placing->few_switches) {
		one_group.group = true;
		rc = choose_nodes(placing, &one_group);
		if (rc == SLURM_SUCCESS)
			return rc;
		switches_wait(placing->eval->job_ptr);
	}
	rc = choose_nodes(placing, &placing->wish);
	if (rc != SLURM_SUCCESS && !placing->required)
		rc = slurm_nodes(placing);
	return rc;
}

/* Could the job ever have what it requires? On an idle cluster, of all nodes that Slurm has in mind. */
static bool possible(struct placing *placing)
{
	struct fb_nodes *nodes = fb_nodes_create(&placing->attempt, &placing->wish, true);
	bool possible;

	before_save(&placing->before, placing->eval);
	possible = nodes && !fb_nodes_choose(nodes);
	fb_attempt_unmask(&placing->attempt);
	bit_copybits(placing->eval->node_map, placing->before.node_map);
	fb_nodes_destroy(nodes);
	return possible;
}

int fb_place_job(const struct fb_nodemap *map, topology_eval_t *topo_eval)
{
	struct placing placing;
	bool test;
	int rc;

	placing_init(&placing, topo_eval, map);
	test = topo_eval->job_ptr->gres_list_req && fb_job_feasibility_test(topo_eval);
	if (!map || (!placing.required && (test || says(topo_eval->job_ptr, "p2p", "off"))))
		return common_topo_choose_nodes(topo_eval);
	fb_attempt_read(&placing.attempt, topo_eval, map);
	if (test)
		rc = possible(&placing) ? common_topo_choose_nodes(topo_eval) : SLURM_ERROR;
	else
		rc = place_now(&placing);
	if (rc == SLURM_SUCCESS && placing.masks && !test)
		fb_exact_mask(&placing.attempt);
	placing_free(&placing);
	return rc;
}
