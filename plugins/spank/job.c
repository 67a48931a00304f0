/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The prolog's environment is slurmd's: what users set is in it only behind the prefix "SPANK_", and the
 * controller has removed entries of the reserved name that were not its own. That holds only with PrologFlags=Alloc:
 * else the first step runs the prolog, with variables of the user's own srun. A failing prolog drains the node,
 * so a fault here is logged, and the job's steps are refused instead; only a node that cannot even keep that is drained.
 */
#include "spank/job.h"

#include <slurm/slurm.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/decision.h"
#include "spank/hint.h"
#include "spank/store.h"

/* slurmstepd's configuration; weak, because the clients that load this plugin name theirs otherwise. */
extern slurm_conf_t slurm_conf __attribute__((weak));

static int check_flags(struct fb_err *err)
{
	if (&slurm_conf && (slurm_conf.prolog_flags & PROLOG_FLAG_ALLOC))
		return 0;
	return fb_err_set(err, "slurm.conf lacks PrologFlags=Alloc, so a decision cannot be told from a forged one");
}

/* The account in the job's credential, which the controller signed, must be the decision's workspace. */
static int check_account(const struct fb_decision *decision, struct fb_err *err)
{
	const char *account = getenv("SLURM_JOB_ACCOUNT");

	if (!account || !strcmp(account, decision->workspace))
		return 0;
	return fb_err_set(err, "decision for workspace '%s', but the job's account is '%.64s'", decision->workspace,
			  account);
}

int fb_job_begin(spank_t spank)
{
	const char *line = getenv("SPANK_" FB_DECISION_VARIABLE);
	struct fb_decision decision;
	struct fb_err err, worse;
	uint32_t job;

	if (spank_get_item(spank, S_JOB_ID, &job) != ESPANK_SUCCESS)
		return ESPANK_SUCCESS;
	/* Job ids start again one day: what an earlier job left behind is not this one's. */
	if (fb_store_remove(job, &err))
		slurm_error("flightbase: job %u: %s", job, err.text);
	if (!line)
		return ESPANK_SUCCESS;
	if (!check_flags(&err) && !fb_decision_parse(&decision, line, &err) && !check_account(&decision, &err) &&
	    !fb_store_write(job, &decision, &err)) {
		fb_hint_keep(job);
		return ESPANK_SUCCESS;
	}
	slurm_error("flightbase: job %u: %s: its steps are refused on this node", job, err.text);
	if (!fb_store_refuse(job, &worse))
		return ESPANK_SUCCESS;
	/* Without a word of it on the node, its steps would run as those of a job in no workspace. */
	slurm_error("flightbase: job %u: %s: the job cannot be held to its decision on this node", job, worse.text);
	return ESPANK_ERROR;
}

int fb_job_end(spank_t spank)
{
	struct fb_err err;
	uint32_t job;

	if (spank_get_item(spank, S_JOB_ID, &job) != ESPANK_SUCCESS)
		return ESPANK_SUCCESS;
	if (fb_store_remove(job, &err))
		slurm_error("flightbase: job %u: %s", job, err.text);
	return ESPANK_SUCCESS;
}
