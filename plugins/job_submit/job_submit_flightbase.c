/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * job_submit/flightbase: decides for every submission which workspace it runs in and refuses what the
 * policy does not allow. This file is the adapter between slurmctld's hooks and plugins/common:
 *
 *   init, fini    start and stop the thread that reads the settings (settings.c)
 *   job_submit    read the options, decide, write account, admin_comment and the nodes' copy
 *   job_modify    keep a job in the workspace it was granted
 *
 * It runs under slurmctld's locks: it reads memory only, never a file, and never waits but for the
 * association cache's read lock.
 */
#include "job_submit/slurm.h"

#include "common/decide.h"
#include "job_submit/accounting.h"
#include "job_submit/counters.h"
#include "job_submit/settings.h"
#include "job_submit/variables.h"

const char plugin_name[] = "Flightbase job submit plugin";
const char plugin_type[] = "job_submit/flightbase";
const uint32_t plugin_version = SLURM_VERSION_NUMBER;

int init(void);
int fini(void);
int job_submit(job_desc_msg_t *job, uint32_t submit_uid, char **err_msg);
int job_modify(job_desc_msg_t *request, job_record_t *job, uint32_t submit_uid, char **err_msg);

/*
 * What the decision rests on. Without PrologFlags=Alloc the first step of a job runs the prolog, with variables
 * of the user's own srun; without enforced associations Slurm replaces an account that a user made up.
 * Returns what is missing, or NULL.
 */
static const char *missing_setting(void)
{
	if (!(slurm_conf.prolog_flags & PROLOG_FLAG_ALLOC))
		return "PrologFlags=Alloc";
	if (!(slurm_conf.accounting_storage_enforce & ACCOUNTING_ENFORCE_ASSOCS))
		return "AccountingStorageEnforce=associations";
	return NULL;
}

int init(void)
{
	if (missing_setting())
		error("flightbase: slurm.conf lacks %s: submissions to workspaces are refused", missing_setting());
	return fb_settings_start();
}

int fini(void)
{
	fb_settings_stop();
	return SLURM_SUCCESS;
}

static void set_message(char **err_msg, const struct fb_err *err)
{
	if (err_msg) /* another plugin may have said something before */
		xstrfmtcat(*err_msg, "%sflightbase: %s", *err_msg ? "\n" : "", err->text);
}

static int grant(job_desc_msg_t *job, const struct fb_decision *decision, struct fb_err *err)
{
	char line[FB_DECISION_LINE_MAX];

	if (missing_setting())
		return fb_err_set(err, "workspace '%s': slurm.conf lacks %s, without which it is not safe; ask an administrator "
				       "to set it",
				  decision->workspace, missing_setting());
	if (fb_decision_format(decision, line, sizeof(line)) < 0)
		return fb_err_set(err, "workspace '%s': the decision does not fit", decision->workspace);
	xfree(job->account);
	job->account = xstrdup(decision->workspace);
	xfree(job->admin_comment);
	job->admin_comment = xstrdup(line);
	fb_variables_set_decision(job, line);
	return 0;
}

static enum fb_verdict decide(job_desc_msg_t *job, struct fb_err *err)
{
	const char *account = job->account && *job->account ? job->account : NULL;
	struct fb_request request;
	struct fb_decision decision;
	struct fb_submission submission = { .uid = job->user_id, .account = account, .request = &request };
	struct fb_accounting_query query = { .partitions = job->partition };
	struct fb_accounting accounting;

	fb_variables_drop_forged(job);
	if (fb_request_read(&request, job->spank_job_env, job->spank_job_env_size, err))
		return FB_REFUSED;
	const struct fb_policy *policy = fb_settings_acquire(&query.snapshot);
	fb_accounting_lock(&accounting, &query);
	enum fb_verdict verdict = fb_decide(policy, &accounting, &submission, &decision, err);
	fb_accounting_unlock();
	fb_settings_release();
	if (verdict == FB_GRANTED && grant(job, &decision, err))
		verdict = FB_REFUSED;
	return verdict;
}

int job_submit(job_desc_msg_t *job, uint32_t submit_uid, char **err_msg)
{
	struct fb_err err;
	uint64_t start = fb_counters_now();
	enum fb_verdict verdict = decide(job, &err);

	(void)submit_uid; /* the job runs as job->user_id, whoever sends it: that user must be a member */
	if (verdict == FB_REFUSED)
		set_message(err_msg, &err);
	fb_counters_add(verdict, fb_counters_now() - start);
	return verdict == FB_REFUSED ? ESLURM_ACCESS_DENIED : SLURM_SUCCESS;
}

/* A job keeps its workspace: the nodes hold its steps to the decision that was made when it was submitted. */
int job_modify(job_desc_msg_t *request, job_record_t *job, uint32_t submit_uid, char **err_msg)
{
	struct fb_err err;

	(void)submit_uid;
	if (!request->account || !xstrcasecmp(request->account, job->account))
		return SLURM_SUCCESS;
	const struct fb_policy *policy = fb_settings_acquire(NULL);
	const struct fb_workspace *left = policy ? fb_decide_account(policy, job->account) : NULL;
	const struct fb_workspace *entered = policy ? fb_decide_account(policy, request->account) : NULL;
	bool moved = left || entered;
	if (moved)
		fb_err_set(&err, "workspace '%s': job %u cannot be moved %s it: a job keeps the workspace it was "
				 "submitted to; cancel it and submit it again",
			   left ? left->name : entered->name, job->job_id, left ? "out of" : "into");
	fb_settings_release();
	if (!moved)
		return SLURM_SUCCESS;
	set_message(err_msg, &err);
	return ESLURM_ACCESS_DENIED;
}
