/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <slurm/slurm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/decision.h"
#include "common/gres_text.h"
#include "spank/preflight.h"

#define NODES_MAX 65536

bool fb_preflight_job_lists(const char *list, const char *node)
{
	hostlist_t *hosts = list ? slurm_hostlist_create(list) : NULL;
	bool found = hosts && slurm_hostlist_find(hosts, node) >= 0;

	if (hosts)
		slurm_hostlist_destroy(hosts);
	return found;
}

static int fill_nodes(struct fb_preflight_job *job, const job_info_t *info, struct fb_err *err)
{
	hostlist_t *hosts = info->nodes ? slurm_hostlist_create(info->nodes) : NULL;
	int count = hosts ? slurm_hostlist_count(hosts) : 0;
	int rc = count > 0 && count <= NODES_MAX ? 0 : fb_err_set(err, "it has %d nodes", count);

	if (!rc) {
		job->list = strdup(info->nodes);
		job->name = calloc((size_t)count, sizeof(*job->name));
		job->gpus = calloc((size_t)count, sizeof(*job->gpus));
		job->ranks = calloc((size_t)count, sizeof(*job->ranks));
		if (!job->list || !job->name || !job->gpus || !job->ranks)
			rc = fb_err_set(err, "out of memory for %d nodes", count);
	}
	for (; !rc && job->nodes < (unsigned int)count; job->nodes++) {
		job->name[job->nodes] = slurm_hostlist_shift(hosts);
		if (info->gres_detail_cnt == (uint32_t)count)
			job->gpus[job->nodes] = (unsigned int)fb_gres_requested(info->gres_detail_str[job->nodes]);
		if (!job->name[job->nodes])
			rc = fb_err_set(err, "out of memory for %d nodes", count);
	}
	if (hosts)
		slurm_hostlist_destroy(hosts);
	return rc;
}

static void fill_requeues(struct fb_preflight_job *job, const struct fb_decision *decision)
{
	job->requeues = decision->requeues;
	for (unsigned int i = 0; i < decision->requeues; i++) {
		size_t used = strlen(job->without);

		snprintf(job->without + used, sizeof(job->without) - used, "%s%s", i ? " and " : "", decision->requeued[i].node);
	}
}

static int fill(struct fb_preflight_job *job, const job_info_t *info, struct fb_err *err)
{
	struct fb_decision decision;

	job->id = info->job_id;
	if (info->array_job_id && info->array_task_id != NO_VAL)
		snprintf(job->ref, sizeof(job->ref), "%u_%u", info->array_job_id, info->array_task_id);
	else
		snprintf(job->ref, sizeof(job->ref), "%u", info->job_id);
	job->restarts = info->restart_cnt;
	job->running = info->job_state == JOB_RUNNING; /* with no flag of an end */
	job->may_requeue = info->requeue && info->batch_flag;
	if (info->req_nodes && *info->req_nodes && !(job->required = strdup(info->req_nodes)))
		return fb_err_set(err, "out of memory");
	if (info->admin_comment && !fb_decision_parse(&decision, info->admin_comment, NULL))
		fill_requeues(job, &decision);
	return fill_nodes(job, info, err);
}

int fb_preflight_job_load(struct fb_preflight_job *job, uint32_t id, struct fb_err *err)
{
	job_info_msg_t *answer = NULL;
	const job_info_t *info = NULL;

	*job = (struct fb_preflight_job){ .id = 0 };
	if (slurm_load_job(&answer, id, SHOW_DETAIL))
		return fb_err_set(err, "job '%u': %s", id, slurm_strerror(errno));
	/* With an array or a heterogeneous job come the others of it. */
	for (uint32_t i = 0; i < answer->record_count; i++)
		if (answer->job_array[i].job_id == id)
			info = &answer->job_array[i];
	int rc = info ? fill(job, info, err) : fb_err_set(err, "the controller does not know it");
	slurm_free_job_info_msg(answer);
	if (rc)
		fb_preflight_job_free(job);
	return rc ? fb_err_prefix(err, "job '%u'", id) : 0;
}

void fb_preflight_job_free(struct fb_preflight_job *job)
{
	for (unsigned int i = 0; job->name && i < job->nodes; i++)
		free(job->name[i]);
	free(job->name);
	free(job->list);
	free(job->required);
	free(job->gpus);
	free(job->ranks);
	*job = (struct fb_preflight_job){ .id = 0 };
}

struct fb_preflight_layout fb_preflight_job_layout(const struct fb_preflight_job *job)
{
	return (struct fb_preflight_layout){ .nodes = job->nodes, .name = (const char *const *)job->name, .ranks = job->ranks };
}
