/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/access.h"
#include "flightbase/account_jobs.h"
#include "flightbase/commands.h"
#include "flightbase/controller.h"
#include "flightbase/table.h"
#include "flightbase/text.h"
#include "flightbase/view.h"

enum { ONLY_NAMES, WITH_MEMBERS };
enum { NAME, GPUS, USED, GUARANTEE, RUNNING, PENDING, MANAGERS, FROM, UNTIL, STATE, ACCESS, MEMBERS, COLUMNS };

const struct fb_cli_option fb_workspace_list_options[] = {
	[ONLY_NAMES] = { "names", NULL, "only the names, a line each", NULL, 0 },
	[WITH_MEMBERS] = { "members", NULL, "count the members too, which takes a second for each 100,000", NULL, 0 },
	{ .name = NULL },
};

/* The members come last, so that they can be left out. */
static const struct fb_column columns[COLUMNS + 1] = {
	[NAME] = { "NAME", FB_COLUMN_TEXT },
	[GPUS] = { "GPUS", FB_COLUMN_NUMBER },
	[USED] = { "USED", FB_COLUMN_NUMBER },
	[GUARANTEE] = { "GUARANTEE", FB_COLUMN_NUMBER },
	[RUNNING] = { "RUNNING", FB_COLUMN_NUMBER },
	[PENDING] = { "PENDING", FB_COLUMN_NUMBER },
	[MANAGERS] = { "MANAGERS", FB_COLUMN_TEXT },
	[FROM] = { "FROM", FB_COLUMN_TEXT },
	[UNTIL] = { "UNTIL", FB_COLUMN_TEXT },
	[STATE] = { "STATE", FB_COLUMN_TEXT },
	[ACCESS] = { "ACCESS", FB_COLUMN_JSON_TEXT },
	[MEMBERS] = { "MEMBERS", FB_COLUMN_NUMBER },
	[COLUMNS] = { .name = NULL },
};

/* One word for what hinders submissions, the worst first. */
static const char *state_of(const struct fb_view *view, time_t now)
{
	if (view->file && !view->settings)
		return "broken";
	if (!view->file || !view->account || !view->qos)
		return "incomplete";
	if (view->closed)
		return "closed";
	if (view->settings->from && now < view->settings->from)
		return "early";
	return view->settings->until && now >= view->settings->until ? "ended" : "open";
}

static void add_members(struct fb_table *table, const struct fb_view *view, bool counted)
{
	char managers[256] = "";
	size_t members = 0;

	for (size_t i = 0; i < view->members; i++) {
		members += view->member[i].member;
		if (view->member[i].manager)
			fb_text_list(managers, sizeof(managers), view->member[i].name);
	}
	if (counted)
		fb_table_set(table, MEMBERS, "%zu", members);
	fb_table_set(table, MANAGERS, "%s", managers);
}

static void add_row(struct fb_table *table, const struct fb_view *view, const struct fb_account_jobs *jobs, bool counted,
		    time_t now)
{
	char access[FB_ACCESS_TEXT_MAX + 1];

	fb_table_row(table);
	fb_table_set(table, NAME, "%s", view->name);
	if (view->gpus != FB_UNLIMITED)
		fb_table_set(table, GPUS, "%" PRId64, view->gpus);
	if (jobs) {
		fb_table_set(table, USED, "%" PRId64, jobs->gpus);
		fb_table_set(table, RUNNING, "%u", jobs->running);
		fb_table_set(table, PENDING, "%u", jobs->pending);
	}
	add_members(table, view, counted);
	fb_table_set(table, STATE, "%s", state_of(view, now));
	if (!view->settings)
		return;
	fb_access_format(view->settings->group, access);
	fb_table_set(table, ACCESS, "%s", access);
	fb_table_set(table, GUARANTEE, "%u", view->settings->guarantee);
	fb_table_set(table, FROM, "%s", view->settings->from_text);
	fb_table_set(table, UNTIL, "%s", view->settings->until_text);
}

/* The jobs of each workspace, in the order of views; NULL with a note if the controller does not tell. */
static struct fb_account_jobs *count_jobs(const struct fb_views *views)
{
	struct fb_account_jobs *count = calloc(views->count + 1, sizeof(*count));
	struct fb_jobs jobs;
	struct fb_err err;

	if (!fb_controller_up()) {
		fb_cli_note("slurmctld does not answer: what is used is not known");
	} else if (count && !fb_jobs_load(&jobs, &err)) {
		for (uint32_t i = 0; i < jobs.count; i++) {
			const char *account = jobs.job[i].info->account;
			const struct fb_view *view = account ? fb_views_find(views, account) : NULL;

			if (view)
				fb_account_jobs_add(&count[view - views->view], &jobs.job[i]);
		}
		fb_jobs_free(&jobs);
		return count;
	} else {
		fb_cli_note("%s", err.text);
	}
	free(count);
	return NULL;
}

static void print(const struct fb_views *views, bool counted, bool json)
{
	struct fb_account_jobs *jobs = count_jobs(views);
	struct fb_column shown[COLUMNS + 1];

	memcpy(shown, columns, sizeof(shown));
	if (!counted)
		shown[MEMBERS].name = NULL;
	struct fb_table *table = fb_table_create("workspaces", shown, json);
	time_t now = time(NULL);

	for (size_t i = 0; i < views->count; i++)
		add_row(table, &views->view[i], jobs ? &jobs[i] : NULL, counted, now);
	fb_table_print(table);
	free(jobs);
}

int fb_workspace_list(const struct fb_args *args)
{
	struct fb_views views;
	struct fb_err err;
	struct fb_db db;

	if (fb_db_open(&db, &err))
		return fb_cli_failed(&err);
	bool counted = args->value[WITH_MEMBERS];
	int rc = counted ? fb_views_load(&db, NULL, &views, &err) : fb_views_load_accounts(&db, &views, &err);
	fb_db_close(&db);
	if (rc)
		return fb_cli_failed(&err);
	for (size_t i = 0; args->value[ONLY_NAMES] && i < views.count; i++)
		puts(views.view[i].name);
	if (!args->value[ONLY_NAMES])
		print(&views, counted, args->json);
	fb_views_free(&views);
	return FB_EXIT_DONE;
}
