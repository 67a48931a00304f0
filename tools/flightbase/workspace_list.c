/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>

#include "flightbase/commands.h"
#include "flightbase/table.h"
#include "flightbase/view.h"

enum { NAME, GPUS, GUARANTEE, MEMBERS, MANAGERS, FROM, UNTIL };

static const struct fb_column columns[] = {
	[NAME] = { "NAME", FB_COLUMN_TEXT },	     [GPUS] = { "GPUS", FB_COLUMN_NUMBER },
	[GUARANTEE] = { "GUARANTEE", FB_COLUMN_NUMBER }, [MEMBERS] = { "MEMBERS", FB_COLUMN_NUMBER },
	[MANAGERS] = { "MANAGERS", FB_COLUMN_TEXT }, [FROM] = { "FROM", FB_COLUMN_TEXT },
	[UNTIL] = { "UNTIL", FB_COLUMN_TEXT },	     { .name = NULL },
};

static void add_row(struct fb_table *table, const struct fb_view *view)
{
	char managers[256] = "";
	size_t used = 0, members = 0;

	for (size_t i = 0; i < view->members; i++) {
		members += view->member[i].member;
		if (view->member[i].manager && used < sizeof(managers))
			used += (size_t)snprintf(managers + used, sizeof(managers) - used, "%s%s", used ? "," : "", view->member[i].name);
	}
	fb_table_row(table);
	fb_table_set(table, NAME, "%s", view->name);
	if (view->gpus != FB_UNLIMITED)
		fb_table_set(table, GPUS, "%lld", (long long)view->gpus);
	fb_table_set(table, MEMBERS, "%zu", members);
	fb_table_set(table, MANAGERS, "%s", managers);
	if (!view->settings)
		return;
	fb_table_set(table, GUARANTEE, "%u", view->settings->guarantee);
	fb_table_set(table, FROM, "%s", view->settings->from_text);
	fb_table_set(table, UNTIL, "%s", view->settings->until_text);
}

int fb_workspace_list(const struct fb_args *args)
{
	struct fb_views views;
	struct fb_err err;
	struct fb_db db;

	if (fb_db_open(&db, &err))
		return fb_cli_failed(&err);
	int rc = fb_views_load(&db, NULL, &views, &err);
	fb_db_close(&db);
	if (rc)
		return fb_cli_failed(&err);
	struct fb_table *table = fb_table_create("workspaces", columns, args->json);
	for (size_t i = 0; i < views.count; i++)
		add_row(table, &views.view[i]);
	fb_table_print(table);
	fb_views_free(&views);
	return FB_EXIT_DONE;
}
