/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A workspace in a site file: the keys of its settings file (flightbase.json(5)) and, beside them, those that the
 * accounting keeps.
 */
#include <stdio.h>
#include <string.h>

#include "common/duration.h"
#include "common/policy_parse.h"
#include "flightbase/spec.h"

static const char *const accounting_keys[] = { "gpus", "max_gpus_per_user", "max_gpus_per_job", "max_time", "managers", "members" };

static bool of_accounting(const char *key)
{
	for (size_t i = 0; i < sizeof(accounting_keys) / sizeof(accounting_keys[0]); i++)
		if (!strcmp(key, accounting_keys[i]))
			return true;
	return false;
}

static int read_gpus(int64_t *gpus, const struct fb_json *at, const char *key, struct fb_err *err)
{
	struct fb_json member;

	return fb_json_member(at, key, &member) ? fb_json_need_int(&member, 0, FB_POLICY_GPUS_MAX, gpus, err) : 0;
}

static int read_max_time(uint32_t *minutes, const struct fb_json *at, struct fb_err *err)
{
	struct fb_json member;
	const char *text;
	struct fb_err why;

	if (!fb_json_member(at, "max_time", &member))
		return 0;
	if (fb_json_need_string(&member, FB_DURATION_TEXT_MAX, &text, err))
		return -1;
	return fb_duration_parse(text, minutes, &why) ? fb_json_error(&member, err, "%s", why.text) : 0;
}

/* seen: the names of this list so far; who is in both lists is a manager. */
static int read_user(struct fb_spec *spec, const struct fb_json *at, bool manager, struct json_object *seen, struct fb_err *err)
{
	const char *name;

	if (fb_json_need_string(at, FB_USER_NAME_MAX, &name, err))
		return -1;
	if (!fb_user_name_valid(name))
		return fb_json_error(at, err, "'%s' is no user's name", name);
	if (json_object_object_get_ex(seen, name, NULL))
		return fb_json_error(at, err, "'%s' is there twice", name);
	if (json_object_object_add(seen, name, NULL) || fb_spec_add_member(spec, name, manager, err))
		return -1;
	if (manager && !spec->owner[0])
		snprintf(spec->owner, sizeof(spec->owner), "%s", name);
	return 0;
}

static int read_users(struct fb_spec *spec, const struct fb_json *at, const char *key, bool managers, struct fb_err *err)
{
	struct fb_json list;
	int rc = 0;

	if (!fb_json_member(at, key, &list))
		return managers ? fb_json_error(at, err, "key '%s' is missing: a workspace needs a manager", key) : 0;
	if (fb_json_need_array(&list, managers, FB_SPEC_MEMBERS_MAX, err))
		return -1;
	struct json_object *seen = json_object_new_object();
	for (size_t i = 0; !rc && i < fb_json_length(&list); i++) {
		struct fb_json element = fb_json_element(&list, i);

		rc = read_user(spec, &element, managers, seen, err);
	}
	json_object_put(seen);
	return rc;
}

/* Everything else is the settings file's; its own reader checks it, and its errors name the line in this file. */
static int read_settings(struct fb_spec *spec, const struct fb_json *at, struct fb_err *err)
{
	struct fb_json settings = *at;

	settings.value = spec->settings;
	json_object_object_foreach(at->value, key, value)
	{
		/* Also a null, which the reader refuses. */
		if (!of_accounting(key) && json_object_object_add(spec->settings, key, json_object_get(value)))
			return fb_err_set(err, "out of memory");
	}
	struct fb_workspace *workspace = fb_workspace_parse(spec->name, &settings, err);
	if (!workspace)
		return -1;
	fb_workspace_destroy(workspace);
	return 0;
}

static int read_all(struct fb_spec *spec, const struct fb_json *at, struct fb_err *err)
{
	struct fb_json member;
	int64_t guarantee = 0;

	if (read_gpus(&spec->gpus, at, "gpus", err) || read_gpus(&spec->user_gpus, at, "max_gpus_per_user", err) ||
	    read_gpus(&spec->job_gpus, at, "max_gpus_per_job", err) || read_max_time(&spec->max_time, at, err) ||
	    read_users(spec, at, "managers", true, err) || read_users(spec, at, "members", false, err) ||
	    read_settings(spec, at, err))
		return -1;
	if (fb_json_member(at, "guarantee", &member) && fb_json_need_int(&member, 0, FB_POLICY_GPUS_MAX, &guarantee, err))
		return -1;
	if (spec->gpus != FB_UNLIMITED && guarantee > spec->gpus)
		return fb_json_error(&member, err, "%lld GPUs guaranteed, but the quota is %lld", (long long)guarantee,
				     (long long)spec->gpus);
	return 0;
}

int fb_spec_parse(struct fb_spec *spec, const char *name, const struct fb_json *at, struct fb_err *err)
{
	struct fb_err why;

	*spec = (struct fb_spec){ .members = 0 };
	if (fb_name_check(name, &why))
		return fb_json_error(at, err, "%s", why.text);
	if (fb_json_need_object(at, NULL, err) || fb_spec_init(spec, name, err))
		return -1;
	if (!read_all(spec, at, err))
		return 0;
	fb_spec_free(spec);
	return -1;
}

static void add_gpus(struct json_object *object, const char *key, int64_t gpus)
{
	if (gpus != FB_UNLIMITED)
		json_object_object_add(object, key, json_object_new_int64(gpus));
}

/* The owner of the directory comes first among the managers; the others by name. */
static void add_users(const struct fb_spec *spec, struct json_object *managers, struct json_object *members)
{
	if (spec->owner[0])
		json_object_array_add(managers, json_object_new_string(spec->owner));
	for (size_t i = 0; i < spec->members; i++) {
		const struct fb_member *member = &spec->member[i];

		if (member->manager && strcmp(member->name, spec->owner))
			json_object_array_add(managers, json_object_new_string(member->name));
		else if (!member->manager)
			json_object_array_add(members, json_object_new_string(member->name));
	}
}

struct json_object *fb_spec_to_json(const struct fb_spec *spec)
{
	struct json_object *object = json_object_new_object(), *managers = json_object_new_array(),
			   *members = json_object_new_array();

	if (!object || !managers || !members) {
		json_object_put(object);
		json_object_put(managers);
		json_object_put(members);
		return NULL;
	}
	add_gpus(object, "gpus", spec->gpus);
	add_gpus(object, "max_gpus_per_user", spec->user_gpus);
	add_gpus(object, "max_gpus_per_job", spec->job_gpus);
	if (spec->max_time) {
		char text[FB_DURATION_TEXT_MAX];

		fb_duration_format(spec->max_time, text, sizeof(text));
		json_object_object_add(object, "max_time", json_object_new_string(text));
	}
	add_users(spec, managers, members);
	json_object_object_add(object, "managers", managers);
	json_object_object_add(object, "members", members);
	json_object_object_foreach(spec->settings, key, value)
		json_object_object_add(object, key, json_object_get(value));
	return object;
}
