/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/preflight_mark.h"
#include "flightbase/snapshot.h"

#include <errno.h>
#include <pwd.h>
#include <slurm/slurm.h>
#include <slurm/slurm_errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flightbase/jobs.h"
#include "flightbase/quiet.h"
#include "flightbase/slurm_start.h"

/* Exported by libslurm, missing in its headers; squeue and sinfo print these words. */
extern const char *slurm_job_state_reason_string(enum job_state_reason reason);
extern const char *slurm_node_state_string(uint32_t state);

#define UNUSABLE (NODE_STATE_DRAIN | NODE_STATE_FAIL | NODE_STATE_NO_RESPOND | NODE_STATE_INVALID_REG)

/* The controller's answers, of which the snapshot is made. */
struct answers {
	struct fb_jobs jobs;
	node_info_msg_t *nodes;
	partition_info_msg_t *partitions;
	const char *preemptible_qos;
	const struct fb_snap_node **sorted; /* by name */
	struct fb_snapshot *snapshot;
};

static char *copy(const char *text)
{
	char *made = strdup(text ? text : "");

	if (made)
		fb_text_printable(made);
	return made;
}

static char *user_name(const char *name, uint32_t uid)
{
	char number[16];

	if (name && *name)
		return copy(name);
	const struct passwd *user = getpwuid(uid);
	snprintf(number, sizeof(number), "%u", uid);
	return copy(user ? user->pw_name : number);
}

static int read_node(struct fb_snap_node *node, const node_info_t *info)
{
	struct fb_preflight_mark mark = { .text = "" };
	uint32_t base = info->node_state & NODE_STATE_BASE;
	struct fb_gpus all;

	fb_gpus_read(info->gres, &all);
	fb_gpus_read(info->gres_used, &node->used);
	node->gpus = all.count;
	node->usable = base != NODE_STATE_DOWN && base != NODE_STATE_ERROR && base != NODE_STATE_UNKNOWN &&
		       !(info->node_state & UNUSABLE);
	node->name = copy(info->name);
	node->state = copy(slurm_node_state_string(info->node_state));
	for (char *c = node->state; c && *c; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	node->reason = copy(info->reason);
	node->type = copy(all.type);
	fb_preflight_mark_find(info->comment, &mark);
	node->preflight = copy(mark.text);
	node->reason_time = node->reason && *node->reason ? info->reason_time : 0;
	node->reason_user = node->reason_time ? user_name(NULL, info->reason_uid) : copy(NULL);
	return node->name && node->state && node->reason && node->type && node->reason_user && node->preflight ? 0 : -1;
}

static int read_nodes(struct answers *answers)
{
	struct fb_snapshot *snapshot = answers->snapshot;

	uint32_t count = answers->nodes ? answers->nodes->record_count : 0;

	snapshot->node = calloc(count + 1, sizeof(*snapshot->node));
	for (uint32_t i = 0; snapshot->node && i < count; i++) {
		const node_info_t *info = &answers->nodes->node_array[i];

		/* Slots without a node have no name; future ones are not there yet. */
		if (!info->name || (info->node_state & NODE_STATE_BASE) == NODE_STATE_FUTURE)
			continue;
		if (read_node(&snapshot->node[snapshot->nodes++], info))
			return -1;
	}
	return snapshot->node ? 0 : -1;
}

static int compare_nodes(const void *a, const void *b)
{
	return strcmp((*(const struct fb_snap_node *const *)a)->name, (*(const struct fb_snap_node *const *)b)->name);
}

static int sort_nodes(struct answers *answers)
{
	const struct fb_snapshot *snapshot = answers->snapshot;

	answers->sorted = calloc(snapshot->nodes + 1, sizeof(struct fb_snap_node *));
	if (!answers->sorted)
		return -1;
	for (size_t i = 0; i < snapshot->nodes; i++)
		answers->sorted[i] = &snapshot->node[i];
	qsort(answers->sorted, snapshot->nodes, sizeof(struct fb_snap_node *), compare_nodes);
	return 0;
}

static void add_share(struct answers *answers, struct fb_snap_job *job, char *host, const char *detail)
{
	const struct fb_snap_node key = { .name = host }, *wanted = &key;
	const struct fb_snap_node **found = bsearch(&wanted, answers->sorted, answers->snapshot->nodes,
						    sizeof(struct fb_snap_node *), compare_nodes);
	struct fb_gpus gpus;

	fb_gpus_read(detail, &gpus);
	if (found && gpus.count)
		job->share[job->shares++] = (struct fb_snap_share){ .node = (uint32_t)(*found - answers->snapshot->node),
								    .count = gpus.count, .index = gpus.index };
}

/* A job that completes has all its nodes' GPUs in the details, but only the nodes that are not done in its list. */
static int read_shares(struct answers *answers, struct fb_snap_job *job, const slurm_job_info_t *info)
{
	hostlist_t *hosts = info->gres_detail_cnt && info->nodes ? slurm_hostlist_create(info->nodes) : NULL;
	bool match = hosts && (uint32_t)slurm_hostlist_count(hosts) == info->gres_detail_cnt;

	if (match)
		job->share = calloc(info->gres_detail_cnt, sizeof(*job->share));
	for (uint32_t i = 0; job->share && i < info->gres_detail_cnt; i++) {
		char *host = slurm_hostlist_shift(hosts);

		if (host)
			add_share(answers, job, host, info->gres_detail_str[i]);
		free(host);
	}
	if (hosts)
		slurm_hostlist_destroy(hosts);
	return match && !job->share ? -1 : 0;
}

static void job_id(const slurm_job_info_t *info, char *text, size_t size)
{
	if (info->array_task_str && *info->array_task_str)
		snprintf(text, size, "%u_[%s]", info->array_job_id, info->array_task_str);
	else if (info->array_job_id)
		snprintf(text, size, "%u_%u", info->array_job_id, info->array_task_id);
	else if (info->het_job_id)
		snprintf(text, size, "%u+%u", info->het_job_id, info->het_job_offset);
	else
		snprintf(text, size, "%u", info->job_id);
}

static int read_texts(struct fb_snap_job *job, const struct fb_job *from)
{
	const slurm_job_info_t *info = from->info;
	char id[64];

	job_id(info, id, sizeof(id));
	job->id = copy(id);
	job->user = user_name(info->user_name, info->user_id);
	job->account = copy(info->account);
	job->training = copy(from->decided ? from->decision.training : NULL);
	job->name = copy(from->decided && from->decision.name[0] ? from->decision.name : info->name);
	job->partition = copy(info->partition);
	job->reason = copy(slurm_job_state_reason_string(info->state_reason));
	job->nodes = copy(info->nodes);
	return job->id && job->user && job->account && job->training && job->name && job->partition && job->reason &&
	       job->nodes ? 0 : -1;
}

static int read_job(struct answers *answers, struct fb_snap_job *job, const struct fb_job *from)
{
	const slurm_job_info_t *info = from->info;

	job->turn = fb_turn_of(info, answers->partitions, answers->preemptible_qos, answers->jobs.taken);
	job->holding = fb_job_phase(info) == FB_JOB_HOLDING;
	job->tasks = fb_job_tasks(info);
	job->gpus = from->gpus;
	/* The start of a job that waits is its begin until the scheduler expects another. */
	job->start = info->start_time;
	job->end = info->end_time == (time_t)NO_VAL || info->end_time == (time_t)INFINITE ? 0 : info->end_time;
	if (job->holding && info->time_limit == INFINITE)
		job->end = 0;
	return read_texts(job, from) || (job->holding && read_shares(answers, job, info)) ? -1 : 0;
}

static int make(struct answers *answers)
{
	struct fb_snapshot *snapshot = answers->snapshot;

	snapshot->taken = answers->jobs.taken;
	snapshot->job = calloc(answers->jobs.count + 1, sizeof(*snapshot->job));
	if (!snapshot->job || read_nodes(answers) || sort_nodes(answers))
		return -1;
	for (uint32_t i = 0; i < answers->jobs.count; i++) {
		if (fb_job_phase(answers->jobs.job[i].info) == FB_JOB_OVER)
			continue;
		if (read_job(answers, &snapshot->job[snapshot->jobs++], &answers->jobs.job[i]))
			return -1;
	}
	return 0;
}

/* What PrivateData hides is not there; anything else is a fault. */
static int hidden_or_failed(const char *what, struct fb_err *err)
{
	if (errno == ESLURM_ACCESS_DENIED)
		return 0;
	return fb_err_set(err, "slurmctld: the %s cannot be read: %s; see that it runs, then try again", what,
			  slurm_strerror(errno));
}

static int ask(struct answers *answers, struct fb_err *err)
{
	if (fb_jobs_load(&answers->jobs, err))
		return -1;
	if (slurm_load_node((time_t)0, &answers->nodes, SHOW_ALL | SHOW_DETAIL | SHOW_MIXED) && hidden_or_failed("nodes", err))
		return -1;
	if (slurm_load_partitions((time_t)0, &answers->partitions, SHOW_ALL) && hidden_or_failed("partitions", err))
		return -1;
	return 0;
}

int fb_snapshot_load(struct fb_snapshot *snapshot, const char *preemptible_qos, struct fb_err *err)
{
	struct answers answers = { .preemptible_qos = preemptible_qos, .snapshot = snapshot };

	*snapshot = (struct fb_snapshot){ .jobs = 0 };
	fb_slurm_start();
	int quiet = fb_quiet_begin();
	int rc = ask(&answers, err);
	fb_quiet_end(quiet);
	if (!rc && make(&answers))
		rc = fb_err_set(err, "out of memory for the jobs");
	fb_jobs_free(&answers.jobs);
	if (answers.nodes)
		slurm_free_node_info_msg(answers.nodes);
	if (answers.partitions)
		slurm_free_partition_info_msg(answers.partitions);
	free(answers.sorted);
	if (rc)
		fb_snapshot_free(snapshot);
	return rc;
}
