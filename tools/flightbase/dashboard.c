/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/dashboard.h"

#include <string.h>

#include "common/number.h"
#include "flightbase/commands.h"
#include "flightbase/watch.h"

enum { WATCH, ALL, STORAGE };

#define WATCH_SECONDS 5
#define WATCH_SECONDS_MAX 86400

const struct fb_cli_option fb_dashboard_options[] = {
	[WATCH] = { "watch", "[SECONDS]", "refresh, every 5 seconds if not said otherwise, until q", NULL, 0 },
	[ALL] = { "all", NULL, "all workspaces, not only one's own", NULL, 0 },
	[STORAGE] = { "storage", NULL, "with a workspace: also add up the size of its tree, which takes long", NULL, 0 },
	{ .name = NULL },
};

const struct fb_cli_option fb_workspace_show_options[] = {
	{ "storage", NULL, "also add up the size of its tree, which takes long", NULL, 0 },
	{ .name = NULL },
};

struct request {
	const char *workspace; /* NULL: all */
	bool cached, all, whole, walk, json, compact;
	const char *hint;
};

/* Returns the exit status, 1 if something is missing, too; -1: there is nothing to show. */
static int draw(struct fb_page_size size, FILE *out, void *arg)
{
	const struct request *request = arg;
	const struct fb_screen_output output = { .json = request->json, .compact = request->compact, .hint = size.rows ? request->hint : NULL,
						 .size = size, .out = out };
	struct fb_state state = { .cached = request->cached, .only = request->workspace };
	struct fb_page page;
	struct fb_err err;

	fb_page_init(&page);
	fb_state_open(&state, &page);
	int rc = request->workspace ? fb_screen_workspace(&state, request->whole, request->walk, &output, &err) :
				      fb_screen_all(&state, request->all, &output, &err);
	if (rc)
		fb_cli_failed(&err);
	int status = rc ? -1 : state.failed ? FB_EXIT_FAILED : FB_EXIT_DONE;
	fb_state_close(&state);
	fb_page_free(&page);
	return status;
}

static int draw_once(struct request *request)
{
	int rc = draw((struct fb_page_size){ .rows = 0 }, stdout, request);

	return rc < 0 ? FB_EXIT_FAILED : rc;
}

/* Returns -1 to go on, or the exit status. */
static int take_workspace(const struct fb_args *args, struct request *request)
{
	struct fb_err err;

	request->workspace = args->words ? args->word[0] : NULL;
	if (!request->workspace || !fb_name_check(request->workspace, &err))
		return -1;
	fb_err_prefix(&err, "workspace '%.64s'", request->workspace);
	return fb_cli_failed(&err);
}

int fb_dashboard(const struct fb_args *args)
{
	struct request request = { .cached = true, .json = args->json, .all = args->value[ALL], .walk = args->value[STORAGE] };
	const char *watch = args->value[WATCH];
	int64_t seconds = WATCH_SECONDS;
	struct fb_err err;
	char hint[64];

	if (watch && *watch && fb_number_parse(watch, 1, WATCH_SECONDS_MAX, &seconds, &err))
		return fb_cli_usage(args, "option '--watch': %s", err.text);
	if (request.walk && !args->words)
		return fb_cli_usage(args, "option '--storage' needs a workspace");
	if (request.all && args->words)
		return fb_cli_usage(args, "option '--all' is for all workspaces, not for '%.64s'", args->word[0]);
	int rc = take_workspace(args, &request);
	if (rc >= 0)
		return rc;
	if (!watch)
		return draw_once(&request);
	snprintf(hint, sizeof(hint), ", every %lld s; q ends it", (long long)seconds);
	request.hint = hint;
	request.compact = true;
	return fb_watch((unsigned int)seconds, !args->json, draw, &request);
}

int fb_workspace_show(const struct fb_args *args)
{
	struct request request = { .whole = true, .json = args->json, .walk = args->value[0] };
	int rc = take_workspace(args, &request);

	return rc >= 0 ? rc : draw_once(&request);
}
