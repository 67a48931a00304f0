/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/spec_options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/access.h"
#include "common/duration.h"
#include "common/number.h"

#define SHARED_OPTIONS                                                                                                  \
	[FB_SPEC_GPUS] = { "gpus", "N", "quota: most GPUs at a time", NULL },                                           \
	[FB_SPEC_MANAGER] = { "manager", "USER[,USER]", "its managers; the first owns the directories", "user" },      \
	[FB_SPEC_USER] = { "user", "USER[,USER]", "its other members", "user" },                                        \
	[FB_SPEC_FROM] = { "from", "DATE", "first day of its period", NULL },                                           \
	[FB_SPEC_UNTIL] = { "until", "DATE", "last day of its period", NULL },                                          \
	[FB_SPEC_GUARANTEE] = { "guarantee", "N", "GPUs that are kept free for it", NULL },                             \
	[FB_SPEC_USER_GPUS] = { "max-gpus-per-user", "N", "most GPUs of a user at a time", NULL },                      \
	[FB_SPEC_JOB_GPUS] = { "max-gpus-per-job", "N", "most GPUs of a job", NULL },                                   \
	[FB_SPEC_MAX_TIME] = { "max-time", "TIME", "longest time of a job, as sbatch --time", NULL },                   \
	[FB_SPEC_IMAGES] = { "images", "PATTERN[,..]", "images that its jobs may use", NULL },                          \
	[FB_SPEC_TRAINING] = { "training", "TYPE[,TYPE]", "training types that it may run", "advanced builtin jupyter" }, \
	[FB_SPEC_MIN_RUN] = { "min-run", "TIME", "least time that a job gets before the period's end", NULL },         \
	[FB_SPEC_DESCRIPTION] = { "description", "TEXT", "a line for people", NULL },                                   \
	[FB_SPEC_ACCESS] = { "access", "acl|group[:NAME]", "who its directories let in: each member by an entry, or a Unix group", "acl group" }, \
	[FB_SPEC_DRY_RUN] = { "dry-run", NULL, "print what would be done, and do nothing", NULL }

const struct fb_cli_option fb_workspace_create_options[] = { SHARED_OPTIONS, { .name = NULL } };

const struct fb_cli_option fb_workspace_modify_options[] = {
	SHARED_OPTIONS,
	{ "reopen", NULL, "take submissions again after a delete --drain", NULL },
	{ .name = NULL },
};

/* Where in the settings file an option's value lies. */
static const char *const settings_key[FB_SPEC_OPTIONS] = {
	[FB_SPEC_FROM] = "from",	 [FB_SPEC_UNTIL] = "until",	  [FB_SPEC_GUARANTEE] = "guarantee",
	[FB_SPEC_IMAGES] = "images",	 [FB_SPEC_TRAINING] = "training", [FB_SPEC_MIN_RUN] = "min_run",
	[FB_SPEC_DESCRIPTION] = "description",
};

static bool none(const char *text)
{
	return !strcmp(text, "none");
}

static int read_gpus(int64_t *gpus, const char *text, struct fb_err *err)
{
	*gpus = FB_UNLIMITED;
	return none(text) ? 0 : fb_number_parse(text, 0, FB_POLICY_GPUS_MAX, gpus, err);
}

static int set_guarantee(struct fb_spec *spec, const char *text, struct fb_err *err)
{
	int64_t gpus;

	if (fb_number_parse(text, 0, FB_POLICY_GPUS_MAX, &gpus, err))
		return -1;
	return fb_spec_set(spec, "guarantee", gpus ? json_object_new_int64(gpus) : NULL, err);
}

static int set_date(struct fb_spec *spec, const char *key, const char *text, enum fb_instant_edge edge, struct fb_err *err)
{
	time_t instant;

	return fb_instant_parse(text, edge, &instant, err) ? -1 : fb_spec_set(spec, key, json_object_new_string(text), err);
}

static int set_min_run(struct fb_spec *spec, const char *text, struct fb_err *err)
{
	uint32_t minutes;

	return fb_duration_parse(text, &minutes, err) ? -1 : fb_spec_set(spec, "min_run", json_object_new_string(text), err);
}

static int check_pattern(const char *pattern, struct fb_err *err)
{
	if (!*pattern)
		return fb_err_set(err, "an empty pattern");
	if (strlen(pattern) > FB_POLICY_TEXT_MAX)
		return fb_err_set(err, "a pattern of %zu characters; at most %d are allowed", strlen(pattern), FB_POLICY_TEXT_MAX);
	for (const char *c = pattern; *c; c++)
		if (*c <= ' ' || *c == 0x7f)
			return fb_err_set(err, "a pattern has no blanks and no control characters");
	return 0;
}

static int check_training(const char *type, struct fb_err *err)
{
	return fb_policy_training(type) ? 0 : fb_err_set(err, "'%.40s' is unknown: advanced, builtin and jupyter are allowed", type);
}

/* "a,b" as a list; every item must pass check. */
static int set_list(struct fb_spec *spec, const char *key, const char *text, int (*check)(const char *, struct fb_err *),
		    struct fb_err *err)
{
	struct json_object *list = json_object_new_array();
	char *copy = strdup(text), *rest = copy;
	int rc = list && copy ? 0 : fb_err_set(err, "out of memory");

	for (char *item; !rc && (item = strsep(&rest, ","));)
		rc = check(item, err) || json_object_array_add(list, json_object_new_string(item)) ? -1 : 0;
	if (!rc && json_object_array_length(list) > FB_POLICY_PATTERNS_MAX)
		rc = fb_err_set(err, "%zu items; at most %d are allowed", json_object_array_length(list), FB_POLICY_PATTERNS_MAX);
	free(copy);
	if (!rc)
		return fb_spec_set(spec, key, list, err);
	json_object_put(list);
	return -1;
}

static int set_description(struct fb_spec *spec, const char *text, struct fb_err *err)
{
	if (strlen(text) > FB_POLICY_TEXT_MAX)
		return fb_err_set(err, "%zu bytes; at most %d are allowed", strlen(text), FB_POLICY_TEXT_MAX);
	for (const unsigned char *c = (const unsigned char *)text; *c; c++)
		if (*c < ' ' || *c == 0x7f)
			return fb_err_set(err, "control characters are not allowed");
	return fb_spec_set(spec, "description", json_object_new_string(text), err);
}

/* An ACL is the default and needs no key. */
static int set_access(struct fb_spec *spec, const char *text, struct fb_err *err)
{
	char group[FB_NAME_MAX + 1];

	if (fb_access_parse(text, spec->name, group, err))
		return -1;
	return fb_spec_set(spec, "access", *group ? json_object_new_string(text) : NULL, err);
}

int fb_users_split(const char *text, char ***names, size_t *count, struct fb_err *err)
{
	char *copy = strdup(text), *rest = copy, **list = calloc(strlen(text) + 1, sizeof(*list));
	size_t found = 0;
	int rc = copy && list ? 0 : fb_err_set(err, "out of memory");

	for (char *name; !rc && (name = strsep(&rest, ","));) {
		if (!fb_user_name_valid(name))
			rc = fb_err_set(err, "'%.40s' is no user's name", name);
		for (size_t i = 0; !rc && i < found; i++)
			if (!strcmp(list[i], name))
				rc = fb_err_set(err, "'%s' is there twice", name);
		list[found++] = name;
	}
	if (rc) {
		free(copy);
		free(list);
		return -1;
	}
	*names = list;
	*count = found;
	return 0;
}

/* Who was of that kind goes, unless named again: a manager who is replaced stays a member. */
static void clear_users(struct fb_spec *spec, bool managers)
{
	for (size_t i = spec->members; i-- > 0;) {
		if (managers)
			spec->member[i].manager = false;
		else if (!spec->member[i].manager)
			fb_spec_remove_member(spec, spec->member[i].name);
	}
	if (managers)
		spec->owner[0] = '\0';
}

static int set_users(struct fb_spec *spec, const char *text, bool managers, struct fb_err *err)
{
	char **names;
	size_t count;
	int rc = 0;

	if (fb_users_split(text, &names, &count, err))
		return -1;
	clear_users(spec, managers);
	for (size_t i = 0; !rc && i < count; i++)
		rc = fb_spec_add_member(spec, names[i], managers, err);
	if (!rc && managers)
		snprintf(spec->owner, sizeof(spec->owner), "%s", names[0]);
	free(names[0]);
	free(names);
	return rc;
}

static int set_value(struct fb_spec *spec, int option, const char *text, struct fb_err *err)
{
	if (settings_key[option] && none(text))
		return fb_spec_set(spec, settings_key[option], NULL, err);
	switch (option) {
	case FB_SPEC_GPUS:
		return read_gpus(&spec->gpus, text, err);
	case FB_SPEC_MANAGER:
	case FB_SPEC_USER:
		return set_users(spec, text, option == FB_SPEC_MANAGER, err);
	case FB_SPEC_FROM:
		return set_date(spec, "from", text, FB_INSTANT_BEGIN, err);
	case FB_SPEC_UNTIL:
		return set_date(spec, "until", text, FB_INSTANT_END, err);
	case FB_SPEC_GUARANTEE:
		return set_guarantee(spec, text, err);
	case FB_SPEC_USER_GPUS:
		return read_gpus(&spec->user_gpus, text, err);
	case FB_SPEC_JOB_GPUS:
		return read_gpus(&spec->job_gpus, text, err);
	case FB_SPEC_MAX_TIME:
		spec->max_time = 0;
		return none(text) ? 0 : fb_duration_parse(text, &spec->max_time, err);
	case FB_SPEC_IMAGES:
		return set_list(spec, "images", text, check_pattern, err);
	case FB_SPEC_TRAINING:
		return set_list(spec, "training", text, check_training, err);
	case FB_SPEC_MIN_RUN:
		return set_min_run(spec, text, err);
	case FB_SPEC_ACCESS:
		return set_access(spec, text, err);
	case FB_SPEC_DESCRIPTION:
		return set_description(spec, text, err);
	default:
		return 0;
	}
}

int fb_spec_apply_options(struct fb_spec *spec, const struct fb_args *args, struct fb_err *err)
{
	for (int option = 0; option < FB_SPEC_OPTIONS; option++)
		if (args->value[option] && set_value(spec, option, args->value[option], err))
			return fb_err_prefix(err, "option '--%s'", args->command->options[option].name);
	return 0;
}
