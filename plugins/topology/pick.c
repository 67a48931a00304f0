/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "topology/pick.h"

#include <string.h>

static int socket_cores(const topology_eval_t *eval, const struct fb_node_gpus *gpus, int socket)
{
	const node_record_t *node = node_record_table_ptr[gpus->node];
	bitstr_t *cores = eval->avail_core[gpus->node];

	if (!cores || (socket + 1) * node->cores > bit_size(cores))
		return 0;
	return bit_set_count_range(cores, socket * node->cores, (socket + 1) * node->cores);
}

/* CPUs that each GPU brings with it; 0: none. */
static unsigned int cpus_per_gpu(const struct fb_pick *pick)
{
	const gres_job_state_t *gres_js = pick->gpus->sock_gres->gres_state_job->gres_data;

	if (gres_js->cpus_per_gres)
		return gres_js->cpus_per_gres;
	if (gres_js->ntasks_per_gres && gres_js->ntasks_per_gres != NO_VAL16)
		return (unsigned int)gres_js->ntasks_per_gres * pick->eval->mc_ptr->cpus_per_task;
	return gres_js->def_cpus_per_gres;
}

/* How many GPUs of a socket its free cores can serve. */
static unsigned int socket_cap(const struct fb_pick *pick, int socket)
{
	int cores = socket_cores(pick->eval, pick->gpus, socket);
	unsigned int each = cpus_per_gpu(pick);

	if (cores <= 0)
		return 0;
	if (!each)
		return FB_ENGINE_GPUS_MAX;
	return (unsigned int)cores * node_record_table_ptr[pick->gpus->node]->tpc / each;
}

static uint32_t counts_up_to(unsigned int count)
{
	return count >= 31 ? UINT32_MAX : (2u << count) - 1;
}

static void group_add(struct fb_engine_request *request, fb_gpuset members, uint32_t counts)
{
	if (members && request->groups < FB_ENGINE_GROUPS_MAX)
		request->group[request->groups++] = (struct fb_engine_group){ members, counts };
}

static int choose(const struct fb_pick *pick, const struct fb_engine_request *request,
		  struct fb_engine_choice *choice)
{
	struct fb_pick_memo *memo = pick->memo;

	if (memo->type != pick->gpus->wired->type->engine || memcmp(&memo->request, request, sizeof(*request))) {
		memo->type = pick->gpus->wired->type->engine;
		memo->request = *request;
		memo->rc = fb_engine_choose(memo->type, request, &memo->choice);
	}
	if (!memo->rc)
		*choice = memo->choice;
	return memo->rc;
}

/* memset, not an initializer: requests are compared as bytes. */
static void request_init(struct fb_engine_request *request, const struct fb_pick *pick)
{
	memset(request, 0, sizeof(*request));
	request->free = pick->gpus->usable;
	request->idle = pick->gpus->idle;
	request->held = pick->held;
	request->count = pick->count;
}

/* All on one socket that has the cores for them, or all near none in particular. */
static void bind_groups(const struct fb_pick *pick, struct fb_engine_request *request)
{
	const struct fb_node_gpus *gpus = pick->gpus;

	group_add(request, gpus->offer->any, 1 | 1u << pick->count);
	for (int s = 0; s < gpus->sock_gres->sock_cnt; s++) {
		bool serves = gpus->offer->cnt_sock[s] >= pick->count && socket_cap(pick, s) >= pick->count;

		group_add(request, gpus->offer->sock[s], serves ? 1 | 1u << pick->count : 1);
	}
}

static void near_groups(const struct fb_pick *pick, struct fb_engine_request *request)
{
	const struct fb_node_gpus *gpus = pick->gpus;

	for (int s = 0; s < gpus->sock_gres->sock_cnt; s++) {
		fb_gpuset members = gpus->offer->sock[s] & gpus->usable;
		unsigned int cap = socket_cap(pick, s);

		if (cap < (unsigned int)__builtin_popcount(members))
			group_add(request, members, counts_up_to(cap));
	}
}

/* A request per node and per socket at once: none or so many of each socket. */
static void per_socket_groups(const struct fb_pick *pick, struct fb_engine_request *request, uint64_t each)
{
	for (int s = 0; s < pick->gpus->sock_gres->sock_cnt; s++)
		group_add(request, pick->gpus->offer->sock[s], 1 | (each < 31 ? 1u << each : 0));
}

int fb_pick_count(const struct fb_pick *pick, fb_gpuset *keep)
{
	const gres_job_state_t *gres_js = pick->gpus->sock_gres->gres_state_job->gres_data;
	struct fb_engine_choice near = { 0 }, far = { 0 };
	struct fb_engine_request request;
	int near_rc;

	if (!pick->count || pick->count >= (unsigned int)__builtin_popcount(pick->gpus->usable))
		return -1;
	request_init(&request, pick);
	if (pick->eval->enforce_binding)
		bind_groups(pick, &request);
	else if (gres_js->gres_per_socket)
		per_socket_groups(pick, &request, gres_js->gres_per_socket);
	else
		near_groups(pick, &request);
	near_rc = choose(pick, &request, &near);
	if (pick->eval->enforce_binding || gres_js->gres_per_socket || !request.groups) {
		*keep = near_rc ? *keep : near.gpus;
		return near_rc;
	}
	request_init(&request, pick);
	if (choose(pick, &request, &far))
		return -1;
	*keep = near_rc || far.rank > near.rank ? far.gpus : near.gpus;
	return 0;
}

/* Sockets that can give the count. */
static unsigned int sockets_able(const struct fb_pick *pick, fb_gpuset *able)
{
	const struct fb_node_gpus *gpus = pick->gpus;
	unsigned int count = 0;

	for (int s = 0; s < gpus->sock_gres->sock_cnt; s++) {
		able[s] = gpus->offer->sock[s] & gpus->usable;
		if (gpus->offer->cnt_sock[s] < pick->count || (unsigned int)__builtin_popcount(able[s]) < pick->count)
			able[s] = 0;
		count += able[s] != 0;
	}
	return count;
}

/*
 * So many sockets, each with the count: all that can, or, where the job uses fewer, the best of those with
 * free cores.
 */
static int sockets_together(const struct fb_pick *pick, const fb_gpuset *able, unsigned int sockets, bool all,
			    fb_gpuset *keep)
{
	struct fb_engine_request request;
	struct fb_engine_choice choice;

	request_init(&request, pick);
	request.free = 0;
	request.count = sockets * pick->count;
	for (int s = 0; s < pick->gpus->sock_gres->sock_cnt; s++) {
		bool none = !all && socket_cap(pick, s) < pick->count;

		request.free |= able[s];
		group_add(&request, able[s], none ? 1 : (all ? 0 : 1) | 1u << pick->count);
	}
	if (choose(pick, &request, &choice))
		return -1;
	*keep = choice.gpus;
	return 0;
}

static int sockets_apart(const struct fb_pick *pick, const fb_gpuset *able, fb_gpuset *keep)
{
	struct fb_engine_request request;
	struct fb_engine_choice choice;
	unsigned int set = 0;

	for (int s = 0; s < pick->gpus->sock_gres->sock_cnt; s++) {
		if (!able[s])
			continue;
		request_init(&request, pick);
		request.free = able[s];
		if (choose(pick, &request, &choice))
			return -1;
		set |= choice.gpus;
	}
	*keep = (fb_gpuset)set;
	return 0;
}

int fb_pick_sockets(const struct fb_pick *pick, fb_gpuset *keep)
{
	fb_gpuset able[FB_NODE_SOCKETS_MAX] = { 0 };
	unsigned int sockets, wanted;

	if (!pick->count || pick->count > FB_ENGINE_GPUS_MAX || pick->gpus->offer->any)
		return -1;
	sockets = sockets_able(pick, able);
	wanted = pick->eval->mc_ptr->sockets_per_node;
	if (!sockets)
		return -1;
	if (wanted && wanted <= sockets && !sockets_together(pick, able, wanted, wanted == sockets, keep))
		return 0;
	return sockets_apart(pick, able, keep);
}

bool fb_pick_sockets_hold(const topology_eval_t *eval, const struct fb_node_gpus *gpus)
{
	for (int s = 0; s < gpus->sock_gres->sock_cnt; s++)
		if (socket_cores(eval, gpus, s) > 0 && !(gpus->offer->sock[s] & gpus->keep))
			return false;
	return true;
}
