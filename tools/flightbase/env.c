/* SPDX-License-Identifier: GPL-2.0-or-later */
/* flightbase env JOB: the variables that tell a job's tasks of the wires, and why. */
#include "flightbase/env.h"

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/number.h"
#include "flightbase/commands.h"
#include "flightbase/json_add.h"
#include "flightbase/libslurm.h"
#include "flightbase/why_load.h"

enum { NODE, TASK };

const struct fb_cli_option fb_env_options[] = {
	[NODE] = { .name = "node", .argument = "NAME", .help = "only on this node" },
	[TASK] = { .name = "task", .argument = "N", .help = "what the N-th task of a node is told, from 0" },
	{ .name = NULL },
};

static char *nodes_of(const struct fb_env_part *part)
{
	return slurm_hostlist_ranged_string_xmalloc(part->nodes);
}

/* ---- Text ---- */

static void print_hint(const struct fb_hint *hint)
{
	if (hint->set)
		printf("  %s=%s\n      %s\n", hint->name, hint->value, hint->why);
	else
		printf("  %s is not set\n      %s\n", hint->name, hint->why);
}

static void print_part(const struct fb_env_part *part)
{
	char *nodes = nodes_of(part), gpus[64];

	fb_gpuset_text(part->gpus, gpus, sizeof(gpus));
	printf("Nodes       %s (%s): %s%s\n", nodes, part->type ? part->type->name : "not in topology.json",
	       part->gpus ? "GPUs " : "no GPUs", gpus);
	for (size_t i = 0; i < part->hints.count; i++)
		print_hint(&part->hints.hint[i]);
	slurm_xfree((void **)&nodes);
}

static void print_text(const struct fb_env *env)
{
	const struct fb_decision *decision = &env->job->decision;

	printf("Job         %s '%s' of %s: %s", env->id, env->job->info->name ? env->job->info->name : "", env->user,
	       fb_why_state_word(env->job->info->job_state));
	if (env->job->decided)
		printf(", p2p %s, rdma %s\n", decision->p2p, decision->rdma);
	else
		printf("\nIt runs in no workspace: nothing is set.\n");
	for (size_t i = 0; i < env->parts; i++)
		print_part(&env->part[i]);
}

/* ---- JSON ---- */

static void put_text(struct json_object *to, const char *key, const char *text)
{
	json_object_object_add(to, key, text ? json_object_new_string(text) : NULL);
}

static struct json_object *json_part(const struct fb_env_part *part)
{
	struct json_object *to = json_object_new_object(), *gpus = json_object_new_array(), *all = json_object_new_array();
	char *nodes = nodes_of(part);

	for (int i = 0; i < FB_ENGINE_GPUS_MAX; i++)
		if (part->gpus >> i & 1)
			json_object_array_add(gpus, json_object_new_int(i));
	for (size_t i = 0; i < part->hints.count; i++) {
		const struct fb_hint *hint = &part->hints.hint[i];
		struct json_object *variable = json_object_new_object();

		put_text(variable, "name", hint->name);
		put_text(variable, "value", hint->set ? hint->value : NULL);
		put_text(variable, "why", hint->why);
		json_object_object_add(variable, "yields", json_object_new_boolean(hint->kind == FB_HINT_YIELD));
		json_object_array_add(all, variable);
	}
	put_text(to, "nodes", nodes);
	put_text(to, "type", part->type ? part->type->name : NULL);
	json_object_object_add(to, "gpus", gpus);
	json_object_object_add(to, "variables", all);
	slurm_xfree((void **)&nodes);
	return to;
}

static void print_json(const struct fb_env *env)
{
	struct json_object *root = json_object_new_object(), *parts = json_object_new_array();
	const struct fb_job *job = env->job;

	put_text(root, "job", env->id);
	put_text(root, "state", fb_why_state_word(job->info->job_state));
	put_text(root, "workspace", job->decided ? job->decision.workspace : NULL);
	put_text(root, "p2p", job->decided ? job->decision.p2p : NULL);
	put_text(root, "rdma", job->decided ? job->decision.rdma : NULL);
	for (size_t i = 0; i < env->parts; i++)
		json_object_array_add(parts, json_part(&env->part[i]));
	json_object_object_add(root, "parts", parts);
	fb_json_put(root);
}

int fb_env(const struct fb_args *args)
{
	struct fb_env env;
	struct fb_job_ref ref;
	struct fb_err err;
	int64_t task = -1;

	if (fb_job_ref_parse(&ref, args->word[0], &err))
		return fb_cli_usage(args, "%s", err.text);
	if (args->value[TASK] && fb_number_parse(args->value[TASK], 0, FB_ENGINE_GPUS_MAX - 1, &task, &err))
		return fb_cli_usage(args, "option '--task': %s", err.text);
	int rc = fb_env_load(&env, &ref, args->value[NODE], task, &err);
	if (!rc && args->json)
		print_json(&env);
	else if (!rc)
		print_text(&env);
	fb_env_free(&env);
	return rc ? fb_cli_failed(&err) : FB_EXIT_DONE;
}
