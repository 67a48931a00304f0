/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "control.h"

#include <errno.h>
#include <signal.h>
#include <slurm/slurm.h>
#include <slurm/slurm_errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "flightbase/gpus.h"

/* Exported by libslurm, missing in its headers. */
extern void slurm_free_stats_response_msg(stats_info_response_msg_t *stats);

#define PASS_SECONDS 300 /* a pass that takes longer is none */

static int failed(const char *what, struct fb_err *err)
{
	return fb_err_set(err, "%s: %s", what, slurm_strerror(errno));
}

int drive_control_submit(const struct drive_job *job, enum drive_form form, uint32_t *id, struct fb_err *err)
{
	char gres[32], name[] = "replay", script[] = "#!/bin/sh\n", folder[] = "/", null[] = "/dev/null", variable[] = "PATH=/bin";
	char *environment[] = { variable, NULL };
	submit_response_msg_t *answer = NULL;
	job_desc_msg_t desc;

	slurm_init_job_desc_msg(&desc);
	snprintf(gres, sizeof(gres), "gres/gpu:%u", form == DRIVE_GRES ? job->gpus / job->nodes : job->gpus);
	if (form == DRIVE_GRES)
		desc.tres_per_node = gres;
	else
		desc.tres_per_job = gres;
	desc.min_nodes = desc.max_nodes = desc.num_tasks = job->nodes;
	desc.name = name;
	desc.script = script;
	desc.work_dir = folder;
	desc.std_in = desc.std_out = desc.std_err = null;
	desc.environment = environment;
	desc.env_size = 1;
	desc.user_id = desc.group_id = 0;
	if (slurm_submit_batch_job(&desc, &answer))
		return failed("submitting a job", err);
	*id = answer->job_id;
	slurm_free_submit_response_response_msg(answer);
	return 0;
}

int drive_control_end(uint32_t id, struct fb_err *err)
{
	return slurm_kill_job(id, SIGKILL, 0) ? failed("ending a job", err) : 0;
}

int drive_control_cycles(struct drive_cycles *cycles, struct fb_err *err)
{
	stats_info_request_msg_t request = { .command_id = STAT_COMMAND_GET };
	stats_info_response_msg_t *stats = NULL;

	if (slurm_get_statistics(&stats, &request))
		return failed("reading slurmctld's statistics", err);
	*cycles = (struct drive_cycles){ stats->schedule_cycle_counter, stats->schedule_cycle_sum, stats->schedule_cycle_max };
	slurm_free_stats_response_msg(stats);
	return 0;
}

static int pass_wait(uint64_t beyond, struct fb_err *err)
{
	const struct timespec pause = { .tv_nsec = 300000 };
	time_t deadline = time(NULL) + PASS_SECONDS;
	struct drive_cycles now;

	for (;;) {
		if (drive_control_cycles(&now, err))
			return -1;
		if (now.count > beyond)
			return 0;
		if (time(NULL) > deadline)
			return fb_err_set(err, "slurmctld's scheduler made no pass in %d s", PASS_SECONDS);
		nanosleep(&pause, NULL);
	}
}

int drive_control_settle(bool once, struct fb_err *err)
{
	for (int pass = once ? 1 : 0; pass < 2; pass++) {
		struct drive_cycles before;

		if (drive_control_cycles(&before, err) || drive_control_poke(err) || pass_wait(before.count, err))
			return -1;
	}
	return 0;
}

static int state_apply(const job_state_response_job_t *job, const uint32_t *id, size_t ids, bool *started, struct fb_err *err)
{
	uint32_t base = job->state & JOB_STATE_BASE;

	for (size_t i = 0; i < ids; i++) {
		if (id[i] != job->job_id)
			continue;
		started[i] = base == JOB_RUNNING;
		if (base != JOB_RUNNING && base != JOB_PENDING)
			return fb_err_set(err, "job %u ended by itself (state %#x)", job->job_id, job->state);
	}
	return 0;
}

int drive_control_started(const uint32_t *id, size_t ids, bool *started, struct fb_err *err)
{
	slurm_selected_step_t *asked = calloc(ids + 1, sizeof(*asked));
	job_state_response_msg_t *answer = NULL;
	int rc = 0;

	if (!asked)
		return fb_err_set(err, "out of memory");
	for (size_t i = 0; i < ids; i++) {
		asked[i] = (slurm_selected_step_t){ .array_task_id = NO_VAL, .het_job_offset = NO_VAL };
		asked[i].step_id = (slurm_step_id_t){ .job_id = id[i], .step_het_comp = NO_VAL, .step_id = NO_VAL };
		started[i] = false;
	}
	if (ids && slurm_load_job_state((int)ids, asked, &answer))
		rc = failed("reading jobs' states", err);
	for (uint32_t j = 0; !rc && answer && j < answer->jobs_count; j++)
		rc = state_apply(&answer->jobs[j], id, ids, started, err);
	slurm_free_job_state_response_msg(answer);
	free(asked);
	return rc;
}

static int part_read(const struct drive_cluster *cluster, const char *name, const char *gres, struct drive_part *part,
		     struct fb_err *err)
{
	long node = drive_cluster_find(cluster, name);
	struct fb_gpus gpus;

	fb_gpus_read(gres, &gpus);
	if (node < 0 || !gpus.index || gpus.index >> FB_ENGINE_GPUS_MAX ||
	    gpus.count != __builtin_popcountll(gpus.index))
		return fb_err_set(err, "node '%s': '%s' are no GPUs with indices", name, gres ? gres : "");
	*part = (struct drive_part){ (size_t)node, (fb_gpuset)gpus.index };
	return 0;
}

static int parts_read(const struct drive_cluster *cluster, const slurm_job_info_t *job, struct drive_part *part, struct fb_err *err)
{
	hostlist_t *hosts = slurm_hostlist_create(job->nodes);
	int rc = 0;

	if (!hosts || slurm_hostlist_count(hosts) != (int)job->gres_detail_cnt)
		rc = fb_err_set(err, "job %u on '%s' has GPUs of %u nodes", job->job_id, job->nodes ? job->nodes : "", job->gres_detail_cnt);
	for (uint32_t n = 0; !rc && n < job->gres_detail_cnt; n++) {
		char *name = slurm_hostlist_shift(hosts);

		rc = part_read(cluster, name, job->gres_detail_str[n], &part[n], err);
		free(name);
	}
	if (hosts)
		slurm_hostlist_destroy(hosts);
	return rc;
}

int drive_control_parts(const struct drive_cluster *cluster, uint32_t id, struct drive_part **part, size_t *parts,
			 struct fb_err *err)
{
	job_info_msg_t *answer = NULL;
	struct drive_part *made = NULL;
	int rc;

	if (slurm_load_job(&answer, id, SHOW_DETAIL))
		return failed("reading a job", err);
	if (answer->record_count != 1)
		rc = fb_err_set(err, "job %u is %u jobs", id, answer->record_count);
	else if (!(made = calloc(answer->job_array[0].gres_detail_cnt + 1, sizeof(*made))))
		rc = fb_err_set(err, "out of memory");
	else
		rc = parts_read(cluster, &answer->job_array[0], made, err);
	if (!rc) {
		*part = made;
		*parts = answer->job_array[0].gres_detail_cnt;
	} else {
		free(made);
	}
	slurm_free_job_info_msg(answer);
	return rc;
}
