/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * job_submit/flightbase: decides for every submission which workspace it runs in and refuses what the
 * policy does not allow. This file is the adapter between slurmctld's hooks and plugins/common:
 *
 *   init, fini    start and stop the thread that reads the settings (settings.c)
 *   job_submit    read the options, decide, hold the job to the workspace's terms (terms.c), write account,
 *                 admin_comment and the nodes' copy
 *   job_modify    hold a changed job to the same (modify.c); take up what a failed preflight reports (preflight.c)
 *
 * It runs under slurmctld's locks: it reads memory only, never a file, and never waits but for the
 * association cache's read lock.
 */
#include "job_submit/slurm.h"

#include "common/decide.h"
#include "job_submit/accounting.h"
#include "job_submit/counters.h"
#include "job_submit/demand.h"
#include "job_submit/het.h"
#include "job_submit/modify.h"
#include "job_submit/preemptible.h"
#include "job_submit/preflight.h"
#include "job_submit/settings.h"
#include "job_submit/terms.h"
#include "job_submit/variables.h"
#include "job_submit/wires.h"

const char plugin_name[] = "Flightbase job submit plugin";
const char plugin_type[] = "job_submit/flightbase";
const uint32_t plugin_version = SLURM_VERSION_NUMBER;

int init(void);
void fini(void);
int job_submit(job_desc_msg_t *job, uint32_t submit_uid, char **err_msg);
int job_modify(job_desc_msg_t *request, job_record_t *job, uint32_t submit_uid, char **err_msg);

/* The loader's own table, filled with the hooks: the compiler compares their types. */
#include "job_submit_ops.h"

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

void fini(void)
{
	fb_settings_stop();
}

static void set_message(char **err_msg, const struct fb_err *err)
{
	if (err_msg) /* another plugin may have said something before */
		xstrfmtcat(*err_msg, "%sflightbase: %s", *err_msg ? "\n" : "", err->text);
}

static int grant(job_desc_msg_t *job, const struct fb_decision *decision, struct fb_err *err)
{
	char line[FB_DECISION_LINE_MAX];

	/* Its script runs in the first component alone, and Slurm requeues all of them or none. */
	if (decision->preflight && job->het_job_offset != NO_VAL)
		return fb_err_set(err, "option '--preflight': a heterogeneous job cannot be measured as a whole; leave it out, and give "
				       "it to srun for each component");

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

/* One submission on its way through the decision. */
struct submission {
	job_desc_msg_t *job;
	struct fb_submission asked;
	const struct fb_policy *policy;
	struct fb_partitions partitions;
	struct fb_accounting_query query;
	struct fb_decision decision;
	bool counted;
	uint64_t gpus; /* of the whole heterogeneous job, so far */
	struct fb_period_plan plan;
	struct fb_err notice; /* of what preemption would do to it; "": none */
	bool unset; /* its account seems to be a workspace that has no settings */
};

/* slurmctld submits the components of a heterogeneous job one after the other on one thread. */
static __thread struct fb_het het;

/* Preemptible or not, which sets the QOS whose limits count, and then all limits and the period. */
static int check_terms(struct submission *s, struct fb_err *err)
{
	const struct fb_workspace *workspace = fb_policy_find(s->policy, s->decision.workspace);

	if (fb_preemptible_choose(s->job, &s->policy->site, s->asked.request, &s->decision, err))
		return -1;
	if (s->query.live && fb_preemptible_check(s->job, &s->policy->site, &s->decision, &s->notice, err))
		return -1;
	return fb_terms_check(&s->query, &s->policy->site, workspace, s->job, &s->partitions, s->gpus, &s->plan, err);
}

/* A job that is in no workspace: may it be where it is? */
static enum fb_verdict judge_outside(struct submission *s, const struct fb_accounting *accounting, struct fb_err *err)
{
	const char *account = s->asked.account ? s->asked.account : accounting->default_account(accounting->context, s->asked.uid);

	s->unset = fb_accounting_has_qos(&s->query, account);
	if (s->unset) {
		fb_decide_refuse_unset(account, err);
		return FB_REFUSED;
	}
	if (s->policy && s->policy->site.gpu_jobs_need_workspace && fb_demand_submitted(s->job, &s->partitions).asked) {
		fb_decide_refuse_gpus(account, err);
		return FB_REFUSED;
	}
	return FB_NOT_OURS;
}

/* The workspace and the terms it gives the job. In fit: it was a member's, and refused by the terms alone. */
static enum fb_verdict judge(struct submission *s, bool *fit, struct fb_err *err)
{
	struct fb_accounting accounting;

	fb_accounting_lock(&accounting, &s->query);
	enum fb_verdict verdict = fb_decide(s->policy, &accounting, &s->asked, &s->decision, err);
	*fit = verdict == FB_GRANTED;
	if (*fit && !s->counted)
		s->gpus = fb_het_add(&het, s->decision.workspace, fb_demand_submitted(s->job, &s->partitions).count);
	s->counted |= *fit;
	if (*fit && check_terms(s, err))
		verdict = FB_REFUSED;
	if (verdict == FB_NOT_OURS)
		verdict = judge_outside(s, &accounting, err);
	fb_accounting_unlock(&s->query);
	return verdict;
}

static enum fb_verdict decide(job_desc_msg_t *job, struct fb_period_plan *plan, struct fb_err *notice, struct fb_err *err)
{
	struct fb_request request;
	struct submission s = { .job = job,
				.asked = { .uid = job->user_id,
					   .account = job->account && *job->account ? job->account : NULL,
					   .request = &request },
				.query = { .partitions = job->partition } };
	bool fit;

	fb_variables_drop_forged(job);
	if (fb_request_read(&request, job->spank_job_env, job->spank_job_env_size, err))
		return FB_REFUSED;
	fb_partitions_find(&s.partitions, job->partition);
	s.policy = fb_settings_acquire(&s.query.snapshot);
	enum fb_verdict verdict = judge(&s, &fit, err);
	/* Numbers may have changed since the snapshot: nobody is refused by old ones, nor let pass by none. Preemptible
	 * jobs are few, and need more of their QOS than the snapshot has. */
	if (s.unset || (fit && (verdict == FB_REFUSED || s.query.unsure || s.decision.preemptible))) {
		s.query.live = true;
		verdict = judge(&s, &fit, err);
	}
	fb_settings_release();
	*plan = s.plan;
	*notice = s.notice;
	if (verdict == FB_GRANTED && (fb_wires_check(job, &s.decision, err) || grant(job, &s.decision, err)))
		verdict = FB_REFUSED;
	return verdict;
}

int job_submit(job_desc_msg_t *job, uint32_t submit_uid, char **err_msg)
{
	struct fb_period_plan plan;
	struct fb_err notice, err;
	uint64_t start = fb_counters_now();

	(void)submit_uid; /* the job runs as job->user_id, whoever sends it: that user must be a member */
	fb_het_enter(&het, job->het_job_offset == NO_VAL ? FB_HET_NONE : job->het_job_offset, job->user_id);
	enum fb_verdict verdict = decide(job, &plan, &notice, &err);
	if (verdict == FB_REFUSED)
		set_message(err_msg, &err);
	if (verdict == FB_GRANTED)
		fb_terms_apply(job, &plan);
	for (size_t i = 0; verdict == FB_GRANTED && i < plan.notices; i++)
		set_message(err_msg, &plan.notice[i]);
	if (verdict == FB_GRANTED && notice.text[0])
		set_message(err_msg, &notice);
	fb_counters_add(verdict, fb_counters_now() - start);
	return verdict == FB_REFUSED ? ESLURM_ACCESS_DENIED : SLURM_SUCCESS;
}

int job_modify(job_desc_msg_t *request, job_record_t *job, uint32_t submit_uid, char **err_msg)
{
	struct fb_err notice, err;

	/* Slurm refuses an admin_comment of others, but only after this hook. */
	if (fb_preflight_is_report(request) && (!submit_uid || submit_uid == slurm_conf.slurm_user_id))
		return fb_preflight_accept(request, job);
	if (fb_modify(request, job, submit_uid, &notice, &err)) {
		set_message(err_msg, &err);
		return ESLURM_ACCESS_DENIED;
	}
	if (*notice.text)
		set_message(err_msg, &notice);
	return SLURM_SUCCESS;
}
