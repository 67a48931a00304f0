/* SPDX-License-Identifier: GPL-2.0-or-later */
/* [[NAME, ACCOUNT, QOS, GPUS, USER_GPUS, JOB_GPUS, MAX_TIME, [MEMBER, IS_MEMBER, IS_MANAGER, ...]], ...] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flightbase/pack.h"
#include "flightbase/view.h"

static struct json_object *format_members(const struct fb_view *view)
{
	struct json_object *a = json_object_new_array();

	for (size_t i = 0; a && i < view->members; i++)
		if (!fb_pack_text(a, view->member[i].name) || !fb_pack_bool(a, view->member[i].member) ||
		    !fb_pack_bool(a, view->member[i].manager)) {
			json_object_put(a);
			return NULL;
		}
	return a;
}

static struct json_object *format_view(const struct fb_view *view)
{
	struct json_object *a = json_object_new_array();

	if (a && fb_pack_text(a, view->name) && fb_pack_bool(a, view->account) && fb_pack_bool(a, view->qos) &&
	    fb_pack_int(a, view->gpus) && fb_pack_int(a, view->user_gpus) && fb_pack_int(a, view->job_gpus) &&
	    fb_pack_int(a, view->max_time) && fb_pack(a, format_members(view)))
		return a;
	json_object_put(a);
	return NULL;
}

struct json_object *fb_views_format(const struct fb_views *views)
{
	struct json_object *a = json_object_new_array();

	for (size_t i = 0; a && i < views->count; i++)
		if (!fb_pack(a, format_view(&views->view[i]))) {
			json_object_put(a);
			return NULL;
		}
	return a;
}

static bool parse_members(struct fb_view *view, struct json_object *array)
{
	struct fb_unpacker r = fb_unpack_open(array);
	size_t count = r.bad ? 0 : json_object_array_length(array) / 3;

	if (count && !(view->member = calloc(count, sizeof(*view->member))))
		return false;
	while (view->members < count && !r.bad) {
		struct fb_member *member = &view->member[view->members++];

		member->name = fb_unpack_text(&r);
		member->member = fb_unpack_bool(&r);
		member->manager = fb_unpack_bool(&r);
	}
	return fb_unpack_done(&r);
}

static bool parse_view(struct fb_view *view, struct json_object *array)
{
	struct fb_unpacker r = fb_unpack_open(array);
	char *name = fb_unpack_text(&r);

	view->account = fb_unpack_bool(&r);
	view->qos = fb_unpack_bool(&r);
	view->gpus = fb_unpack_int(&r, FB_UNLIMITED, INT64_MAX);
	view->user_gpus = fb_unpack_int(&r, FB_UNLIMITED, INT64_MAX);
	view->job_gpus = fb_unpack_int(&r, FB_UNLIMITED, INT64_MAX);
	view->max_time = (uint32_t)fb_unpack_int(&r, 0, UINT32_MAX);
	bool good = name && fb_name_valid(name, strlen(name));
	if (good)
		snprintf(view->name, sizeof(view->name), "%s", name);
	free(name);
	struct json_object *members = fb_unpack_array(&r);
	return good && fb_unpack_done(&r) && parse_members(view, members);
}

/* The parsed ones, in their order, in place of what the settings made. */
static void put_in_place(struct fb_views *views, struct fb_view *parsed, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct fb_view *with = fb_views_find(views, parsed[i].name);

		parsed[i].settings = with ? with->settings : NULL;
	}
	free(views->view);
	views->view = parsed;
	views->count = count;
}

int fb_views_parse(struct fb_views *views, struct json_object *json)
{
	size_t count = json_object_is_type(json, json_type_array) ? json_object_array_length(json) : 0;
	struct fb_views parsed = { .view = calloc(count + 1, sizeof(*parsed.view)) };
	bool good = parsed.view && json_object_is_type(json, json_type_array) && count <= 2 * FB_POLICY_WORKSPACES_MAX;

	while (good && parsed.count < count) {
		struct fb_view *view = &parsed.view[parsed.count++];

		good = parse_view(view, json_object_array_get_idx(json, parsed.count - 1)) &&
		       (parsed.count < 2 || strcmp(view[-1].name, view->name) < 0);
	}
	if (good) {
		put_in_place(views, parsed.view, parsed.count);
		return 0;
	}
	fb_views_free(&parsed);
	return -1;
}
