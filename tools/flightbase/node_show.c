/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/preflight_mark.h"
#include "flightbase/blocks.h"
#include "flightbase/commands.h"
#include "flightbase/facts.h"
#include "flightbase/page.h"
#include "flightbase/period.h"
#include "flightbase/islands.h"

struct shown {
	const struct fb_snap_node *node;
	size_t index; /* in the snapshot */
	const struct fb_topofile_type *type; /* NULL: not known */
	struct fb_running jobs;
};

/* ---- The jobs on it ---- */

enum { JOB, USER, WORKSPACE, TRAINING, NAME, GPUS, INDEX, GBPS, BEST_GBPS, STARTED, ENDS };

static const struct fb_column columns[] = {
	[JOB] = { "JOB", FB_COLUMN_TEXT },		   [USER] = { "USER", FB_COLUMN_TEXT },
	[WORKSPACE] = { "WORKSPACE", FB_COLUMN_TEXT },	   [TRAINING] = { "TRAINING", FB_COLUMN_TEXT },
	[NAME] = { "NAME", FB_COLUMN_TEXT },		   [GPUS] = { "GPUS", FB_COLUMN_NUMBER },
	[INDEX] = { "INDEX", FB_COLUMN_TEXT },		   [GBPS] = { "GBPS", FB_COLUMN_NUMBER },
	[BEST_GBPS] = { "BEST_GBPS", FB_COLUMN_NUMBER },   [STARTED] = { "STARTED", FB_COLUMN_TEXT },
	[ENDS] = { "ENDS", FB_COLUMN_TEXT },		   { .name = NULL },
};

static void fill_share(struct fb_table *table, const struct fb_snap_share *share, const struct fb_topofile_type *type)
{
	char index[FB_GPUS_TEXT_MAX];

	fb_table_set(table, GPUS, "%" PRId64, share->count);
	fb_gpus_index_text(share->index, index, sizeof(index));
	if (*index)
		fb_table_set(table, INDEX, "%s", index);
	if (!type || share->count < 2 || !share->index)
		return;
	fb_table_set(table, GBPS, "%.1f", fb_engine_value(type->engine, (fb_gpuset)share->index));
	fb_table_set(table, BEST_GBPS, "%.1f", fb_engine_best_value(type->engine, (unsigned int)share->count));
}

static void fill(struct fb_table *table, size_t row, bool json, const void *data)
{
	const struct shown *shown = data;
	const struct fb_snap_job *job = shown->jobs.job[row];

	fb_table_set(table, JOB, "%s", job->id);
	fb_table_set(table, USER, "%s", job->user);
	fb_table_set(table, WORKSPACE, "%s", job->account);
	if (*job->training)
		fb_table_set(table, TRAINING, "%s", job->training);
	fb_table_set(table, NAME, "%s", job->name);
	for (size_t i = 0; i < job->shares; i++)
		if (job->share[i].node == shown->index)
			fill_share(table, &job->share[i], shown->type);
	fb_cell_time(table, STARTED, job->start, json);
	fb_cell_time(table, ENDS, job->end, json);
}

/* ---- GPUs, wires and health ---- */

static void add_gpus(struct fb_page *page, const struct fb_snap_node *node)
{
	char used[FB_GPUS_TEXT_MAX] = "", open[FB_GPUS_TEXT_MAX] = "";
	int64_t left = node->usable ? node->gpus - node->used.count : 0;

	/* Without indices in gres.conf Slurm counts only. */
	if (node->gpus <= FB_GPUS_MAX && (node->used.index || !node->used.count)) {
		uint64_t all = node->gpus == FB_GPUS_MAX ? UINT64_MAX : (UINT64_C(1) << node->gpus) - 1;

		fb_gpus_index_text(node->used.index, used, sizeof(used));
		fb_gpus_index_text(node->usable ? all & ~node->used.index : 0, open, sizeof(open));
	}
	fb_page_line(page, "GPUs         %" PRId64 "%s%s: %" PRId64 " used%s%s%s, %" PRId64 " free%s%s%s", node->gpus,
		     *node->type ? " " : "", node->type, node->used.count, *used ? " (" : "", used, *used ? ")" : "", left,
		     *open ? " (" : "", open, *open ? ")" : "");
	fb_page_text(page, "type", node->type);
	fb_page_int(page, "gpus", node->gpus);
	fb_page_int(page, "used", node->used.count);
	fb_page_text(page, "used_index", used);
	fb_page_int(page, "free", left);
	fb_page_text(page, "free_index", open);
}

/* "0-3, 4-7" */
static struct json_object *islands(const struct fb_island_level *level, char *text, size_t size)
{
	struct json_object *array = json_object_new_array();
	size_t used = 0;

	text[0] = '\0';
	for (unsigned int i = 0; i < level->count; i++) {
		char island[FB_GPUS_TEXT_MAX];

		fb_gpus_index_text(level->island[i], island, sizeof(island));
		json_object_array_add(array, json_object_new_string(island));
		int length = snprintf(text + used, size - used, "%s%s", i ? " | " : "", island);
		if (length > 0 && (size_t)length < size - used)
			used += (size_t)length;
	}
	return array;
}

static void add_wires(struct fb_page *page, const struct fb_topofile_type *type)
{
	struct fb_island_level levels[FB_ISLAND_LEVELS_MAX];
	struct json_object *json = type ? json_object_new_object() : NULL, *array = type ? json_object_new_array() : NULL;
	unsigned int count = type ? fb_islands_levels(type->engine, levels) : 0;

	fb_page_json(page, "wires", json);
	if (!type) {
		fb_page_line(page, "Wires        unknown: topology.json does not name the node");
		return;
	}
	fb_page_line(page, "Wires        %s%s, best ring of all: %.1f GB/s", type->name, type->nvswitch ? " with NVSwitch" : "",
		     fb_engine_best_value(type->engine, type->wiring.gpus));
	for (unsigned int i = 0; i < count; i++) {
		struct json_object *level = json_object_new_object();
		char text[256];

		json_object_object_add(level, "link", json_object_new_string(fb_island_link_name(levels[i].link)));
		json_object_object_add(level, "islands", islands(&levels[i], text, sizeof(text)));
		json_object_array_add(array, level);
		fb_page_line(page, "             %s: %s", fb_island_link_name(levels[i].link), text);
	}
	json_object_object_add(json, "type", json_object_new_string(type->name));
	json_object_object_add(json, "nvswitch", json_object_new_boolean(type->nvswitch));
	json_object_object_add(json, "levels", array);
}

static void add_health(struct fb_page *page, const struct fb_snap_node *node)
{
	char since[FB_TIME_TEXT_MAX];

	fb_page_line(page, "State        %s%s", node->state, node->usable ? "" : ": gets no work");
	fb_page_text(page, "state", node->state);
	fb_page_bool(page, "usable", node->usable);
	fb_page_text(page, "reason", node->reason);
	fb_time_text(node->reason_time, FB_TIME_ISO, since, sizeof(since));
	fb_page_text(page, "reason_since", since);
	fb_page_text(page, "reason_user", node->reason_user);
	fb_page_text(page, "preflight", node->preflight);
	fb_page_int(page, "preflight_failed", fb_preflight_mark_count(node->preflight));
	fb_time_text(node->reason_time, FB_TIME_MINUTES, since, sizeof(since));
	if (*node->reason)
		fb_page_line(page, "Reason       %s (%s, since %s)", node->reason, node->reason_user, since);
	if (*node->preflight)
		fb_page_line(page, "Preflight    %s", node->preflight);
}

/* ---- The command ---- */

static int find(const struct fb_snapshot *snapshot, const char *name, struct shown *shown, struct fb_err *err)
{
	for (shown->index = 0; shown->index < snapshot->nodes; shown->index++)
		if (!strcmp(snapshot->node[shown->index].name, name)) {
			shown->node = &snapshot->node[shown->index];
			return 0;
		}
	if (!snapshot->nodes)
		return fb_err_set(err, "node '%.64s': no nodes can be seen: the cluster has none, or PrivateData hides them", name);
	return fb_err_set(err, "node '%.64s': unknown on this cluster, which has %zu; `flightbase node list` shows them", name,
			  snapshot->nodes);
}

static int print(const struct shown *shown, const struct fb_err *topology_fault, bool json)
{
	struct fb_page page;

	fb_page_init(&page);
	fb_page_line(&page, "Node         %s", shown->node->name);
	fb_page_text(&page, "name", shown->node->name);
	add_health(&page, shown->node);
	add_gpus(&page, shown->node);
	add_wires(&page, shown->type);
	fb_page_block(&page, &(struct fb_block){ .name = "jobs", .title = "Jobs with GPUs of this node", .columns = columns,
						 .rows = shown->jobs.count, .fill = fill, .data = shown });
	if (topology_fault)
		fb_page_note(&page, topology_fault);
	if (json)
		fb_page_print_json(&page, "node", false, stdout);
	else
		fb_page_print(&page, (struct fb_page_size){ .rows = 0 }, stdout);
	fb_page_free(&page);
	return topology_fault ? FB_EXIT_FAILED : FB_EXIT_DONE;
}

int fb_node_show(const struct fb_args *args)
{
	struct fb_snapshot snapshot;
	struct fb_topology topology;
	struct shown shown = { .node = NULL };
	struct fb_err err;
	int status;

	if (fb_snapshot_load(&snapshot, FB_POLICY_PREEMPTIBLE_QOS, &err))
		return fb_cli_failed(&err);
	int broken = fb_topology_load(&topology, &err);
	const struct fb_err fault = err;
	if (find(&snapshot, args->word[0], &shown, &err)) {
		status = fb_cli_failed(&err);
	} else if (fb_running_make(&snapshot, NULL, NULL, shown.index, &shown.jobs)) {
		fb_err_set(&err, "out of memory for the jobs");
		status = fb_cli_failed(&err);
	} else {
		shown.type = fb_topology_type(&topology, shown.node->name);
		status = print(&shown, broken ? &fault : NULL, args->json);
	}
	fb_running_free(&shown.jobs);
	fb_topology_free(&topology);
	fb_snapshot_free(&snapshot);
	return status;
}
