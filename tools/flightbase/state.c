/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/state.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "flightbase/period.h"
#include "flightbase/pack.h"
#include "flightbase/libslurm.h"
#include "flightbase/slurm_start.h"

void fb_state_open(struct fb_state *state, struct fb_page *page)
{
	struct fb_err err;

	fb_slurm_start();
	fb_me_name(&state->me);
	state->page = page;
	state->cache = (struct fb_cache){ .dir = -1, .public = -1 };
	state->later = (struct fb_later)FB_LATER_NONE;
	if ((state->cached || state->hours_cached) && fb_cache_open(&state->cache, &err))
		fb_page_note(page, &err);
}

void fb_state_close(struct fb_state *state)
{
	if (state->later.pipe >= 0)
		fb_later_end(&state->later, 0, NULL);
	if (state->db_open)
		fb_db_close(&state->db);
	fb_cache_close(&state->cache);
	fb_snapshot_free(&state->snapshot);
	fb_views_free(&state->views);
}

bool fb_state_is_admin(const struct fb_state *state)
{
	return state->me.level != FB_LEVEL_NONE;
}

struct fb_db *fb_state_db(struct fb_state *state, struct fb_err *err)
{
	if (state->db_open)
		return &state->db;
	if (!state->db_fault.text[0] && !fb_db_open(&state->db, &state->db_fault)) {
		state->db_open = true;
		return &state->db;
	}
	*err = state->db_fault;
	return NULL;
}

void fb_state_note(struct fb_state *state, const struct fb_err *fault)
{
	fb_page_note(state->page, fault);
	state->failed = true;
}

void fb_state_note_old(struct fb_state *state, const struct fb_err *fault, const char *what, time_t taken)
{
	char when[FB_TIME_TEXT_MAX];
	struct fb_err note = *fault;

	fb_time_text(taken, FB_TIME_SECONDS, when, sizeof(when));
	fb_err_set(&note, "%.400s; %s as of %s", fault->text, what, when);
	fb_state_note(state, &note);
}

void fb_state_key(const char *what, const char *of, char *key, size_t size)
{
	snprintf(key, size, "%s-%.60s%s%.64s", what, slurm_conf.cluster_name, of ? "-" : "", of ? of : "");
	for (char *c = key; *c; c++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-", *c))
			*c = '_';
}

/* For all but GPU-hours. */
static const struct fb_cache *shared(const struct fb_state *state)
{
	static const struct fb_cache none = { .dir = -1, .public = -1 };

	return state->cached ? &state->cache : &none;
}

/* ---- The accounting: who the caller is, and the workspaces' accounts ---- */

static int load_accounting(void *object, struct fb_err *err)
{
	struct fb_state *state = object;
	struct fb_db *db = fb_state_db(state, err);

	if (!db || fb_me_load(db, &state->me, err))
		return -1;
	if (state->only || state->everybody)
		return fb_views_load(db, state->only, &state->views, err);
	return fb_views_load_own(db, state->whose ? state->whose : state->me.name, &state->views, err);
}

static struct json_object *format_accounting(const void *object)
{
	const struct fb_state *state = object;
	struct json_object *a = json_object_new_array();

	if (a && fb_pack_int(a, state->me.level) && fb_pack(a, fb_views_format(&state->views)))
		return a;
	json_object_put(a);
	return NULL;
}

static int parse_accounting(void *object, struct json_object *json)
{
	struct fb_state *state = object;
	struct fb_unpacker r = fb_unpack_open(json);
	enum fb_level level = (enum fb_level)fb_unpack_int(&r, FB_LEVEL_NONE, FB_LEVEL_ADMINISTRATOR);
	struct json_object *views = fb_unpack_array(&r);

	if (!fb_unpack_done(&r) || fb_views_load_settings(state->only, &state->views, NULL))
		return -1;
	if (fb_views_parse(&state->views, views)) {
		fb_views_free(&state->views);
		return -1;
	}
	state->me.level = level;
	return 0;
}

/* slurmdbd leaves out what the caller may not see without a word: a member without an account is a sign of it. */
static void note_hidden(struct fb_state *state)
{
	struct fb_err note;

	for (size_t i = 0; i < state->views.count; i++) {
		const struct fb_view *view = &state->views.view[i];
		const struct fb_member *member = fb_view_member(view, state->me.name);

		if (view->account || !member || !member->member)
			continue;
		fb_err_set(&note, "PrivateData of slurmdbd hides accounts that you do not manage: their quotas and other members are "
				  "not shown");
		fb_page_note(state->page, &note);
		return;
	}
}

int fb_state_accounting(struct fb_state *state, struct fb_err *err)
{
	static const struct fb_cache_type type = { load_accounting, parse_accounting, format_accounting };
	char key[NAME_MAX], settings[32];
	struct fb_err fault;
	time_t taken;

	fb_state_key("accounting", state->only, key, sizeof(key));
	snprintf(settings, sizeof(settings), "%016" PRIx64, fb_policy_fingerprint(FB_CONF_DIR));
	state->accounting = !fb_cache_get(shared(state), key, settings, FB_STATE_ACCOUNTING_AGE, false, &type, state, &fault);
	if (!state->accounting && !fb_cache_last(shared(state), key, &type, state, &taken)) {
		state->accounting = true;
		fb_state_note_old(state, &fault, "quotas and members are", taken);
	}
	if (state->accounting) {
		note_hidden(state);
		return 0;
	}
	fb_err_prefix(&fault, "quotas and members are missing");
	fb_state_note(state, &fault);
	return fb_views_load_settings(state->only, &state->views, err);
}

/* ---- The controller: jobs and nodes ---- */

static int load_controller(void *object, struct fb_err *err)
{
	struct fb_state *state = object;
	const struct fb_policy *policy = state->views.policy;

	return fb_snapshot_load(&state->snapshot, policy ? policy->site.preemptible_qos : FB_POLICY_PREEMPTIBLE_QOS, err);
}

static struct json_object *format_controller(const void *object)
{
	return fb_snapshot_format(&((const struct fb_state *)object)->snapshot);
}

static int parse_controller(void *object, struct json_object *json)
{
	return fb_snapshot_parse(&((struct fb_state *)object)->snapshot, json);
}

/* Slurm leaves out what the caller may not see without a word. */
static void note_private(struct fb_state *state)
{
	bool user = !fb_state_is_admin(state);
	struct fb_err note;

	state->snapshot.partial = user && (slurm_conf.private_data & PRIVATE_DATA_JOBS);
	if (state->snapshot.partial) {
		fb_err_set(&note, "PrivateData hides other users' jobs: what is used and who waits is of those you may see");
		fb_page_note(state->page, &note);
	}
	if (user && (slurm_conf.private_data & PRIVATE_DATA_NODES)) {
		fb_err_set(&note, "PrivateData hides nodes: their GPUs are not counted");
		fb_page_note(state->page, &note);
	}
}

void fb_state_controller(struct fb_state *state)
{
	static const struct fb_cache_type type = { load_controller, parse_controller, format_controller };
	const struct fb_policy *policy = state->views.policy;
	char key[NAME_MAX];
	struct fb_err fault;
	time_t taken;

	fb_state_key("controller", NULL, key, sizeof(key));
	state->controller = !fb_cache_get(shared(state), key, policy ? policy->site.preemptible_qos : "", FB_STATE_CONTROLLER_AGE,
					  !slurm_conf.private_data, &type, state, &fault);
	if (!state->controller && !fb_cache_last(shared(state), key, &type, state, &taken)) {
		state->controller = true;
		fb_state_note_old(state, &fault, "jobs and nodes are", taken);
	} else if (!state->controller) {
		fb_state_note(state, &fault);
	}
	if (state->controller)
		note_private(state);
}
