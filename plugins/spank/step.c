/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A step's own options never meet job_submit, and its environment may hold anything. So they are checked here
 * with the same table, and then held against the decision that the prolog stored.
 */
#include "spank/step.h"

#include <errno.h>
#include <slurm/slurm.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/decision.h"
#include "common/request.h"
#include "common/wires.h"
#include "spank/hint.h"
#include "spank/preflight.h"
#include "spank/store.h"

/* slurmstepd serves one step, so what came with it may stand here. */
static struct {
	struct fb_request request;
	char *text[FB_OPTION_COUNT];
} given;

/*
 * Why the step is refused; "" if it is not. It is said when the user's output is connected, and where it harms
 * nobody else: a step of srun that fails before its tasks only ends that step, but a batch step that does
 * makes slurmctld drain the node, so its script is refused in the place of its task.
 */
static struct fb_err refusal;
static bool batch;

/* What the step runs with; only of a job in a workspace. */
static struct fb_decision granted;
static bool decided;
static uint32_t job_id;

int fb_step_option(int id, const char *value, int remote)
{
	(void)remote;
	if (id < 0 || id >= FB_OPTION_COUNT)
		return -1;
	/* Called again for the same option, the last one counts, as it does in the client. */
	free(given.text[id]);
	given.text[id] = strdup(value ? value : "");
	given.request.given[id] = true;
	given.request.value[id] = given.text[id] ? given.text[id] : "";
	return 0;
}

static int check_options(struct fb_err *err)
{
	for (int id = 0; id < FB_OPTION_COUNT; id++)
		if (given.request.given[id] && fb_option_check((enum fb_option_id)id, given.request.value[id], err))
			return -1;
	return 0;
}

/* Without a decision the job is in no workspace, and none of our options means anything in it. */
static int no_decision(uint32_t job, const struct fb_err *why, struct fb_err *err)
{
	const struct fb_option *option = fb_request_first(&given.request);

	if (errno != ENOENT)
		return fb_err_set(err, "job '%u': the controller's decision cannot be read: %s; ask an administrator", job,
				  why->text);
	if (!option)
		return 0;
	return fb_err_set(err, "option '--%s': job %u runs in no workspace: submit the job with --workspace=NAME",
			  option->name, job);
}

static void set_variable(spank_t spank, const char *name, const char *value)
{
	if (*value)
		spank_setenv(spank, name, value, 1);
	else
		spank_unsetenv(spank, name);
}

static void change_variable(spank_t spank, const char *name, struct fb_wires_change change)
{
	if (change.action == FB_WIRES_SET)
		spank_setenv(spank, name, change.value, 1);
	else if (change.action == FB_WIRES_UNSET)
		spank_unsetenv(spank, name);
}

static bool came_as(spank_t spank, const char *name, const char *value)
{
	char came[64];

	return spank_getenv(spank, name, came, (int)sizeof(came)) == ESPANK_SUCCESS && !strcmp(came, value);
}

/* Before FLIGHTBASE_P2P and FLIGHTBASE_RDMA are set anew: they tell what a job around this one gave up. */
static void set_wires(spank_t spank, const struct fb_decision *step)
{
	struct fb_wires off = { .p2p_off = !strcmp(step->p2p, "off"), .rdma_off = !strcmp(step->rdma, "off") };
	struct fb_wires outer = { .p2p_off = came_as(spank, "FLIGHTBASE_P2P", "off"),
				  .rdma_off = came_as(spank, "FLIGHTBASE_RDMA", "off") };
	char users[1024] = "";

	if (spank_getenv(spank, "UCX_TLS", users, (int)sizeof(users)) != ESPANK_SUCCESS)
		users[0] = '\0';
	struct fb_wires_environment change = fb_wires_environment(off, outer, users);
	change_variable(spank, "NCCL_P2P_DISABLE", change.nccl_p2p);
	change_variable(spank, "NCCL_NVLS_ENABLE", change.nccl_nvls);
	change_variable(spank, "NCCL_IB_DISABLE", change.nccl_ib);
	change_variable(spank, "NCCL_NET", change.nccl_net);
	change_variable(spank, "UCX_TLS", change.ucx_tls);
}

static void set_environment(spank_t spank, const struct fb_decision *step)
{
	set_wires(spank, step);
	set_variable(spank, "FLIGHTBASE_WORKSPACE", step->workspace);
	set_variable(spank, "FLIGHTBASE_TRAINING", step->training);
	set_variable(spank, "FLIGHTBASE_TRAINING_NAME", step->name);
	set_variable(spank, "FLIGHTBASE_P2P", step->p2p);
	set_variable(spank, "FLIGHTBASE_RDMA", step->rdma);
}

/* A job without a workspace must not carry what only a workspace's job has, be it from one that it was submitted in. */
static void clear_environment(spank_t spank)
{
	static const struct fb_decision nothing = { .name = "" };

	set_environment(spank, &nothing);
	fb_hint_clear(spank);
}

/* Judge the step as root, who alone may read the decision. */
static int judge(spank_t spank, uint32_t id, struct fb_err *err)
{
	struct fb_decision job;
	struct fb_err why;

	if (check_options(err))
		return -1;
	if (fb_store_read(id, &job, &why)) {
		if (no_decision(id, &why, err))
			return -1;
		clear_environment(spank);
		return 0;
	}
	if (fb_decision_limit(&job, &given.request, &granted, err))
		return -1;
	decided = true;
	set_environment(spank, &granted);
	return 0;
}

int fb_step_begin(spank_t spank)
{
	uint32_t id, step_id;
	struct fb_err err;

	if (spank_get_item(spank, S_JOB_ID, &id) != ESPANK_SUCCESS ||
	    spank_get_item(spank, S_JOB_STEPID, &step_id) != ESPANK_SUCCESS || step_id == SLURM_EXTERN_CONT)
		return ESPANK_SUCCESS;
	batch = step_id == SLURM_BATCH_SCRIPT;
	if (judge(spank, id, &err))
		refusal = err;
	job_id = id;
	if (decided)
		fb_hint_load(spank, id, step_id);
	if (decided && batch && granted.preflight && !refusal.text[0] && fb_preflight_root_begin(id, &err))
		refusal = err;
	return ESPANK_SUCCESS;
}

static int refuse(void)
{
	if (!refusal.text[0])
		return ESPANK_SUCCESS;
	slurm_error("flightbase: %s", refusal.text);
	return -1;
}

int fb_step_user_begin(void)
{
	return batch ? ESPANK_SUCCESS : refuse();
}

int fb_step_task_begin(spank_t spank)
{
	if (decided)
		fb_hint_set(spank, &granted);
	if (!batch)
		return ESPANK_SUCCESS;
	if (!refusal.text[0] && decided && granted.preflight)
		fb_preflight_batch(spank, job_id, granted.preflight);
	return refuse();
}
