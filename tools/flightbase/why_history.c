/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A job that slurmctld has forgotten, from slurmdbd. */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "flightbase/db.h"
#include "flightbase/list.h"
#include "flightbase/why_load.h"

/* Slurm's fixed ids. */
enum { TRES_CPU = 1, TRES_MEM = 2 };

static int no_such_job(const struct fb_why_source *source, const struct fb_job_ref *ref, struct fb_err *err)
{
	char id[48];

	if (ref->has_task || ref->has_offset)
		snprintf(id, sizeof(id), "%u%c%u", ref->id, ref->has_task ? '_' : '+', ref->has_task ? ref->task : ref->offset);
	else
		snprintf(id, sizeof(id), "%u", ref->id);
	return fb_err_set(err, "job '%s': unknown to slurmctld and to slurmdbd%s; 'squeue --me' and 'sacct' list yours", id,
			  source->why.hidden_jobs ? ", or another user's (PrivateData hides those)" : "");
}

static list_t *ask(struct fb_db *db, const struct fb_job_ref *ref)
{
	slurm_selected_step_t step = {
		.array_task_id = ref->has_task ? ref->task : NO_VAL,
		.het_job_offset = ref->has_offset ? ref->offset : NO_VAL,
		.step_id = { .job_id = ref->id, .step_het_comp = NO_VAL, .step_id = NO_VAL },
	};
	slurmdb_job_cond_t cond = { .flags = JOBCOND_FLAG_NO_STEP | JOBCOND_FLAG_NO_TRUNC, .db_flags = SLURMDB_JOB_FLAG_NOTSET };

	cond.step_list = fb_list_of(&step);
	cond.cluster_list = fb_list_of(db->cluster);
	list_t *list = slurmdb_jobs_get(db->connection, &cond);
	slurm_list_destroy(cond.step_list);
	slurm_list_destroy(cond.cluster_list);
	return list;
}

static uint32_t minutes_of(uint32_t minutes)
{
	return minutes == INFINITE || minutes == NO_VAL ? 0 : minutes;
}

static void write_id(struct fb_why_job *to, const slurmdb_job_rec_t *job)
{
	to->job_id = job->jobid;
	to->array = job->array_job_id != 0;
	if (job->het_job_id && job->het_job_offset != NO_VAL)
		snprintf(to->id, sizeof(to->id), "%u+%u", job->het_job_id, job->het_job_offset);
	else if (job->array_job_id && job->array_task_id != NO_VAL)
		snprintf(to->id, sizeof(to->id), "%u_%u", job->array_job_id, job->array_task_id);
	else
		snprintf(to->id, sizeof(to->id), "%u", job->jobid);
}

static void read_job(struct fb_why *why, const slurmdb_job_rec_t *job, int gpu_tres)
{
	struct fb_why_job *to = &why->job;
	int64_t gpus = fb_db_tres_count(job->tres_alloc_str, gpu_tres);
	int64_t cpus = fb_db_tres_count(job->tres_alloc_str, TRES_CPU), memory = fb_db_tres_count(job->tres_alloc_str, TRES_MEM);

	write_id(to, job);
	to->phase = FB_JOB_OVER;
	to->from_history = true;
	to->not_over = (job->state & JOB_STATE_BASE) <= JOB_SUSPENDED;
	to->state = fb_why_state_word(job->state);
	to->name = job->jobname;
	to->user = job->user;
	to->account = job->account;
	to->partition = job->partition;
	to->gpus = gpus > 0 ? gpus : 0;
	to->cpus = cpus > 0 ? cpus : 0;
	to->memory = memory > 0 ? memory : 0;
	to->nodes = job->alloc_nodes;
	to->held_nodes = job->nodes && strcmp(job->nodes, "None assigned") ? job->nodes : NULL;
	to->time_limit = minutes_of(job->timelimit);
	to->submit = job->submit;
	to->eligible = job->eligible;
	to->start = job->start;
	to->end = job->end;
	to->decided = job->admin_comment && !fb_decision_parse(&to->decision, job->admin_comment, NULL);
	if (WIFSIGNALED((int)job->exitcode))
		to->exit_signal = WTERMSIG((int)job->exitcode);
	else
		to->exit_status = WEXITSTATUS((int)job->exitcode);
}

int fb_why_load_history(struct fb_why_source *source, const struct fb_job_ref *ref, struct fb_err *err)
{
	const slurmdb_job_rec_t *job = NULL;
	struct fb_db db;

	if (fb_db_open(&db, err))
		return fb_err_prefix(err, "job '%u': slurmctld does not know it, and slurmdbd cannot be asked", ref->id);
	source->history = ask(&db, ref);
	job = source->history ? fb_list_first(source->history) : NULL;
	if (job)
		read_job(&source->why, job, db.gpu_tres);
	fb_db_close(&db);
	return job ? 0 : no_such_job(source, ref, err);
}
