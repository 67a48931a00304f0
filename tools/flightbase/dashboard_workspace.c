/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The screen of one workspace: what it has and uses, its queue, its jobs. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/access.h"
#include "common/duration.h"
#include "flightbase/blocks.h"
#include "flightbase/dashboard.h"
#include "flightbase/facts.h"
#include "flightbase/period.h"
#include "flightbase/places.h"
#include "flightbase/storage.h"

/* What the tables are made of. */
struct parts {
	struct fb_tally users, trainings;
	struct fb_queue queue;
	struct fb_running running;
};

static void parts_free(struct parts *parts)
{
	fb_tally_free(&parts->users);
	fb_tally_free(&parts->trainings);
	fb_queue_free(&parts->queue);
	fb_running_free(&parts->running);
}

static int parts_make(const struct fb_snapshot *snapshot, const char *workspace, struct parts *parts)
{
	*parts = (struct parts){ .users = { .groups = 0 } };
	if (fb_tally_make(snapshot, workspace, NULL, fb_tally_by_user, &parts->users) ||
	    fb_tally_make(snapshot, workspace, NULL, fb_tally_by_training, &parts->trainings) ||
	    fb_queue_make(snapshot, &parts->queue) ||
	    fb_running_make(snapshot, workspace, NULL, FB_BLOCKS_ANY_NODE, &parts->running)) {
		parts_free(parts);
		return -1;
	}
	fb_queue_keep(&parts->queue, workspace, NULL);
	return 0;
}

static void add_period(struct fb_page *page, const struct fb_workspace *settings)
{
	char text[FB_PERIOD_TEXT_MAX];
	time_t now = time(NULL);

	fb_page_text(page, "from", settings ? settings->from_text : NULL);
	fb_page_text(page, "until", settings ? settings->until_text : NULL);
	fb_page_json(page, "days_left", settings && settings->until ?
		     json_object_new_int64(fb_period_days_left(settings->until, now)) : NULL);
	if (!settings) {
		fb_page_line(page, "Period       unknown: it has no valid settings file");
		return;
	}
	fb_period_text(settings->from, settings->until, now, text, sizeof(text));
	fb_page_line(page, "Period       %s%s%s%s%s", *settings->from_text ? settings->from_text : "any time",
		     *settings->until_text ? " to " : "", settings->until_text, *text ? ": " : "", text);
}

/* A dashboard has no room for all members' names in text. */
static void add_people(struct fb_page *page, const struct fb_state *state, const struct fb_view *view, bool managers,
		       bool whole)
{
	const char *label = managers ? "Managers" : "Members", *key = managers ? "managers" : "members";
	/* An account that slurmdbd hides has members all the same. */
	const char **names = state->accounting && view->account ? calloc(view->members + 1, sizeof(*names)) : NULL;
	size_t count = 0;

	for (size_t i = 0; names && i < view->members; i++)
		if (managers ? view->member[i].manager : view->member[i].member)
			names[count++] = view->member[i].name;
	if (names) {
		fb_facts_names(page, label, key, names, count,
			       managers ? FB_FACTS_NAMES : whole ? FB_FACTS_COUNT_AND_NAMES : FB_FACTS_COUNT);
	} else {
		fb_page_line(page, "%-12s unknown", label);
		fb_page_json(page, key, NULL);
	}
	free(names);
}

/* A limit in JSON: null for none. */
static void add_limit(struct fb_page *page, const char *key, int64_t value)
{
	fb_page_json(page, key, value == FB_UNLIMITED ? NULL : json_object_new_int64(value));
}

static void add_gpus(struct fb_page *page, const struct fb_state *state, const struct fb_view *view,
		     const struct fb_count *count)
{
	unsigned int guarantee = view->settings ? view->settings->guarantee : 0;
	char quota[32] = "unknown", used[32] = "";

	if (view->account && view->gpus == FB_UNLIMITED)
		snprintf(quota, sizeof(quota), "unlimited");
	else if (view->account)
		snprintf(quota, sizeof(quota), "%" PRId64, view->gpus);
	if (state->controller)
		snprintf(used, sizeof(used), "%" PRId64 " used, ", count->used);
	fb_page_line(page, "GPUs         %squota %s, guaranteed %u", used, quota, guarantee);
	add_limit(page, "quota", view->gpus);
	fb_page_int(page, "guarantee", guarantee);
	fb_facts_jobs(page, state, count);
}

static void add_tree(struct fb_page *page, struct fb_state *state, const char *path, struct json_object *json)
{
	struct fb_storage_tree tree;
	char size[FB_BYTES_TEXT_MAX], hidden[64] = "";
	struct fb_err err;

	if (fb_storage_walk(path, &tree, &err)) {
		fb_page_note(page, &err);
		state->failed = true;
		return;
	}
	fb_bytes_text(tree.bytes, size, sizeof(size));
	if (tree.hidden)
		snprintf(hidden, sizeof(hidden), ", without %" PRIu64 " directories you may not read", tree.hidden);
	fb_page_line(page, "             %s in %" PRIu64 " files%s", size, tree.files, hidden);
	json_object_object_add(json, "tree_bytes", json_object_new_int64((int64_t)tree.bytes));
	json_object_object_add(json, "tree_files", json_object_new_int64((int64_t)tree.files));
	json_object_object_add(json, "tree_hidden", json_object_new_int64((int64_t)tree.hidden));
}

static void add_storage(struct fb_page *page, struct fb_state *state, const char *workspace, bool walk)
{
	const struct fb_policy *policy = state->views.policy;
	char path[FB_POLICY_PATH_MAX + FB_NAME_MAX + 32], total[FB_BYTES_TEXT_MAX], available[FB_BYTES_TEXT_MAX];
	struct fb_storage storage;
	struct fb_err err;

	fb_page_json(page, "storage", NULL);
	if (!policy || !policy->site.root[0])
		return;
	snprintf(path, sizeof(path), "%s/workspaces/%s", policy->site.root, workspace);
	if (fb_storage_ask(path, FB_STORAGE_TIMEOUT, &storage, &err)) {
		fb_page_note(page, &err);
		state->failed = true;
		return;
	}
	fb_bytes_text(storage.total, total, sizeof(total));
	fb_bytes_text(storage.available, available, sizeof(available));
	fb_page_line(page, "Storage      %s: %s of %s available", path, available, total);
	struct json_object *json = json_object_new_object();
	json_object_object_add(json, "path", json_object_new_string(path));
	json_object_object_add(json, "total", json_object_new_int64((int64_t)storage.total));
	json_object_object_add(json, "used", json_object_new_int64((int64_t)storage.used));
	json_object_object_add(json, "available", json_object_new_int64((int64_t)storage.available));
	fb_page_json(page, "storage", json);
	if (walk)
		add_tree(page, state, path, json);
}

/* "advanced, builtin", and as an array. */
static struct json_object *training_names(unsigned int trainings, char *text, size_t size)
{
	static const char *const types[] = { "advanced", "builtin", "jupyter" };
	struct json_object *array = json_object_new_array();
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (!(trainings & fb_policy_training(types[i])))
			continue;
		json_object_array_add(array, json_object_new_string(types[i]));
		used += (size_t)snprintf(text + used, size - used, "%s%s", used ? ", " : "", types[i]);
	}
	return array;
}

static void limit_text(int64_t value, char *text, size_t size)
{
	snprintf(text, size, value == FB_UNLIMITED ? "any number" : "%" PRId64, value);
}

static void add_limits(struct fb_page *page, const struct fb_view *view)
{
	char user[32], job[32], wall[FB_DURATION_TEXT_MAX] = "unlimited", trainings[64] = "unknown";

	limit_text(view->user_gpus, user, sizeof(user));
	limit_text(view->job_gpus, job, sizeof(job));
	if (view->max_time)
		fb_duration_format(view->max_time, wall, sizeof(wall));
	fb_page_line(page, "Limits       GPUs of a user: %s, of a job: %s; time of a job: %s", user, job, wall);
	add_limit(page, "user_gpus", view->user_gpus);
	add_limit(page, "job_gpus", view->job_gpus);
	fb_page_json(page, "max_time", view->max_time ? json_object_new_int64(view->max_time) : NULL);
	fb_page_json(page, "training_types",
		     view->settings ? training_names(view->settings->trainings, trainings, sizeof(trainings)) : NULL);
	fb_page_line(page, "Trainings    %s", trainings);
}

static void add_access(struct fb_page *page, const struct fb_view *view)
{
	char access[FB_ACCESS_TEXT_MAX + 1] = "";

	if (view->settings) {
		fb_access_format(view->settings->group, access);
		fb_page_line(page, "Access       %s", access);
	}
	fb_page_text(page, "access", access);
}

static void add_head(struct fb_state *state, const struct fb_view *view, const struct parts *parts, bool whole, bool walk)
{
	struct fb_page *page = state->page;
	const char *description = view->settings ? view->settings->description : "";
	const struct fb_count count = fb_tally_sum(&parts->users);

	fb_page_line(page, "Workspace    %s%s%s", view->name, *description ? ": " : "", description);
	fb_page_text(page, "name", view->name);
	fb_page_text(page, "description", description);
	add_period(page, view->settings);
	add_people(page, state, view, true, whole);
	add_people(page, state, view, false, whole);
	add_gpus(page, state, view, &count);
	if (whole) {
		add_limits(page, view);
		add_access(page, view);
	}
	fb_facts_hours(page, state);
	add_storage(page, state, view->name, walk);
}

static void note_broken(struct fb_state *state)
{
	struct fb_err note;

	/* A broken file of another workspace is not this screen's matter. */
	for (size_t i = 0; i < state->views.report.faults && i < FB_POLICY_FAULTS_MAX; i++) {
		char file[FB_NAME_MAX + 16];

		snprintf(file, sizeof(file), "/%s.json", state->only);
		if (!strstr(state->views.report.fault[i].text, file))
			continue;
		fb_err_set(&note, "%.400s: the settings cannot be used", state->views.report.fault[i].text);
		fb_page_note(state->page, &note);
	}
}

/* A workspace has a settings file, be it broken, or a QOS; an account alone is somebody else's. */
static bool is_there(const struct fb_view *view)
{
	char path[sizeof(FB_WORKSPACES_DIR) + FB_NAME_MAX + 8];

	snprintf(path, sizeof(path), "%s/%s.json", FB_WORKSPACES_DIR, view->name);
	return view->settings || view->qos || !access(path, F_OK);
}

static int load(struct fb_state *state, struct fb_err *err)
{
	if (fb_state_accounting(state, err))
		return -1;
	const struct fb_view *view = fb_views_find(&state->views, state->only);
	if (!view || !is_there(view))
		return fb_err_set(err, "workspace '%s': there is none of this name; `flightbase workspace list` shows them all",
				  state->only);
	fb_state_hours_begin(state);
	fb_state_controller(state);
	if (!state->accounting && !state->controller)
		return fb_err_set(err, "%s", state->page->note[state->page->notes - 1].text);
	fb_state_hours(state, FB_STATE_HOURS_WAIT);
	note_broken(state);
	return 0;
}

int fb_screen_workspace(struct fb_state *state, bool whole, bool walk, const struct fb_screen_output *output, struct fb_err *err)
{
	struct fb_page *page = state->page;
	struct parts parts;

	if (load(state, err))
		return -1;
	if (parts_make(&state->snapshot, state->only, &parts))
		return fb_err_set(err, "out of memory for the jobs");
	add_head(state, fb_views_find(&state->views, state->only), &parts, whole, walk);
	fb_facts_taken(page, state, output->hint);
	fb_block_users(page, &parts.users);
	fb_block_trainings(page, &parts.trainings);
	fb_block_running(page, &parts.running);
	fb_block_queue(page, &parts.queue);
	if (output->json)
		fb_page_print_json(page, "workspace", output->compact, output->out);
	else
		fb_page_print(page, output->size, output->out);
	parts_free(&parts);
	return 0;
}
