/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The screen of the whole cluster: totals, and a line for each workspace, the busiest first. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "flightbase/dashboard.h"
#include "flightbase/facts.h"
#include "flightbase/period.h"
#include "flightbase/tally.h"

enum { NAME, USED, QUOTA, GUARANTEE, WANTED, RUNNING, PENDING, UNTIL, DAYS_LEFT, PERIOD };

static const struct fb_column columns[] = {
	[NAME] = { "NAME", FB_COLUMN_TEXT },	     [USED] = { "USED", FB_COLUMN_NUMBER },
	[QUOTA] = { "QUOTA", FB_COLUMN_NUMBER },     [GUARANTEE] = { "GUARANTEE", FB_COLUMN_NUMBER },
	[WANTED] = { "WANTED", FB_COLUMN_NUMBER },   [RUNNING] = { "RUNNING", FB_COLUMN_NUMBER },
	[PENDING] = { "PENDING", FB_COLUMN_NUMBER }, [UNTIL] = { "UNTIL", FB_COLUMN_TEXT },
	[DAYS_LEFT] = { "DAYS_LEFT", FB_COLUMN_JSON_NUMBER }, [PERIOD] = { "PERIOD", FB_COLUMN_TEXT },
	{ .name = NULL },
};

struct row {
	const struct fb_view *view;
	struct fb_count count;
};

struct rows {
	const struct fb_state *state;
	size_t count;
	struct row *row;
	int64_t outside; /* GPUs that jobs outside of workspaces use */
	time_t now;
};

static bool is_mine(const struct fb_state *state, const struct fb_view *view)
{
	const struct fb_member *member = fb_view_member(view, state->me.name);

	/* Without the accounting nobody knows who belongs where. */
	return !state->accounting || fb_state_is_admin(state) || (member && (member->member || member->manager));
}

static int compare(const void *left, const void *right)
{
	const struct row *a = left, *b = right;

	if (a->count.used != b->count.used)
		return a->count.used > b->count.used ? -1 : 1;
	if (a->count.wanted != b->count.wanted)
		return a->count.wanted > b->count.wanted ? -1 : 1;
	return strcmp(a->view->name, b->view->name);
}

static int make_rows(struct fb_state *state, bool all, struct rows *rows)
{
	struct fb_tally tally;

	*rows = (struct rows){ .state = state, .row = calloc(state->views.count + 1, sizeof(*rows->row)), .now = time(NULL) };
	if (!rows->row || fb_tally_make(&state->snapshot, NULL, NULL, fb_tally_by_account, &tally)) {
		free(rows->row);
		return -1;
	}
	for (size_t i = 0; i < tally.groups; i++)
		if (!fb_views_find(&state->views, tally.group[i].key))
			rows->outside += tally.group[i].count.used;
	for (size_t i = 0; i < state->views.count; i++)
		if (all || is_mine(state, &state->views.view[i]))
			rows->row[rows->count++] = (struct row){ .view = &state->views.view[i],
								 .count = fb_tally_find(&tally, state->views.view[i].name) };
	qsort(rows->row, rows->count, sizeof(*rows->row), compare);
	fb_tally_free(&tally);
	return 0;
}

static void fill_period(struct fb_table *table, bool json, const struct fb_workspace *settings, time_t now)
{
	char text[FB_PERIOD_TEXT_MAX];

	fb_table_set(table, GUARANTEE, "%u", settings->guarantee);
	if (settings->until) {
		fb_table_set(table, UNTIL, "%s", settings->until_text);
		fb_table_set(table, DAYS_LEFT, "%ld", fb_period_days_left(settings->until, now));
	}
	fb_period_text(settings->from, settings->until, now, text, sizeof(text));
	if (*text || !json)
		fb_table_set(table, PERIOD, "%s", text);
}

static void fill(struct fb_table *table, size_t index, bool json, const void *data)
{
	const struct rows *rows = data;
	const struct row *row = &rows->row[index];

	fb_table_set(table, NAME, "%s", row->view->name);
	if (row->view->gpus != FB_UNLIMITED)
		fb_table_set(table, QUOTA, "%" PRId64, row->view->gpus);
	if (rows->state->controller) {
		fb_table_set(table, USED, "%" PRId64, row->count.used);
		fb_table_set(table, WANTED, "%" PRId64, row->count.wanted);
		fb_table_set(table, RUNNING, "%" PRIu64, row->count.running);
		fb_table_set(table, PENDING, "%" PRIu64, row->count.pending);
	}
	if (row->view->settings)
		fill_period(table, json, row->view->settings, rows->now);
}

static struct json_object *gpus_json(const struct fb_cluster_count *count, int64_t outside)
{
	struct json_object *json = json_object_new_object();

	json_object_object_add(json, "total", json_object_new_int64(count->total));
	json_object_object_add(json, "used", json_object_new_int64(count->used));
	json_object_object_add(json, "free", json_object_new_int64(count->free));
	json_object_object_add(json, "down", json_object_new_int64(count->down));
	json_object_object_add(json, "outside", json_object_new_int64(outside));
	return json;
}

static struct json_object *jobs_json(const struct fb_cluster_count *count)
{
	struct json_object *json = json_object_new_object();

	json_object_object_add(json, "running", json_object_new_int64((int64_t)count->running));
	json_object_object_add(json, "pending", json_object_new_int64((int64_t)count->pending));
	return json;
}

static void add_cluster(struct fb_page *page, const struct fb_state *state, int64_t outside)
{
	struct fb_cluster_count count;
	char used_outside[64] = "";

	if (!state->controller) {
		fb_page_json(page, "gpus", NULL);
		fb_page_json(page, "jobs", NULL);
		return;
	}
	fb_tally_cluster(&state->snapshot, &count);
	if (outside)
		snprintf(used_outside, sizeof(used_outside), " (%" PRId64 " outside of workspaces)", outside);
	fb_page_line(page, "GPUs         %" PRId64 " in all: %" PRId64 " used%s, %" PRId64 " free, %" PRId64 " down", count.total,
		     count.used, used_outside, count.free, count.down);
	fb_page_line(page, "Jobs         %" PRIu64 " running, %" PRIu64 " pending", count.running, count.pending);
	fb_page_json(page, "gpus", gpus_json(&count, outside));
	fb_page_json(page, "jobs", jobs_json(&count));
}

int fb_screen_all(struct fb_state *state, bool all, const struct fb_screen_output *output, struct fb_err *err)
{
	struct rows rows;

	if (fb_state_accounting(state, err))
		return -1;
	fb_state_controller(state);
	if (!state->accounting && !state->controller)
		return fb_err_set(err, "%s", state->page->note[state->page->notes - 1].text);
	if (make_rows(state, all, &rows))
		return fb_err_set(err, "out of memory for the workspaces");
	add_cluster(state->page, state, rows.outside);
	fb_facts_taken(state->page, state, output->hint);
	fb_page_block(state->page, &(struct fb_block){ .name = "workspaces", .title = "Workspaces", .columns = columns,
						       .rows = rows.count, .fill = fill, .data = &rows });
	if (output->json)
		fb_page_print_json(state->page, "dashboard", output->compact, output->out);
	else
		fb_page_print(state->page, output->size, output->out);
	free(rows.row);
	return 0;
}
