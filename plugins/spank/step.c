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

/* UCX_TLS that switches off what was given up: '^' leaves transports out of UCX's own choice. */
static const char *ucx_transports(bool p2p_off, bool rdma_off)
{
	return p2p_off && rdma_off ? "^cuda_ipc,ib" : p2p_off ? "^cuda_ipc" : "^ib";
}

/* Is it a value that only this plugin sets? A job inside a job must not inherit what its outer job gave up. */
static bool our_transports(const char *value)
{
	return !strcmp(value, ucx_transports(true, true)) || !strcmp(value, ucx_transports(true, false)) ||
	       !strcmp(value, ucx_transports(false, true));
}

/* A user's own list of transports that are wanted is narrower than ours, unless it names what was given up. */
static bool keeps_off(const char *list, bool p2p_off, bool rdma_off)
{
	static const char *const rdma[] = { "ib", "rc", "ud", "dc", NULL };

	if (!*list || *list == '^' || strstr(list, "all"))
		return false;
	for (size_t i = 0; rdma_off && rdma[i]; i++)
		if (strstr(list, rdma[i]))
			return false;
	return !(p2p_off && strstr(list, "cuda"));
}

static void set_transports(spank_t spank, bool p2p_off, bool rdma_off)
{
	char users[1024] = "";

	if (spank_getenv(spank, "UCX_TLS", users, (int)sizeof(users)) != ESPANK_SUCCESS)
		users[0] = '\0';
	if (p2p_off || rdma_off) {
		if (!keeps_off(users, p2p_off, rdma_off))
			spank_setenv(spank, "UCX_TLS", ucx_transports(p2p_off, rdma_off), 1);
	} else if (our_transports(users)) {
		spank_unsetenv(spank, "UCX_TLS");
	}
}

/*
 * The wires that were given up are switched off where the libraries look: NCCL_P2P_DISABLE and NCCL_IB_DISABLE
 * (NCCL user guide, environment variables) and UCX_TLS. Without a workspace, p2p and rdma are "": nothing is touched.
 */
static void set_wires(spank_t spank, const struct fb_decision *step)
{
	bool p2p_off = !strcmp(step->p2p, "off"), rdma_off = !strcmp(step->rdma, "off");

	if (!step->workspace[0])
		return;
	set_variable(spank, "NCCL_P2P_DISABLE", p2p_off ? "1" : "");
	set_variable(spank, "NCCL_IB_DISABLE", rdma_off ? "1" : "");
	set_transports(spank, p2p_off, rdma_off);
}

static void set_environment(spank_t spank, const struct fb_decision *step)
{
	set_variable(spank, "FLIGHTBASE_WORKSPACE", step->workspace);
	set_variable(spank, "FLIGHTBASE_TRAINING", step->training);
	set_variable(spank, "FLIGHTBASE_TRAINING_NAME", step->name);
	set_variable(spank, "FLIGHTBASE_P2P", step->p2p);
	set_variable(spank, "FLIGHTBASE_RDMA", step->rdma);
	set_wires(spank, step);
}

/* A job without a workspace must not carry what only a workspace's job has. */
static void clear_environment(spank_t spank)
{
	static const struct fb_decision nothing = { .name = "" };

	set_environment(spank, &nothing);
}

/* Judge the step as root, who alone may read the decision. */
static int judge(spank_t spank, uint32_t id, struct fb_err *err)
{
	struct fb_decision job, step;
	struct fb_err why;

	if (check_options(err))
		return -1;
	if (fb_store_read(id, &job, &why)) {
		if (no_decision(id, &why, err))
			return -1;
		clear_environment(spank);
		return 0;
	}
	if (fb_decision_limit(&job, &given.request, &step, err))
		return -1;
	set_environment(spank, &step);
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

int fb_step_task_begin(void)
{
	return batch ? refuse() : ESPANK_SUCCESS;
}
