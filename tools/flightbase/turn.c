/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/turn.h"

#include <string.h>
#include <strings.h>

#include "flightbase/jobs.h"
#include "flightbase/reason.h"

static uint32_t tier_of(const partition_info_msg_t *partitions, const char *name, size_t length)
{
	for (uint32_t i = 0; partitions && i < partitions->record_count; i++)
		if (!strncmp(partitions->partition_array[i].name, name, length) && !partitions->partition_array[i].name[length])
			return partitions->partition_array[i].priority_tier;
	return 0;
}

/* A job of several partitions is tried in each; what counts is where it comes first. */
static void read_priority(const partition_info_msg_t *partitions, struct fb_turn *turn, const slurm_job_info_t *info)
{
	const char *names = info->priority_array && info->priority_array_names ? info->priority_array_names : info->partition;

	turn->priority = info->priority;
	turn->tier = 0;
	for (size_t i = 0; names && *names; i++) {
		size_t length = strcspn(names, ",");
		uint32_t tier = tier_of(partitions, names, length);
		uint32_t priority = names == info->partition || !info->priority_array ? info->priority : info->priority_array[i];

		if (i == 0 || tier > turn->tier || (tier == turn->tier && priority > turn->priority)) {
			turn->tier = tier;
			turn->priority = priority;
		}
		names += length + (names[length] == ',');
	}
}

/* Whoever waits for something else than a turn is not in line. */
static bool left_out(const slurm_job_info_t *info, time_t now)
{
	switch (fb_reason_find(info->state_reason)->kind) {
	case FB_REASON_HELD:
	case FB_REASON_HELD_USER:
	case FB_REASON_BEGIN:
	case FB_REASON_DEPENDENCY:
	case FB_REASON_ARRAY:
		return true;
	default:
		return info->state_reason == WAIT_CLEANING || info->priority == 0 || info->eligible_time > now;
	}
}

struct fb_turn fb_turn_of(const slurm_job_info_t *info, const partition_info_msg_t *partitions, const char *preemptible_qos,
			  time_t now)
{
	struct fb_turn turn = {
		.queued = fb_job_phase(info) == FB_JOB_PENDING && !left_out(info, now),
		.limited = fb_reason_find(info->state_reason)->kind == FB_REASON_LIMIT,
		.reserved = info->resv_name && *info->resv_name,
		.preemptible = info->qos && !strcasecmp(info->qos, preemptible_qos),
		.submit = info->submit_time,
		.base = info->array_job_id ? info->array_job_id : info->job_id,
		.task = info->array_job_id && info->array_task_id != NO_VAL ? info->array_task_id : 0,
	};

	read_priority(partitions, &turn, info);
	return turn;
}

/* -1, 0 or 1 for a before b: the greater first, and the smaller first. */
#define GREATER_FIRST(a, b) (((a) < (b)) - ((a) > (b)))
#define SMALLER_FIRST(a, b) (((a) > (b)) - ((a) < (b)))

int fb_turn_compare(const struct fb_turn *a, const struct fb_turn *b)
{
	const int keys[] = {
		GREATER_FIRST(a->queued, b->queued),	 SMALLER_FIRST(a->preemptible, b->preemptible),
		GREATER_FIRST(a->reserved, b->reserved), GREATER_FIRST(a->tier, b->tier),
		GREATER_FIRST(a->priority, b->priority), SMALLER_FIRST(a->submit, b->submit),
		SMALLER_FIRST(a->base, b->base),	 SMALLER_FIRST(a->task, b->task),
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (keys[i])
			return keys[i];
	return 0;
}

bool fb_turn_counts(const struct fb_turn *turn)
{
	return turn->queued && !turn->limited;
}

bool fb_turn_meets(const char *a, const char *b)
{
	for (; a && b && *a; a += strcspn(a, ","), a += *a == ',') {
		size_t length = strcspn(a, ",");

		for (const char *c = b; *c; c += strcspn(c, ","), c += *c == ',')
			if (strcspn(c, ",") == length && !strncmp(a, c, length))
				return true;
	}
	return false;
}
