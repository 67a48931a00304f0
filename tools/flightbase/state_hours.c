/* SPDX-License-Identifier: GPL-2.0-or-later */
/* GPU-hours as a part of a screen's state. */
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "flightbase/pack.h"
#include "flightbase/period.h"
#include "flightbase/state.h"

/* A process that has not got them by then never will. */
#define LIMIT_SECONDS 1800
#define AWAIT_MS 20

/* In GPU-seconds: whole numbers. */
static struct json_object *format_usage(const void *object)
{
	const struct fb_hours *hours = &((const struct fb_state *)object)->hours;
	struct json_object *a = json_object_new_array();

	if (a && fb_pack_int(a, (int64_t)(hours->week * 3600 + 0.5)) && fb_pack_int(a, (int64_t)(hours->month * 3600 + 0.5)) &&
	    fb_pack_int(a, hours->until))
		return a;
	json_object_put(a);
	return NULL;
}

static int parse_usage(void *object, struct json_object *json)
{
	struct fb_hours *hours = &((struct fb_state *)object)->hours;
	struct fb_unpacker r = fb_unpack_open(json);

	hours->week = (double)fb_unpack_int(&r, 0, INT64_MAX) / 3600;
	hours->month = (double)fb_unpack_int(&r, 0, INT64_MAX) / 3600;
	hours->until = (time_t)fb_unpack_int(&r, 0, INT64_MAX);
	return fb_unpack_done(&r) ? 0 : -1;
}

static bool is_member(const struct fb_state *state, size_t i)
{
	const struct fb_member *member = fb_view_member(&state->views.view[i], state->whose);

	return member && member->member;
}

static int load_user(struct fb_state *state, struct fb_db *db, struct fb_err *err)
{
	const char **accounts = calloc(state->views.count + 1, sizeof(*accounts));
	size_t count = 0;

	if (!accounts)
		return fb_err_set(err, "out of memory for the user's workspaces");
	for (size_t i = 0; i < state->views.count; i++)
		if (is_member(state, i))
			accounts[count++] = state->views.view[i].name;
	int rc = fb_hours_load_user(db, state->whose, accounts, count, time(NULL), &state->hours, err);
	free(accounts);
	return rc;
}

static int load_usage(void *object, struct fb_err *err)
{
	struct fb_state *state = object;
	struct fb_db *db = fb_state_db(state, err);

	if (!db)
		return -1;
	return state->only ? fb_hours_load(db, state->only, time(NULL), &state->hours, err) : load_user(state, db, err);
}

static const struct fb_cache_type type = { load_usage, parse_usage, format_usage };

struct entry {
	char key[NAME_MAX], state[32];
};

/* A user's depend on the workspaces: a digest of their names (FNV-1a) tells when they are others. */
static struct entry find_entry(const struct fb_state *state)
{
	uint64_t digest = 0xcbf29ce484222325;
	struct entry entry = { .state = "" };

	fb_state_key(state->only ? "hours" : "user-hours", state->only ? state->only : state->whose, entry.key, sizeof(entry.key));
	if (state->only)
		return entry;
	for (size_t i = 0; i < state->views.count; i++) {
		if (!is_member(state, i))
			continue;
		/* The NUL, too: it parts the names. */
		for (const char *c = state->views.view[i].name;; c++) {
			digest = (digest ^ (unsigned char)*c) * 0x100000001b3;
			if (!*c)
				break;
		}
	}
	snprintf(entry.state, sizeof(entry.state), "%016" PRIx64, digest);
	return entry;
}

static int get(struct fb_state *state, struct fb_err *err)
{
	const struct entry entry = find_entry(state);

	return fb_cache_get(&state->cache, entry.key, entry.state, FB_STATE_HOURS_AGE, false, &type, state, err);
}

/* In the process of its own: the connection is the viewer's, and this needs another. */
static int work(void *arg, struct fb_err *err)
{
	struct fb_state *state = arg;

	state->db_open = false;
	state->db_fault = (struct fb_err){ .text = "" };
	int rc = get(state, err);
	if (state->db_open)
		fb_db_close(&state->db);
	return rc;
}

void fb_state_hours_begin(struct fb_state *state)
{
	if (state->cache.dir < 0 || !state->accounting)
		return;
	const struct entry entry = find_entry(state);
	if (!fb_cache_peek(&state->cache, entry.key, entry.state, FB_STATE_HOURS_AGE, &type, state))
		return;
	/* One process asks, however many viewers come meanwhile. */
	state->hours_awaited = fb_cache_is_busy(&state->cache, entry.key);
	if (state->hours_awaited)
		return;
	/* Without a process they are waited for. */
	fb_later_begin(&state->later, work, state, state->cache.dir, LIMIT_SECONDS);
}

/* They are still to come: that is no failure. */
static void use_last(struct fb_state *state)
{
	const struct entry entry = find_entry(state);
	bool failed = state->failed;
	struct fb_err note;
	time_t taken;

	fb_err_set(&note, "slurmdbd is still adding up GPU-hours");
	state->usage = !fb_cache_last(&state->cache, entry.key, &type, state, &taken);
	if (state->usage) {
		fb_state_note_old(state, &note, "they are", taken);
	} else {
		fb_err_set(&note, "slurmdbd is still adding up GPU-hours; look again in a moment");
		fb_state_note(state, &note);
	}
	state->failed = failed;
}

static enum fb_later_end await(struct fb_state *state, int milliseconds, struct fb_err *fault)
{
	const struct timespec pause = { .tv_nsec = AWAIT_MS * 1000000L };
	const struct entry entry = find_entry(state);

	if (state->later.pipe >= 0)
		return fb_later_end(&state->later, milliseconds, fault);
	for (; state->hours_awaited && fb_cache_is_busy(&state->cache, entry.key); milliseconds -= AWAIT_MS) {
		if (milliseconds <= 0)
			return FB_LATER_RUNNING;
		nanosleep(&pause, NULL);
	}
	return FB_LATER_DONE;
}

void fb_state_hours(struct fb_state *state, int milliseconds)
{
	struct fb_err fault;
	time_t taken;
	enum fb_later_end end = await(state, milliseconds, &fault);

	if (end == FB_LATER_RUNNING) {
		use_last(state);
		return;
	}
	state->usage = end == FB_LATER_DONE && !get(state, &fault);
	if (state->usage)
		return;
	const struct entry entry = find_entry(state);
	state->usage = !fb_cache_last(&state->cache, entry.key, &type, state, &taken);
	if (state->usage)
		fb_state_note_old(state, &fault, "GPU-hours are", taken);
	else
		fb_state_note(state, &fault);
}
