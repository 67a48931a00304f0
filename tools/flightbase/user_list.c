/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "flightbase/commands.h"
#include "flightbase/state.h"
#include "flightbase/tally.h"

struct user {
	const char *name;
	enum fb_level level;
	size_t workspaces, manages;
};

struct users {
	const struct fb_state *state;
	struct fb_me *admin;
	size_t admins, count;
	struct user *user;
	struct fb_tally tally;
};

enum { NAME, LEVEL, WORKSPACES, MANAGES, USED, WANTED, RUNNING, PENDING };

static const struct fb_column columns[] = {
	[NAME] = { "NAME", FB_COLUMN_TEXT },		   [LEVEL] = { "LEVEL", FB_COLUMN_TEXT },
	[WORKSPACES] = { "WORKSPACES", FB_COLUMN_NUMBER }, [MANAGES] = { "MANAGES", FB_COLUMN_NUMBER },
	[USED] = { "USED", FB_COLUMN_NUMBER },		   [WANTED] = { "WANTED", FB_COLUMN_NUMBER },
	[RUNNING] = { "RUNNING", FB_COLUMN_NUMBER },	   [PENDING] = { "PENDING", FB_COLUMN_NUMBER },
	{ .name = NULL },
};

static void fill(struct fb_table *table, size_t row, const void *data)
{
	const struct users *users = data;
	const struct user *user = &users->user[row];
	struct fb_count count = fb_tally_find(&users->tally, user->name);

	fb_table_set(table, NAME, "%s", user->name);
	fb_table_set(table, LEVEL, "%s", fb_level_name(user->level));
	fb_table_set(table, WORKSPACES, "%zu", user->workspaces);
	fb_table_set(table, MANAGES, "%zu", user->manages);
	if (!users->state->controller)
		return;
	fb_table_set(table, USED, "%" PRId64, count.used);
	fb_table_set(table, WANTED, "%" PRId64, count.wanted);
	fb_table_set(table, RUNNING, "%" PRIu64, count.running);
	fb_table_set(table, PENDING, "%" PRIu64, count.pending);
}

static int compare_users(const void *a, const void *b)
{
	return strcmp(((const struct user *)a)->name, ((const struct user *)b)->name);
}

/* One entry for each member of each workspace and each admin, sorted, and those of a user made one. */
static void merge_users(struct users *users)
{
	size_t kept = 0;

	qsort(users->user, users->count, sizeof(*users->user), compare_users);
	for (size_t i = 0; i < users->count; i++) {
		struct user *last = kept ? &users->user[kept - 1] : NULL;

		if (!last || strcmp(last->name, users->user[i].name)) {
			users->user[kept++] = users->user[i];
			continue;
		}
		last->workspaces += users->user[i].workspaces;
		last->manages += users->user[i].manages;
		if (users->user[i].level > last->level)
			last->level = users->user[i].level;
	}
	users->count = kept;
}

static int make_users(struct users *users)
{
	const struct fb_views *views = &users->state->views;
	size_t most = users->admins;

	for (size_t i = 0; i < views->count; i++)
		most += views->view[i].members;
	users->user = calloc(most + 1, sizeof(*users->user));
	if (!users->user || fb_tally_make(&users->state->snapshot, NULL, NULL, fb_tally_by_user, &users->tally))
		return -1;
	for (size_t i = 0; i < users->admins; i++)
		users->user[users->count++] = (struct user){ .name = users->admin[i].name, .level = users->admin[i].level };
	for (size_t i = 0; i < views->count; i++)
		for (size_t m = 0; m < views->view[i].members; m++) {
			const struct fb_member *member = &views->view[i].member[m];

			users->user[users->count++] = (struct user){ .name = member->name, .workspaces = member->member,
								     .manages = member->manager };
		}
	merge_users(users);
	return 0;
}

static int load_users(struct fb_state *state, struct users *users, struct fb_err *err)
{
	struct fb_db *db = fb_state_db(state, err);

	if (!db || fb_state_accounting(state, err) || fb_admins_load(db, &users->admin, &users->admins, err))
		return -1;
	fb_state_controller(state);
	return make_users(users) ? fb_err_set(err, "out of memory for the users") : 0;
}

static void print_notes(const struct fb_page *page)
{
	for (size_t i = 0; i < page->notes; i++)
		fb_cli_note("%s", page->note[i].text);
}

int fb_user_list(const struct fb_args *args)
{
	struct fb_state state = { .everybody = true };
	struct users users = { .state = &state };
	struct fb_page page;
	struct fb_err err;

	fb_page_init(&page);
	fb_state_open(&state, &page);
	int rc = load_users(&state, &users, &err);
	if (!rc) {
		struct fb_table *table = fb_table_create("users", columns, args->json);

		for (size_t i = 0; i < users.count; i++) {
			fb_table_row(table);
			fill(table, i, &users);
		}
		fb_table_print(table);
		print_notes(&page);
	}
	int status = rc ? fb_cli_failed(&err) : state.failed ? FB_EXIT_FAILED : FB_EXIT_DONE;
	free(users.admin);
	free(users.user);
	fb_tally_free(&users.tally);
	fb_state_close(&state);
	fb_page_free(&page);
	return status;
}
