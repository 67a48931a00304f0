/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "job_submit/preemptible.h"

#include "common/preemptible.h"

/* The user's association with the job's workspace, as Slurm will find it for the job. */
static const slurmdb_assoc_rec_t *association_of(const job_desc_msg_t *job, const char *workspace)
{
	const char *partitions = job->partition ? job->partition : default_part_name;
	char partition[256] = "";
	slurmdb_assoc_rec_t *association = NULL;

	if (partitions)
		snprintf(partition, sizeof(partition), "%.*s", (int)strcspn(partitions, ","), partitions);
	slurmdb_assoc_rec_t wanted = { .uid = job->user_id, .acct = (char *)workspace,
				       .partition = partition[0] ? partition : NULL };
	assoc_mgr_fill_in_assoc(acct_db_conn, &wanted, 0, &association, true);
	return association;
}

static bool may_use(const job_desc_msg_t *job, const char *workspace, uint32_t qos)
{
	const slurmdb_assoc_rec_t *association;

	if (!(slurm_conf.accounting_storage_enforce & ACCOUNTING_ENFORCE_QOS))
		return true;
	association = association_of(job, workspace);
	return association && association->usage && association->usage->valid_qos &&
	       qos < bit_size(association->usage->valid_qos) && bit_test(association->usage->valid_qos, qos);
}

/* What happens to a preempted job: the QOS says, or the cluster. */
static uint16_t preempt_mode(const slurmdb_qos_rec_t *qos)
{
	return qos->preempt_mode ? qos->preempt_mode : slurm_conf.preempt_mode;
}

/* Without it nobody gets lent GPUs back. */
static const char *missing_setting(const slurmdb_qos_rec_t *qos)
{
	if (xstrcasecmp(slurm_conf.preempt_type, "preempt/qos"))
		return "PreemptType=preempt/qos";
	if (!(preempt_mode(qos) & (PREEMPT_MODE_REQUEUE | PREEMPT_MODE_CANCEL)))
		return "PreemptMode=REQUEUE";
	return NULL;
}

static const slurmdb_qos_rec_t *find_qos(const job_desc_msg_t *job, const char *name, const char *workspace,
					 struct fb_err *err)
{
	slurmdb_qos_rec_t wanted = { .name = (char *)name }, *qos = NULL;

	assoc_mgr_fill_in_qos(acct_db_conn, &wanted, 0, &qos, true);
	if (!qos)
		fb_err_set(err, "option '--preemptible': QOS '%s', in which preemptible jobs run, does not exist; ask an "
				"administrator to create it",
			   name);
	else if (!may_use(job, workspace, qos->id))
		fb_err_set(err, "option '--preemptible': workspace '%s' may not use QOS '%s', in which preemptible jobs run; ask an "
				"administrator to add it to the account's",
			   workspace, name);
	else if (missing_setting(qos))
		fb_err_set(err, "option '--preemptible': slurm.conf lacks %s, without which lent GPUs do not come back; ask an "
				"administrator to set it",
			   missing_setting(qos));
	else
		return qos;
	return NULL;
}

/* Why a preempted job would be cancelled, or NULL: it would be requeued. */
static const char *cancelled_because(const job_desc_msg_t *job, const slurmdb_qos_rec_t *qos)
{
	if (!job->script)
		return "only batch jobs are requeued";
	if (!(preempt_mode(qos) & PREEMPT_MODE_REQUEUE))
		return "this cluster cancels preempted jobs";
	if (!(job->requeue == NO_VAL16 ? slurm_conf.job_requeue : job->requeue))
		return "it is submitted with --no-requeue";
	return NULL;
}

int fb_preemptible_choose(job_desc_msg_t *job, const struct fb_site *site, const struct fb_request *request,
			  struct fb_decision *decision, struct fb_err *err)
{
	bool option = request->given[FB_OPTION_PREEMPTIBLE];

	if (fb_preemptible_decide(option, job->qos, site->preemptible_qos, &decision->preemptible, err))
		return -1;
	if (decision->preemptible) {
		xfree(job->qos);
		job->qos = xstrdup(site->preemptible_qos);
	}
	return 0;
}

int fb_preemptible_check(const job_desc_msg_t *job, const struct fb_site *site, const struct fb_decision *decision,
			 struct fb_err *notice, struct fb_err *err)
{
	const slurmdb_qos_rec_t *qos;
	const char *why;

	notice->text[0] = '\0';
	if (!decision->preemptible)
		return 0;
	if (!(qos = find_qos(job, site->preemptible_qos, decision->workspace, err)))
		return -1;
	if ((why = cancelled_because(job, qos)))
		fb_err_set(notice, "option '--preemptible': this job will be cancelled, not requeued, when its GPUs are wanted back: "
				   "%s",
			   why);
	return 0;
}

int fb_preemptible_modify(const job_desc_msg_t *request, const job_record_t *job, const struct fb_site *site,
			  struct fb_err *err)
{
	bool preemptible = job->qos_ptr && fb_preemptible_named(job->qos_ptr->name, site->preemptible_qos);

	return request->qos ? fb_preemptible_keep(job->job_id, preemptible, request->qos, site->preemptible_qos, err) : 0;
}
