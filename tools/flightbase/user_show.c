/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include "flightbase/blocks.h"
#include "flightbase/commands.h"
#include "flightbase/facts.h"
#include "flightbase/state.h"

/* Milliseconds: nobody looks at this all day, and most users are in few workspaces. */
#define HOURS_WAIT 20000

struct parts {
	struct fb_tally workspaces;
	struct fb_queue queue;
	struct fb_running running;
};

static void parts_free(struct parts *parts)
{
	fb_tally_free(&parts->workspaces);
	fb_queue_free(&parts->queue);
	fb_running_free(&parts->running);
}

static int parts_make(const struct fb_snapshot *snapshot, const char *user, struct parts *parts)
{
	*parts = (struct parts){ .workspaces = { .groups = 0 } };
	if (fb_tally_make(snapshot, NULL, user, fb_tally_by_account, &parts->workspaces) || fb_queue_make(snapshot, &parts->queue) ||
	    fb_running_make(snapshot, NULL, user, FB_BLOCKS_ANY_NODE, &parts->running)) {
		parts_free(parts);
		return -1;
	}
	fb_queue_keep(&parts->queue, NULL, user);
	return 0;
}

/* The workspaces in which the user is a manager, or a member. */
static void add_workspaces(struct fb_page *page, const struct fb_state *state, bool managed)
{
	const char **names = calloc(state->views.count + 1, sizeof(*names));
	size_t count = 0;

	for (size_t i = 0; names && i < state->views.count; i++) {
		const struct fb_member *member = fb_view_member(&state->views.view[i], state->whose);

		if (member && (managed ? member->manager : member->member))
			names[count++] = state->views.view[i].name;
	}
	if (names)
		fb_facts_names(page, managed ? "Manager of" : "Member of", managed ? "manager_of" : "member_of", names, count,
			       FB_FACTS_COUNT_AND_NAMES);
	free(names);
}

static int load_user(struct fb_state *state, enum fb_level *level, struct fb_err *err)
{
	struct fb_db *db = fb_state_db(state, err);
	bool known;

	if (!db || fb_user_level(db, state->whose, level, &known, err))
		return -1;
	const struct passwd *user = getpwnam(state->whose);
	if (!known && !user)
		return fb_err_set(err, "user '%.64s': known neither to the accounting nor to this machine; check the name",
				  state->whose);
	if (user && user->pw_uid == 0)
		*level = FB_LEVEL_ADMINISTRATOR;
	if (fb_state_accounting(state, err))
		return -1;
	fb_state_hours_begin(state);
	fb_state_controller(state);
	fb_state_hours(state, HOURS_WAIT);
	return 0;
}

static int show(struct fb_state *state, bool json, struct fb_err *err)
{
	struct fb_page *page = state->page;
	enum fb_level level;
	struct parts parts;

	if (load_user(state, &level, err))
		return -1;
	if (parts_make(&state->snapshot, state->whose, &parts))
		return fb_err_set(err, "out of memory for the jobs");
	const struct fb_count count = fb_tally_sum(&parts.workspaces);
	fb_page_line(page, "User         %s", state->whose);
	fb_page_line(page, "Admin level  %s", fb_level_name(level));
	fb_page_text(page, "name", state->whose);
	fb_page_text(page, "level", fb_level_name(level));
	add_workspaces(page, state, true);
	add_workspaces(page, state, false);
	if (state->controller)
		fb_page_line(page, "GPUs         %" PRId64 " used", count.used);
	fb_facts_jobs(page, state, &count);
	fb_facts_hours(page, state);
	fb_facts_taken(page, state, NULL);
	fb_block_workspaces_of(page, &parts.workspaces);
	fb_block_running(page, &parts.running);
	fb_block_queue(page, &parts.queue);
	if (json)
		fb_page_print_json(page, "user", false, stdout);
	else
		fb_page_print(page, (struct fb_page_size){ .rows = 0 }, stdout);
	parts_free(&parts);
	return 0;
}

int fb_user_show(const struct fb_args *args)
{
	struct fb_state state = { .hours_cached = true };
	struct fb_page page;
	struct fb_err err;

	fb_page_init(&page);
	fb_state_open(&state, &page);
	state.whose = args->words ? args->word[0] : state.me.name;
	int rc = show(&state, args->json, &err);
	int status = rc ? fb_cli_failed(&err) : state.failed ? FB_EXIT_FAILED : FB_EXIT_DONE;
	fb_state_close(&state);
	fb_page_free(&page);
	return status;
}
