/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/why_load.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/wait.h>

#include "common/decide.h"
#include "flightbase/assoc_cache.h"
#include "common/gres_text.h"
#include "flightbase/places.h"
#include "flightbase/libslurm.h"
#include "flightbase/names.h"

const char *fb_why_state_word(uint32_t state)
{
	return slurm_job_state_string(state);
}

void fb_why_user_name(const slurm_job_info_t *info, char *name, size_t size)
{
	bool told = info->user_name && *info->user_name;

	snprintf(name, size, "%s", told ? info->user_name : fb_user_text(info->user_id).text);
}

static uint32_t minutes_of(uint32_t minutes)
{
	return minutes == INFINITE || minutes == NO_VAL ? 0 : minutes;
}

/* What the user named, of the records that slurmctld sends for the whole array or heterogeneous job. */
static bool is_named(const slurm_job_info_t *info, const struct fb_job_ref *ref)
{
	if (ref->has_offset)
		return info->het_job_id == ref->id && info->het_job_offset == ref->offset;
	if (ref->has_task)
		return info->array_job_id == ref->id &&
		       (info->array_task_id == ref->task || fb_job_ref_task_listed(info->array_task_str, ref->task));
	return info->job_id == ref->id;
}

/* An array without a task: its waiting part, or else a task that holds something, or else any. */
static int rank(const struct fb_job *job, const struct fb_job_ref *ref)
{
	enum fb_job_phase phase = fb_job_phase(job->info);

	if (!ref->has_task && !ref->has_offset && job->info->array_job_id == ref->id)
		return phase == FB_JOB_PENDING ? 4 : phase == FB_JOB_HOLDING ? 3 : 2;
	return is_named(job->info, ref) ? 1 : 0;
}

const struct fb_job *fb_why_find_job(const struct fb_jobs *jobs, const struct fb_job_ref *ref)
{
	const struct fb_job *best = NULL;

	for (uint32_t i = 0; i < jobs->count; i++) {
		int this = rank(&jobs->job[i], ref);

		if (this && (!best || this > rank(best, ref)))
			best = &jobs->job[i];
	}
	return best;
}

void fb_why_job_name(const slurm_job_info_t *info, const struct fb_job_ref *ref, char *id, size_t size)
{
	if (info->het_job_id)
		snprintf(id, size, "%u+%u", info->het_job_id, info->het_job_offset);
	else if (ref->has_task)
		snprintf(id, size, "%u_%u", ref->id, ref->task);
	else if (info->array_job_id && info->array_task_id != NO_VAL)
		snprintf(id, size, "%u_%u", info->array_job_id, info->array_task_id);
	else
		snprintf(id, size, "%u", info->job_id);
}

static uint64_t memory_of(const char *tres)
{
	/* "500G", "1000M", or a bare number of MiB. */
	const char *at = tres ? strstr(tres, "mem=") : NULL;
	char *unit;
	double value;

	if (!at)
		return 0;
	value = strtod(at + 4, &unit);
	if (*unit == 'T')
		value *= 1024.0 * 1024.0;
	else if (*unit == 'G')
		value *= 1024.0;
	else if (*unit == 'K')
		value /= 1024.0;
	return (uint64_t)value;
}

static void read_amounts(struct fb_why_job *to, const struct fb_job *job)
{
	const slurm_job_info_t *info = job->info;
	const char *tres = to->phase == FB_JOB_PENDING ? info->tres_req_str : info->tres_alloc_str;

	to->gpus = job->gpus;
	to->gpus_per_node = to->phase == FB_JOB_PENDING ? fb_gres_requested(info->tres_per_node) : 0;
	to->cpus = fb_tres_count(tres, "cpu");
	to->memory = (int64_t)memory_of(tres);
	to->nodes = info->num_nodes == NO_VAL ? 0 : info->num_nodes;
	/* On one node alone, what it asks for in all is what it needs there. */
	if (to->phase == FB_JOB_PENDING && !to->gpus_per_node && info->num_nodes == 1 && info->max_nodes == 1)
		to->gpus_per_node = to->gpus;
	to->tasks = fb_job_tasks(info);
	to->time_limit = minutes_of(info->time_limit);
	to->time_min = minutes_of(info->time_min);
	if (WIFSIGNALED((int)info->exit_code))
		to->exit_signal = WTERMSIG((int)info->exit_code);
	else
		to->exit_status = WEXITSTATUS((int)info->exit_code);
}

static void read_words(struct fb_why_job *to, const slurm_job_info_t *info)
{
	to->name = info->name;
	to->account = info->account;
	to->partition = info->partition;
	to->qos = info->qos;
	to->state = fb_why_state_word(info->job_state);
	to->reason = info->state_reason;
	to->reason_name = slurm_job_state_reason_string(info->state_reason);
	to->reason_text = info->state_desc && *info->state_desc ? info->state_desc : NULL;
	to->dependency = info->dependency && *info->dependency ? info->dependency : NULL;
	to->reservation = info->resv_name && *info->resv_name ? info->resv_name : NULL;
	to->features = info->features && *info->features ? info->features : NULL;
	to->licenses = info->licenses && *info->licenses ? info->licenses : NULL;
	to->required_nodes = info->req_nodes && *info->req_nodes ? info->req_nodes : NULL;
	to->held_nodes = info->nodes && *info->nodes ? info->nodes : NULL;
}

static void read_array(struct fb_why_source *source)
{
	struct fb_why_job *to = &source->why.job;

	to->array = source->job->info->array_job_id != 0;
	to->array_limit = source->job->info->array_max_tasks;
	for (uint32_t i = 0; i < source->own.count; i++) {
		enum fb_job_phase phase = fb_job_phase(source->own.job[i].info);

		if (source->own.job[i].info->het_job_id)
			to->components++;
		else if (to->array && phase == FB_JOB_HOLDING)
			to->array_running++;
		else if (to->array && phase == FB_JOB_PENDING)
			to->array_waiting += fb_job_tasks(source->own.job[i].info);
	}
}

static void read_job(struct fb_why_source *source, const struct fb_job_ref *ref)
{
	struct fb_why_job *to = &source->why.job;
	const slurm_job_info_t *info = source->job->info;

	fb_why_job_name(info, ref, to->id, sizeof(to->id));
	to->job_id = info->job_id;
	to->phase = fb_job_phase(info);
	fb_why_user_name(info, source->user, sizeof(source->user));
	to->user = source->user;
	to->decided = source->job->decided;
	to->decision = source->job->decision;
	read_words(to, info);
	read_amounts(to, source->job);
	to->submit = info->submit_time;
	to->eligible = info->eligible_time;
	to->start = info->start_time;
	to->end = info->end_time;
	to->deadline = info->deadline == (time_t)NO_VAL ? 0 : info->deadline; /* NO_VAL: it was taken away */
	to->priority = info->priority;
	read_array(source);
}

static void read_workspace(struct fb_why_source *source)
{
	struct fb_why *why = &source->why;
	struct fb_policy_report report;

	source->policy = fb_policy_load(FB_CONF_DIR, NULL, &report);
	if (!source->policy)
		return;
	const char *account = why->job.decided ? why->job.decision.workspace : why->job.account;
	const struct fb_workspace *w = account ? fb_decide_account(source->policy, account) : NULL;
	const struct fb_site *site = &source->policy->site;

	why->job.preemptible = why->job.qos && !strcasecmp(why->job.qos, site->preemptible_qos);
	if (!w)
		return;
	why->workspace = (struct fb_why_workspace){ .name = w->name, .from = w->from, .until = w->until,
							.min_run = w->min_run ? w->min_run : site->min_run,
							.guarantee = w->guarantee };
}

/* Does the node hold the same as the nodes before it? */
static bool same_hold(const struct fb_why_hold *a, const struct fb_why_hold *b)
{
	return !strcmp(a->gpus, b->gpus) && !strcmp(a->link, b->link) && !strcmp(a->island, b->island);
}

/* Takes the text of the GPUs over. */
static int add_hold(struct fb_why *why, const char *node, struct fb_why_hold *hold)
{
	struct fb_why_hold *last = why->holds ? &why->hold[why->holds - 1] : NULL;

	if (last && same_hold(last, hold)) {
		hostlist_t *list = slurm_hostlist_create(last->nodes);
		char text[1024];

		slurm_hostlist_push_host(list, node);
		if (slurm_hostlist_ranged_string(list, sizeof(text), text) > 0) {
			free(last->nodes);
			last->nodes = strdup(text);
		}
		slurm_hostlist_destroy(list);
		free(hold->gpus);
		return last->nodes ? 0 : -1;
	}
	struct fb_why_hold *grown = realloc(why->hold, (why->holds + 1) * sizeof(*grown));
	if (!grown) {
		free(hold->gpus);
		return -1;
	}
	why->hold = grown;
	hold->nodes = strdup(node);
	grown[why->holds++] = *hold;
	return hold->nodes ? 0 : -1;
}

/* gres_detail_str has one text per node, in the order of the job's nodes. */
static void read_holds(struct fb_why_source *source)
{
	const slurm_job_info_t *info = source->job->info;
	hostlist_t *list = info->nodes ? slurm_hostlist_create(info->nodes) : NULL;
	char gpus[256];
	int rc = 0;

	for (uint32_t i = 0; list && !rc && i < info->gres_detail_cnt; i++) {
		char *node = slurm_hostlist_shift(list);

		if (!node)
			break;
		struct fb_why_hold hold = { 0 };

		fb_gres_indices(info->gres_detail_str[i], gpus, sizeof(gpus));
		fb_why_load_wires_hold(source, node, info->gres_detail_str[i], &hold);
		hold.gpus = strdup(gpus);
		rc = hold.gpus ? add_hold(&source->why, node, &hold) : -1;
		free(node);
	}
	if (list)
		slurm_hostlist_destroy(list);
}

/* Who is shown everything all the same does not need the hint. */
static bool sees_all(void)
{
	const struct passwd *self = getpwuid(geteuid());

	return geteuid() == 0 || geteuid() == slurm_conf.slurm_user_id || (self && fb_assoc_cache_operator(self->pw_name));
}

static void read_hidden(struct fb_why *why)
{
	const unsigned int usage = PRIVATE_DATA_USAGE | PRIVATE_DATA_USERS;
	unsigned int hidden = slurm_conf.private_data;

	if (!(hidden & (PRIVATE_DATA_JOBS | PRIVATE_DATA_NODES | usage)) || sees_all())
		return;
	why->hidden_jobs = hidden & PRIVATE_DATA_JOBS;
	why->hidden_usage = hidden & usage;
	why->hidden_nodes = hidden & PRIVATE_DATA_NODES;
}

/* What a job that is not over has to do with the rest of the cluster. */
static int load_surroundings(struct fb_why_source *source, struct fb_err *err)
{
	if (fb_jobs_load(&source->all, err))
		return -1;
	fb_why_load_wires(source);
	read_holds(source);
	if (source->why.job.phase == FB_JOB_HOLDING)
		fb_why_load_wires_held(source);
	fb_why_load_partitions(source);
	fb_why_load_limits(source);
	if (source->why.job.phase == FB_JOB_HOLDING)
		return 0;
	fb_why_load_cluster(source);
	fb_why_load_queue(source);
	fb_why_load_priority(source);
	return 0;
}

int fb_why_load(struct fb_why_source *source, const struct fb_job_ref *ref, struct fb_err *err)
{
	*source = (struct fb_why_source){ .job = NULL };
	slurm_init(NULL);
	source->why.now = time(NULL);
	source->why.limits = (struct fb_why_limits){ .quota = FB_UNLIMITED, .user_limit = FB_UNLIMITED, .job_limit = FB_UNLIMITED };
	read_hidden(&source->why);
	if (fb_jobs_load_one(&source->own, ref->id, err))
		return -1;
	source->job = fb_why_find_job(&source->own, ref);
	if (source->job)
		read_job(source, ref);
	else if (fb_why_load_history(source, ref, err))
		return -1;
	read_workspace(source);
	if (source->why.job.phase == FB_JOB_OVER)
		return 0;
	return load_surroundings(source, err);
}

static void free_arrays(struct fb_why *why)
{
	for (size_t i = 0; i < why->holds; i++) {
		free(why->hold[i].nodes);
		free(why->hold[i].gpus);
	}
	for (size_t i = 0; i < why->limits.uses; i++)
		free(why->limits.use[i].user);
	free(why->hold);
	free(why->limits.use);
	free(why->limits.end);
	free(why->cluster.keep);
	free(why->cluster.out_nodes);
	free(why->cluster.out_reason);
}

void fb_why_free(struct fb_why_source *source)
{
	free_arrays(&source->why);
	free(source->group_free);
	fb_cluster_wires_free(&source->wires);
	fb_jobs_free(&source->own);
	fb_jobs_free(&source->all);
	fb_policy_destroy(source->policy);
	if (source->nodes)
		slurm_free_node_info_msg(source->nodes);
	if (source->partitions)
		slurm_free_partition_info_msg(source->partitions);
	if (source->reservations)
		slurm_free_reservation_info_msg(source->reservations);
	if (source->associations)
		slurm_free_assoc_mgr_info_msg(source->associations);
	if (source->others)
		slurm_free_assoc_mgr_info_msg(source->others);
	if (source->history)
		slurm_list_destroy(source->history);
	*source = (struct fb_why_source){ .job = NULL };
}
