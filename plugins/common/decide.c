/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/decide.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "common/option_value.h"

static const char *value_or(const struct fb_request *request, enum fb_option_id id, const char *fallback)
{
	return request->given[id] ? request->value[id] : fallback;
}

static enum fb_verdict no_policy(const struct fb_request *request, const char *account, struct fb_err *err)
{
	const struct fb_option *option = fb_request_first(request);

	if (!option)
		return FB_NOT_OURS;
	fb_err_set(err, "workspace '%.64s': the site's settings could not be read; ask an administrator to look into "
			"slurmctld's log",
		   value_or(request, FB_OPTION_WORKSPACE, account ? account : "?"));
	return FB_REFUSED;
}

/* Slurm compares accounts without regard to case, so 'VISION' is the account, and the workspace, 'vision'. */
static const char *lower_case(const char *account, char *lower, size_t size)
{
	size_t i = 0;

	if (!account)
		return NULL;
	for (; account[i] && i < size - 1; i++)
		lower[i] = (char)tolower((unsigned char)account[i]);
	lower[i] = '\0';
	return account[i] ? account : lower; /* too long to be a workspace's */
}

const struct fb_workspace *fb_decide_account(const struct fb_policy *policy, const char *account)
{
	char lower[FB_NAME_MAX + 1];

	return account ? fb_policy_find(policy, lower_case(account, lower, sizeof(lower))) : NULL;
}

/* The workspace that the submission names, by option or account. NULL: none, or err is set. */
static const struct fb_workspace *resolve(const struct fb_policy *policy, const struct fb_accounting *accounting,
					  const struct fb_submission *s, bool *refused, struct fb_err *err)
{
	const char *asked = s->request->value[FB_OPTION_WORKSPACE];
	const char *account = s->account;

	*refused = true;
	if (asked) {
		const struct fb_workspace *workspace = fb_policy_find(policy, asked);
		if (!workspace)
			fb_err_set(err, "workspace '%s': unknown on this cluster, which has %zu; check the "
					"name, or ask an administrator to create it",
				   asked, policy->count);
		else if (account && fb_decide_account(policy, account) != workspace) {
			fb_err_set(err, "workspace '%s': conflicts with account '%.64s': a workspace is the job's account; "
					"leave out --account (inside a job, unset SLURM_SPANK_" FB_REQUEST_VARIABLE
					"workspace, which names the outer job's)",
				   asked, account);
			return NULL;
		}
		return workspace;
	}
	if (!account)
		account = accounting->default_account(accounting->context, s->uid);
	const struct fb_workspace *workspace = fb_decide_account(policy, account);
	const struct fb_option *option = fb_request_first(s->request);
	if (!workspace && option)
		fb_err_set(err, "option '--%s': needs a workspace, and account '%.64s' is none; add --workspace=NAME",
			   option->name, account ? account : "(none)");
	*refused = !workspace && option;
	return workspace;
}

/* "advanced", "advanced and builtin": what the bits of a workspace's trainings say. */
static void list_trainings(unsigned int trainings, char *list, size_t size)
{
	static const char *const types[] = { "advanced", "builtin", "jupyter" };
	size_t length = 0;

	list[0] = '\0';
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]) && length < size; i++)
		if (trainings & fb_policy_training(types[i]))
			length += (size_t)snprintf(list + length, size - length, "%s%s", length ? " and " : "", types[i]);
}

static bool training_allowed(const struct fb_workspace *workspace, const char *type, struct fb_err *err)
{
	char list[64];

	if (workspace->trainings & fb_policy_training(type))
		return true;
	list_trainings(workspace->trainings, list, sizeof(list));
	fb_err_set(err, "workspace '%s': training type '%s' is not allowed in it: %s can be used; choose with --training, or ask an "
			"administrator to allow it",
		   workspace->name, type, list);
	return false;
}

enum fb_verdict fb_decide(const struct fb_policy *policy, const struct fb_accounting *accounting,
			  const struct fb_submission *s, struct fb_decision *decision, struct fb_err *err)
{
	const struct fb_request *request = s->request;
	bool refused;

	if (!policy)
		return no_policy(request, s->account, err);
	const struct fb_workspace *workspace = resolve(policy, accounting, s, &refused, err);
	if (!workspace)
		return refused ? FB_REFUSED : FB_NOT_OURS;
	if (!accounting->member(accounting->context, s->uid, workspace->name)) {
		fb_err_set(err, "workspace '%s': you are not a member (uid %u): only members may submit to it; ask its "
				"manager or an administrator to add you",
			   workspace->name, s->uid);
		return FB_REFUSED;
	}
	if (!training_allowed(workspace, value_or(request, FB_OPTION_TRAINING, "advanced"), err))
		return FB_REFUSED;
	*decision = (struct fb_decision){ .name = "" };
	snprintf(decision->workspace, sizeof(decision->workspace), "%s", workspace->name);
	snprintf(decision->training, sizeof(decision->training), "%s", value_or(request, FB_OPTION_TRAINING, "advanced"));
	snprintf(decision->name, sizeof(decision->name), "%s", value_or(request, FB_OPTION_TRAINING_NAME, ""));
	snprintf(decision->p2p, sizeof(decision->p2p), "%s", value_or(request, FB_OPTION_P2P, "prefer"));
	snprintf(decision->rdma, sizeof(decision->rdma), "%s", value_or(request, FB_OPTION_RDMA, "prefer"));
	if (request->given[FB_OPTION_PREFLIGHT])
		decision->preflight = fb_value_percent(request->value[FB_OPTION_PREFLIGHT], FB_PREFLIGHT_PERCENT);
	return FB_GRANTED;
}

int fb_decide_refuse_gpus(const char *account, struct fb_err *err)
{
	return fb_err_set(err, "account '%.64s': the job would get GPUs, which only workspaces have on this site; add "
			       "--workspace=NAME, or ask for no GPUs and no whole nodes",
			  account ? account : "(none)");
}

int fb_decide_refuse_unset(const char *account, struct fb_err *err)
{
	return fb_err_set(err, "workspace '%.64s': it has no valid settings, so that its period and limits are not known; ask an "
			       "administrator to look with `flightbase check`",
			  account);
}
