/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who waits before a job, what it depends on, and what its priority is made of. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "flightbase/why_load.h"
#include "slurm_release.h"
#include "flightbase/reason.h"

/* Whoever waits for something else than a turn is not in line. */
static bool in_line(const slurm_job_info_t *info)
{
	switch (fb_reason_find(info->state_reason)->kind) {
	case FB_REASON_HELD:
	case FB_REASON_HELD_USER:
	case FB_REASON_BEGIN:
	case FB_REASON_DEPENDENCY:
	case FB_REASON_ARRAY:
		return false;
	default:
		return fb_job_phase(info) == FB_JOB_PENDING && info->priority > 0;
	}
}

/* The scheduler passes over jobs that a limit keeps back: they do not hold up who comes after them. */
static bool holds_up(const slurm_job_info_t *info)
{
	return in_line(info) && fb_reason_find(info->state_reason)->kind != FB_REASON_LIMIT;
}

/* As Slurm sorts jobs of one partition: preemptible ones last, a reservation, priority, submission, id. */
static bool is_before(const slurm_job_info_t *a, const slurm_job_info_t *b, const char *preemptible)
{
	bool a_gives = a->qos && !strcasecmp(a->qos, preemptible), b_gives = b->qos && !strcasecmp(b->qos, preemptible);
	bool a_reserved = a->resv_name && *a->resv_name, b_reserved = b->resv_name && *b->resv_name;

	if (a_gives != b_gives)
		return b_gives;
	if (a_reserved != b_reserved)
		return a_reserved;
	if (a->priority != b->priority)
		return a->priority > b->priority;
	if (a->submit_time != b->submit_time)
		return a->submit_time < b->submit_time;
	return a->job_id < b->job_id;
}

/* Do two lists of partitions, "a,b", have one in common? */
static bool share_partition(const char *a, const char *b)
{
	for (; a && b && *a; a += strcspn(a, ","), a += *a == ',') {
		size_t length = strcspn(a, ",");

		for (const char *c = b; *c; c += strcspn(c, ","), c += *c == ',')
			if (strcspn(c, ",") == length && !strncmp(a, c, length))
				return true;
	}
	return false;
}

static void read_line(struct fb_why_source *source)
{
	struct fb_why_queue *queue = &source->why.queue;
	const slurm_job_info_t *own = source->job->info;
	const char *preemptible = source->policy ? source->policy->site.preemptible_qos : FB_POLICY_PREEMPTIBLE_QOS;
	uint32_t before = 0;

	for (uint32_t i = 0; i < source->all.count; i++) {
		const struct fb_job *job = &source->all.job[i];
		uint32_t tasks = fb_job_tasks(job->info);
		bool same = job->info->job_id == own->job_id;

		if (!(same ? in_line(own) : holds_up(job->info)) || !share_partition(job->info->partition, own->partition))
			continue;
		queue->length += tasks;
		if (same || !is_before(job->info, own, preemptible))
			continue;
		before += tasks;
		queue->gpus_before += job->gpus * (int64_t)tasks;
	}
	queue->known = true;
	queue->position = in_line(own) ? before + 1 : 0;
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
