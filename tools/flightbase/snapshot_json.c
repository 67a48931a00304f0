/* SPDX-License-Identifier: GPL-2.0-or-later */
/* {"taken": T, "partial": B, "nodes": [[...], ...], "jobs": [[...], ...]}: the records in the order of the functions. */
#include <stdlib.h>
#include <string.h>

#include "flightbase/pack.h"
#include "flightbase/snapshot.h"

#define TIME_MAX INT64_C(253402300799) /* the year 9999 */
#define GPUS_MAX (INT64_C(1) << 20)
#define TASKS_MAX (INT64_C(1) << 22)
#define RECORDS_MAX (1u << 20) /* with the other bounds: no sum overflows */

static bool add_index(struct json_object *array, uint64_t index)
{
	char text[FB_GPUS_TEXT_MAX];

	fb_gpus_index_text(index, text, sizeof(text));
	return fb_pack_text(array, text);
}

static struct json_object *format_node(const struct fb_snap_node *node)
{
	struct json_object *a = json_object_new_array();

	if (a && fb_pack_text(a, node->name) && fb_pack_text(a, node->state) &&
	    fb_pack_text(a, node->reason) && fb_pack_text(a, node->reason_user) &&
	    fb_pack_text(a, node->type) && fb_pack_bool(a, node->usable) &&
	    fb_pack_int(a, node->reason_time) && fb_pack_int(a, node->gpus) &&
	    fb_pack_int(a, node->used.count) && add_index(a, node->used.index) &&
	    fb_pack_text(a, node->preflight))
		return a;
	json_object_put(a);
	return NULL;
}

static struct json_object *format_shares(const struct fb_snap_job *job)
{
	struct json_object *a = json_object_new_array();

	for (size_t i = 0; a && i < job->shares; i++)
		if (!fb_pack_int(a, job->share[i].node) || !fb_pack_int(a, job->share[i].count) ||
		    !add_index(a, job->share[i].index)) {
			json_object_put(a);
			return NULL;
		}
	return a;
}

static struct json_object *format_job(const struct fb_snap_job *job)
{
	struct json_object *a = json_object_new_array();

	if (a && fb_pack_int(a, job->turn.base) && fb_pack_int(a, job->turn.task) && fb_pack_text(a, job->id) &&
	    fb_pack_text(a, job->user) && fb_pack_text(a, job->account) && fb_pack_text(a, job->training) &&
	    fb_pack_text(a, job->name) && fb_pack_text(a, job->partition) && fb_pack_text(a, job->reason) &&
	    fb_pack_text(a, job->nodes) && fb_pack_bool(a, job->holding) && fb_pack_bool(a, job->turn.queued) && fb_pack_bool(a, job->turn.limited) &&
	    fb_pack_bool(a, job->turn.reserved) && fb_pack_bool(a, job->turn.preemptible) &&
	    fb_pack_int(a, job->turn.tier) && fb_pack_int(a, job->turn.priority) && fb_pack_int(a, job->tasks) &&
	    fb_pack_int(a, job->gpus) && fb_pack_int(a, job->turn.submit) && fb_pack_int(a, job->start) &&
	    fb_pack_int(a, job->end) && fb_pack(a, format_shares(job)))
		return a;
	json_object_put(a);
	return NULL;
}

struct json_object *fb_snapshot_format(const struct fb_snapshot *snapshot)
{
	struct json_object *json = json_object_new_object(), *nodes = json_object_new_array(), *jobs = json_object_new_array();
	bool whole = json && nodes && jobs && !json_object_object_add(json, "nodes", nodes);

	whole = whole && !json_object_object_add(json, "jobs", jobs) &&
		!json_object_object_add(json, "taken", json_object_new_int64(snapshot->taken)) &&
		!json_object_object_add(json, "partial", json_object_new_boolean(snapshot->partial));
	for (size_t i = 0; whole && i < snapshot->nodes; i++)
		whole = fb_pack(nodes, format_node(&snapshot->node[i]));
	for (size_t i = 0; whole && i < snapshot->jobs; i++)
		whole = fb_pack(jobs, format_job(&snapshot->job[i]));
	if (whole)
		return json;
	json_object_put(json);
	return NULL;
}

static uint64_t read_index(struct fb_unpacker *r)
{
	char *text = fb_unpack_text(r);
	uint64_t index = text ? fb_gpus_index_read(text) : 0;

	free(text);
	return index;
}

static bool parse_node(struct fb_snap_node *node, struct json_object *array)
{
	struct fb_unpacker r = fb_unpack_open(array);

	node->name = fb_unpack_text(&r);
	node->state = fb_unpack_text(&r);
	node->reason = fb_unpack_text(&r);
	node->reason_user = fb_unpack_text(&r);
	node->type = fb_unpack_text(&r);
	node->usable = fb_unpack_bool(&r);
	node->reason_time = (time_t)fb_unpack_int(&r, 0, TIME_MAX);
	node->gpus = fb_unpack_int(&r, 0, GPUS_MAX);
	node->used.count = fb_unpack_int(&r, 0, GPUS_MAX);
	node->used.index = read_index(&r);
	node->preflight = fb_unpack_text(&r);
	return fb_unpack_done(&r);
}

static bool parse_shares(struct fb_snap_job *job, struct json_object *array, size_t nodes)
{
	struct fb_unpacker r = fb_unpack_open(array);
	size_t count = r.bad ? 0 : json_object_array_length(array) / 3;

	if (count && !(job->share = calloc(count, sizeof(*job->share))))
		return false;
	for (; job->shares < count && !r.bad; job->shares++) {
		struct fb_snap_share *share = &job->share[job->shares];

		share->node = (uint32_t)fb_unpack_int(&r, 0, nodes ? (int64_t)nodes - 1 : -1);
		share->count = fb_unpack_int(&r, 0, GPUS_MAX);
		share->index = read_index(&r);
	}
	return fb_unpack_done(&r);
}

static bool parse_job(struct fb_snap_job *job, struct json_object *array, size_t nodes)
{
	struct fb_unpacker r = fb_unpack_open(array);

	job->turn.base = (uint32_t)fb_unpack_int(&r, 0, UINT32_MAX);
	job->turn.task = (uint32_t)fb_unpack_int(&r, 0, UINT32_MAX);
	job->id = fb_unpack_text(&r);
	job->user = fb_unpack_text(&r);
	job->account = fb_unpack_text(&r);
	job->training = fb_unpack_text(&r);
	job->name = fb_unpack_text(&r);
	job->partition = fb_unpack_text(&r);
	job->reason = fb_unpack_text(&r);
	job->nodes = fb_unpack_text(&r);
	job->holding = fb_unpack_bool(&r);
	job->turn.queued = fb_unpack_bool(&r);
	job->turn.limited = fb_unpack_bool(&r);
	job->turn.reserved = fb_unpack_bool(&r);
	job->turn.preemptible = fb_unpack_bool(&r);
	job->turn.tier = (uint32_t)fb_unpack_int(&r, 0, UINT32_MAX);
	job->turn.priority = (uint32_t)fb_unpack_int(&r, 0, UINT32_MAX);
	job->tasks = (uint32_t)fb_unpack_int(&r, 1, TASKS_MAX);
	job->gpus = fb_unpack_int(&r, 0, GPUS_MAX);
	job->turn.submit = (time_t)fb_unpack_int(&r, 0, TIME_MAX);
	job->start = (time_t)fb_unpack_int(&r, 0, TIME_MAX);
	job->end = (time_t)fb_unpack_int(&r, 0, TIME_MAX);
	struct json_object *shares = fb_unpack_array(&r);
	return fb_unpack_done(&r) && parse_shares(job, shares, nodes);
}

static bool member(struct json_object *json, const char *key, enum json_type type, struct json_object **value)
{
	return json_object_is_type(json, json_type_object) && json_object_object_get_ex(json, key, value) &&
	       json_object_is_type(*value, type) &&
	       (type != json_type_array || json_object_array_length(*value) <= RECORDS_MAX);
}

static bool parse(struct fb_snapshot *snapshot, struct json_object *json)
{
	struct json_object *taken, *partial, *nodes, *jobs;

	if (!member(json, "taken", json_type_int, &taken) || !member(json, "partial", json_type_boolean, &partial) ||
	    !member(json, "nodes", json_type_array, &nodes) || !member(json, "jobs", json_type_array, &jobs))
		return false;
	snapshot->taken = (time_t)json_object_get_int64(taken);
	snapshot->partial = json_object_get_boolean(partial);
	snapshot->node = calloc(json_object_array_length(nodes) + 1, sizeof(*snapshot->node));
	snapshot->job = calloc(json_object_array_length(jobs) + 1, sizeof(*snapshot->job));
	if (!snapshot->node || !snapshot->job || snapshot->taken < 0 || snapshot->taken > TIME_MAX)
		return false;
	for (size_t i = 0; i < json_object_array_length(nodes); i++)
		if (!parse_node(&snapshot->node[snapshot->nodes++], json_object_array_get_idx(nodes, i)))
			return false;
	for (size_t i = 0; i < json_object_array_length(jobs); i++)
		if (!parse_job(&snapshot->job[snapshot->jobs++], json_object_array_get_idx(jobs, i), snapshot->nodes))
			return false;
	return true;
}

int fb_snapshot_parse(struct fb_snapshot *snapshot, struct json_object *json)
{
	*snapshot = (struct fb_snapshot){ .jobs = 0 };
	if (parse(snapshot, json))
		return 0;
	fb_snapshot_free(snapshot);
	return -1;
}
