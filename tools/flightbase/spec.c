/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/spec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/access.h"
#include "common/policy_parse.h"
#include "flightbase/groups.h"
#include "flightbase/names.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

static int no_memory(struct fb_err *err)
{
	return fb_err_set(err, "out of memory");
}

bool fb_user_name_valid(const char *name)
{
	size_t length = strlen(name);

	return length > 0 && length <= FB_USER_NAME_MAX && strchr(LETTERS "0123456789_", name[0]) &&
	       strspn(name, LETTERS "0123456789_.-@$") == length;
}

int fb_spec_init(struct fb_spec *spec, const char *name, struct fb_err *err)
{
	*spec = (struct fb_spec){ .gpus = FB_UNLIMITED, .user_gpus = FB_UNLIMITED, .job_gpus = FB_UNLIMITED };
	snprintf(spec->name, sizeof(spec->name), "%s", name);
	spec->settings = json_object_new_object();
	return spec->settings ? 0 : no_memory(err);
}

void fb_spec_free(struct fb_spec *spec)
{
	for (size_t i = 0; i < spec->members; i++)
		free(spec->member[i].name);
	free(spec->member);
	json_object_put(spec->settings);
	*spec = (struct fb_spec){ .members = 0 };
}

struct fb_member *fb_spec_member(const struct fb_spec *spec, const char *user)
{
	for (size_t i = 0; i < spec->members; i++)
		if (!strcmp(spec->member[i].name, user))
			return &spec->member[i];
	return NULL;
}

size_t fb_spec_managers(const struct fb_spec *spec)
{
	size_t managers = 0;

	for (size_t i = 0; i < spec->members; i++)
		managers += spec->member[i].manager;
	return managers;
}

int fb_spec_add_member(struct fb_spec *spec, const char *user, bool manager, struct fb_err *err)
{
	struct fb_member *there = fb_spec_member(spec, user);
	size_t at = spec->members;

	if (there) {
		there->manager |= manager;
		return 0;
	}
	if (spec->members >= FB_SPEC_MEMBERS_MAX)
		return fb_err_set(err, "workspace '%s': more than %d members", spec->name, FB_SPEC_MEMBERS_MAX);
	struct fb_member *grown = realloc(spec->member, (spec->members + 1) * sizeof(*grown));
	if (!grown)
		return no_memory(err);
	spec->member = grown;
	char *copy = strdup(user);
	if (!copy)
		return no_memory(err);
	for (; at > 0 && strcmp(grown[at - 1].name, user) > 0; at--)
		grown[at] = grown[at - 1];
	grown[at] = (struct fb_member){ .name = copy, .member = true, .manager = manager, .uid = FB_NO_UID };
	spec->members++;
	return 0;
}

void fb_spec_remove_member(struct fb_spec *spec, const char *user)
{
	struct fb_member *member = fb_spec_member(spec, user);

	if (!member)
		return;
	size_t at = (size_t)(member - spec->member);
	free(member->name);
	memmove(member, member + 1, (--spec->members - at) * sizeof(*member));
	if (!strcmp(spec->owner, user))
		spec->owner[0] = '\0';
}

int fb_spec_from_view(struct fb_spec *spec, const struct fb_view *view, const char *owner, struct fb_err *err)
{
	if (fb_spec_init(spec, view->name, err))
		return -1;
	spec->gpus = view->gpus;
	spec->user_gpus = view->user_gpus;
	spec->job_gpus = view->job_gpus;
	spec->max_time = view->max_time;
	if (view->settings) {
		json_object_put(spec->settings);
		spec->settings = NULL;
		if (json_object_deep_copy(view->settings->source, &spec->settings, NULL))
			return no_memory(err);
	}
	for (size_t i = 0; i < view->members; i++)
		if (fb_spec_add_member(spec, view->member[i].name, view->member[i].manager, err))
			return -1;
	const struct fb_member *first = owner ? fb_spec_member(spec, owner) : NULL;
	for (size_t i = 0; !(first && first->manager) && i < spec->members; i++)
		first = spec->member[i].manager ? &spec->member[i] : NULL;
	if (first && first->manager)
		snprintf(spec->owner, sizeof(spec->owner), "%s", first->name);
	return 0;
}

static int resolve_group(struct fb_spec *spec, struct fb_err *err)
{
	struct json_object *access;

	spec->group[0] = '\0';
	if (!json_object_object_get_ex(spec->settings, "access", &access))
		return 0;
	if (fb_access_parse(json_object_get_string(access), spec->name, spec->group, err))
		return -1;
	return spec->group[0] ? fb_group_find(spec->group, &spec->gid, err) : 0;
}

int fb_spec_resolve(struct fb_spec *spec, const struct fb_view *view, struct fb_err *err)
{
	for (size_t i = 0; i < spec->members; i++) {
		struct fb_member *member = &spec->member[i];
		const struct fb_member *have = fb_view_member(view, member->name);
		bool known = !fb_user_find(member->name, &member->uid, err);

		if (!known && (!have || !have->member || !strcmp(member->name, spec->owner)))
			return -1;
	}
	return resolve_group(spec, err);
}

int fb_spec_set(struct fb_spec *spec, const char *key, struct json_object *value, struct fb_err *err)
{
	if (!value) {
		json_object_object_del(spec->settings, key);
		return 0;
	}
	if (json_object_object_add(spec->settings, key, value)) {
		json_object_put(value);
		return no_memory(err);
	}
	return 0;
}

struct fb_workspace *fb_spec_settings(const struct fb_spec *spec, struct fb_err *err)
{
	const char *text = json_object_to_json_string_ext(spec->settings, JSON_C_TO_STRING_PRETTY);
	struct fb_workspace *workspace = NULL;
	struct fb_json_doc doc;
	char name[FB_NAME_MAX + 32];

	if (!text) {
		no_memory(err);
		return NULL;
	}
	snprintf(name, sizeof(name), "settings of '%s'", spec->name);
	if (fb_json_doc_parse(&doc, name, text, strlen(text), err))
		return NULL;
	struct fb_json root = fb_json_root(&doc);
	workspace = fb_workspace_parse(spec->name, &root, err);
	fb_json_doc_free(&doc);
	return workspace;
}

/* Before the settings are read as a whole, so that the message does not speak of a file that is not written yet. */
static int check_period(const struct fb_spec *spec, struct fb_err *err)
{
	struct json_object *from, *until;
	time_t begin, end;

	if (!json_object_object_get_ex(spec->settings, "from", &from) || !json_object_object_get_ex(spec->settings, "until", &until) ||
	    fb_instant_parse(json_object_get_string(from), FB_INSTANT_BEGIN, &begin, NULL) ||
	    fb_instant_parse(json_object_get_string(until), FB_INSTANT_END, &end, NULL) || begin < end)
		return 0;
	return fb_err_set(err, "workspace '%s': its end, %s, is not after its start, %s", spec->name,
			  json_object_get_string(until), json_object_get_string(from));
}

int fb_spec_check(const struct fb_spec *spec, struct fb_err *err)
{
	if (check_period(spec, err))
		return -1;
	struct fb_workspace *settings = fb_spec_settings(spec, err);
	if (!settings)
		return -1;
	unsigned int guarantee = settings->guarantee;
	fb_workspace_destroy(settings);
	if (spec->gpus != FB_UNLIMITED && guarantee > spec->gpus)
		return fb_err_set(err, "workspace '%s': %u GPUs guaranteed, but its quota is %lld; the guarantee is at most the quota",
				  spec->name, guarantee, (long long)spec->gpus);
	if (!fb_spec_managers(spec))
		return fb_err_set(err, "workspace '%s': no manager: it needs one at least; name one with --manager", spec->name);
	return 0;
}
