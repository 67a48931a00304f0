/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/env.h"

#include <stdlib.h>
#include <string.h>

#include "flightbase/gpus.h"
#include "common/gres_text.h"
#include "flightbase/slurm_start.h"
#include "flightbase/why_load.h"

/* Of more GPUs than a type may have, a task is told nothing: as if there were none. */
static fb_gpuset gpus_of(const slurm_job_info_t *info, uint32_t node)
{
	char text[FB_GPUS_TEXT_MAX] = "";

	if (node < info->gres_detail_cnt)
		fb_gres_indices(info->gres_detail_str[node], text, sizeof(text));
	uint64_t index = fb_gpus_index_read(text);
	return index >> FB_ENGINE_GPUS_MAX ? 0 : (fb_gpuset)index;
}

/* The task's share of the node's GPUs, which Slurm deals out in order where nothing binds tasks to CPUs. */
static fb_gpuset share_of(fb_gpuset gpus, int64_t task, int64_t each)
{
	fb_gpuset share = 0;
	int64_t place = 0;

	for (unsigned int i = 0; i < FB_ENGINE_GPUS_MAX; i++) {
		if (!(gpus >> i & 1))
			continue;
		if (place >= task * each && place < (task + 1) * each)
			share |= (fb_gpuset)(1u << i);
		place++;
	}
	return share;
}

static struct fb_env_part *find_part(struct fb_env *env, const char *node, fb_gpuset gpus)
{
	const struct fb_topofile_type *type = fb_topology_type(&env->topology, node);
	const struct fb_topofile_group *group = fb_topology_group(&env->topology, node);

	for (size_t i = 0; i < env->parts; i++)
		if (env->part[i].type == type && env->part[i].group == group && env->part[i].gpus == gpus)
			return &env->part[i];
	struct fb_env_part *grown = realloc(env->part, (env->parts + 1) * sizeof(*grown));
	if (!grown)
		return NULL;
	env->part = grown;
	grown[env->parts] = (struct fb_env_part){ .nodes = slurm_hostlist_create(NULL), .type = type, .group = group, .gpus = gpus };
	return &grown[env->parts++];
}

static int add_node(struct fb_env *env, const char *node, fb_gpuset gpus, struct fb_err *err)
{
	struct fb_env_part *part = find_part(env, node, gpus);

	if (!part || !part->nodes)
		return fb_err_set(err, "out of memory");
	slurm_hostlist_push_host(part->nodes, node);
	return 0;
}

static int add_nodes(struct fb_env *env, const char *only, struct fb_err *err)
{
	const slurm_job_info_t *info = env->job->info;
	hostlist_t *list = slurm_hostlist_create(info->nodes);
	char *node;
	int rc = 0;

	for (uint32_t i = 0; list && !rc && (node = slurm_hostlist_shift(list)); i++) {
		if (!only || !strcmp(only, node))
			rc = add_node(env, node, gpus_of(info, i), err);
		free(node);
	}
	if (list)
		slurm_hostlist_destroy(list);
	if (!rc && !env->parts && only)
		return fb_err_set(err, "job '%s': node '%.64s' is none of its nodes: it has %s", env->id, only,
				  info->nodes ? info->nodes : "none");
	return rc;
}

/* As the prolog counts them. */
static unsigned int count_nodes(const slurm_job_info_t *info)
{
	return info->het_job_id && info->num_nodes < 2 ? 2 : info->num_nodes;
}

static int make_hints(struct fb_env *env, int64_t task, struct fb_err *err)
{
	int64_t each = fb_gres_requested(env->job->info->tres_per_task);

	if (task >= 0 && !each)
		return fb_err_set(err, "job '%s': option '--task': its tasks have no GPUs of their own, so each is told the same; "
				       "leave it out", env->id);
	for (size_t i = 0; i < env->parts; i++) {
		struct fb_env_part *part = &env->part[i];
		struct fb_hints_request request = { .type = part->type, .gpus = part->gpus,
						    .nodes = count_nodes(env->job->info), .group = part->group,
						    .fabric = env->topology.file.fabric.groups ? &env->topology.file.fabric : NULL,
						    .p2p = env->job->decision.p2p, .rdma = env->job->decision.rdma };

		if (task >= 0 && !(request.task = share_of(part->gpus, task, each)))
			return fb_err_set(err, "job '%s': option '--task': no task %lld on every node: each has %lld of a node's "
					       "GPUs, which begin with 0; give a task that is there, or a node with --node",
					  env->id, (long long)task, (long long)each);
		fb_hints_assume_sound(&request);
		fb_hints_make(&request, &part->hints);
	}
	return 0;
}

/* Has it nodes, and does slurmctld tell of the GPUs on them? */
static int check_job(const struct fb_env *env, struct fb_err *err)
{
	const struct fb_job *job = env->job;

	if (fb_job_phase(job->info) == FB_JOB_PENDING || !job->info->nodes || !*job->info->nodes)
		return fb_err_set(err, "job '%s': has no nodes yet: it is %s; ask again when it runs, or see `flightbase explain %s`",
				  env->id, fb_why_state_word(job->info->job_state), env->id);
	if (job->gpus && !job->info->gres_detail_cnt)
		return fb_err_set(err, "job '%s': slurmctld does not tell which GPUs it has%s; ask while it runs", env->id,
				  fb_job_phase(job->info) == FB_JOB_OVER ? " any more: it is over" : "");
	return 0;
}

int fb_env_load(struct fb_env *env, const struct fb_job_ref *ref, const char *node, int64_t task, struct fb_err *err)
{
	*env = (struct fb_env){ .job = NULL };
	fb_slurm_start();
	if (fb_jobs_load_one(&env->jobs, ref->id, err))
		return -1;
	env->job = fb_why_find_job(&env->jobs, ref);
	if (!env->job)
		return fb_err_set(err, "job '%u': slurmctld knows no such job, or does not show it to you; `squeue` lists those it does",
				  ref->id);
	fb_why_job_name(env->job->info, ref, env->id, sizeof(env->id));
	fb_why_user_name(env->job->info, env->user, sizeof(env->user));
	if (check_job(env, err))
		return -1;
	if (!env->job->decided)
		return 0;
	if (fb_topology_load(&env->topology, err) || add_nodes(env, node, err))
		return -1;
	return make_hints(env, task, err);
}

void fb_env_free(struct fb_env *env)
{
	for (size_t i = 0; i < env->parts; i++)
		if (env->part[i].nodes)
			slurm_hostlist_destroy(env->part[i].nodes);
	free(env->part);
	fb_topology_free(&env->topology);
	fb_jobs_free(&env->jobs);
	*env = (struct fb_env){ .job = NULL };
}
