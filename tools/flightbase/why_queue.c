/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who waits before a job, what it depends on, and what its priority is made of. */
#include <stdlib.h>
#include <string.h>

#include "flightbase/why_load.h"
#include "slurm_release.h"
#include "flightbase/turn.h"

/* As the dashboard's queue counts: its own place, and who of its partitions is tried before it. */
static void read_line(struct fb_why_source *source)
{
	struct fb_why_queue *queue = &source->why.queue;
	const slurm_job_info_t *own = source->job->info;
	const char *preemptible = source->policy ? source->policy->site.preemptible_qos : FB_POLICY_PREEMPTIBLE_QOS;
	const struct fb_turn mine = fb_turn_of(own, source->partitions, preemptible, source->all.taken);
	uint32_t before = 0;

	for (uint32_t i = 0; i < source->all.count; i++) {
		const struct fb_job *job = &source->all.job[i];
		const struct fb_turn turn = fb_turn_of(job->info, source->partitions, preemptible, source->all.taken);
		uint32_t tasks = fb_job_tasks(job->info);
		bool same = job->info->job_id == own->job_id;

		if (!(same ? mine.queued : fb_turn_counts(&turn)) || !fb_turn_meets(job->info->partition, own->partition))
			continue;
		queue->length += tasks;
		if (same || fb_turn_compare(&turn, &mine) > 0)
			continue;
		before += tasks;
		queue->gpus_before += job->gpus * (int64_t)tasks;
	}
	queue->known = true;
	queue->position = mine.queued ? before + 1 : 0;
}

static void add_dependency(struct fb_why_source *source, uint32_t id)
{
	struct fb_why_queue *queue = &source->why.queue;
	struct fb_why_dependency *to = &queue->dependency[queue->dependencies];

	if (queue->dependencies >= sizeof(queue->dependency) / sizeof(queue->dependency[0]))
		return;
	*to = (struct fb_why_dependency){ .job_id = id };
	for (uint32_t i = 0; i < source->all.count; i++) {
		const slurm_job_info_t *info = source->all.job[i].info;

		if (info->job_id != id && info->array_job_id != id)
			continue;
		to->state = fb_why_state_word(info->job_state);
		to->end = fb_job_phase(info) == FB_JOB_HOLDING ? info->end_time : 0;
		/* Of an array, one that is not over yet says more. */
		if (fb_job_phase(info) != FB_JOB_OVER)
			break;
	}
	queue->dependencies++;
}

/* "afterok:12(unfulfilled),after:13_4+10(unfulfilled)": the numbers after each ':'. */
static void read_dependencies(struct fb_why_source *source)
{
	const char *at = source->why.job.dependency;

	while (at && (at = strchr(at, ':'))) {
		char *end;
		unsigned long id = strtoul(at + 1, &end, 10);

		if (end != at + 1)
			add_dependency(source, (uint32_t)id);
		at = end;
	}
}

void fb_why_load_queue(struct fb_why_source *source)
{
	read_line(source);
	read_dependencies(source);
}

static void read_factors(struct fb_why_priority *to, const priority_factors_t *factors)
{
	*to = (struct fb_why_priority){
		.known = true,
		.age = factors->priority_age,
		.fairshare = factors->priority_fs,
		.job_size = factors->priority_js,
		.partition = factors->priority_part,
		.qos = factors->priority_qos,
		.association = factors->priority_assoc,
		.site = (double)factors->priority_site - NICE_OFFSET,
		.nice = (int64_t)factors->nice - NICE_OFFSET,
	};
	for (uint32_t i = 0; factors->priority_tres && i < factors->tres_cnt; i++)
		to->tres += factors->priority_tres[i];
}

void fb_why_load_priority(struct fb_why_source *source)
{
	priority_factors_response_msg_t *msg = NULL;

	if (slurm_load_job_prio(&msg, SHOW_LOCAL) || !msg)
		return;
	list_itr_t *iterator = msg->priority_factors_list ? slurm_list_iterator_create(msg->priority_factors_list) : NULL;
	for (const priority_factors_object_t *o; iterator && (o = slurm_list_next(iterator));)
		if (o->FB_FACTORS_JOB_ID == source->job->info->job_id && o->prio_factors && !source->why.priority.known)
			read_factors(&source->why.priority, o->prio_factors);
	if (iterator)
		slurm_list_iterator_destroy(iterator);
	slurm_free_priority_factors_response_msg(msg);
}
