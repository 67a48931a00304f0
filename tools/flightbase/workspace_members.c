/* SPDX-License-Identifier: GPL-2.0-or-later */
/* workspace add-user, remove-user, set-manager. A manager may do the first two; the last is an administrator's. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flightbase/commands.h"
#include "flightbase/spec_options.h"
#include "flightbase/workspace_edit.h"

enum { DRY_RUN, CANCEL };

const struct fb_cli_option fb_workspace_member_options[] = {
	[DRY_RUN] = { "dry-run", NULL, "print what would be done, and do nothing", NULL },
	{ .name = NULL },
};

const struct fb_cli_option fb_workspace_remove_options[] = {
	[DRY_RUN] = { "dry-run", NULL, "print what would be done, and do nothing", NULL },
	[CANCEL] = { "cancel", NULL, "cancel the jobs of those who leave", NULL },
	{ .name = NULL },
};

typedef int (*edit_one)(struct fb_spec *spec, const char *user, struct fb_err *err);

/* Calls one for each name of args->word[1]. */
static int each(struct fb_spec *spec, const struct fb_args *args, edit_one one, struct fb_err *err, bool *usage)
{
	char **names;
	size_t count;
	int rc = 0;

	if (fb_users_split(args->word[1], &names, &count, err)) {
		*usage = true;
		return -1;
	}
	for (size_t i = 0; !rc && i < count; i++)
		rc = one(spec, names[i], err);
	free(names[0]);
	free(names);
	return rc;
}

static int add(struct fb_spec *spec, const char *user, struct fb_err *err)
{
	return fb_spec_add_member(spec, user, false, err);
}

static int edit_add(struct fb_spec *spec, const struct fb_args *args, struct fb_err *err, bool *usage)
{
	return each(spec, args, add, err, usage);
}

static int drop(struct fb_spec *spec, const char *user, struct fb_err *err)
{
	const struct fb_member *member = fb_spec_member(spec, user);

	if (member && member->manager)
		return fb_err_set(err, "workspace '%s': %s is a manager; let another manage it first, with workspace set-manager",
				  spec->name, user);
	fb_spec_remove_member(spec, user);
	return 0;
}

static int edit_remove(struct fb_spec *spec, const struct fb_args *args, struct fb_err *err, bool *usage)
{
	return each(spec, args, drop, err, usage);
}

static int promote(struct fb_spec *spec, const char *user, struct fb_err *err)
{
	struct fb_member *member = fb_spec_member(spec, user);

	if (!member)
		return fb_err_set(err, "workspace '%s': %s is no member, and only a member can manage it; let the user in first, with workspace add-user",
				  spec->name, user);
	member->manager = true;
	if (!spec->owner[0])
		snprintf(spec->owner, sizeof(spec->owner), "%s", user);
	return 0;
}

static int edit_managers(struct fb_spec *spec, const struct fb_args *args, struct fb_err *err, bool *usage)
{
	for (size_t i = 0; i < spec->members; i++)
		spec->member[i].manager = false;
	spec->owner[0] = '\0';
	return each(spec, args, promote, err, usage);
}

/* Who is a member already, or none, is refused as such, unless something of it is missing: then that is completed. */
static const char *nothing(const struct fb_args *args, const char *one, const char *several)
{
	static char text[200];

	snprintf(text, sizeof(text), "workspace '%.63s': %.80s: %s; nothing was changed", args->word[0], args->word[1],
		 strchr(args->word[1], ',') ? several : one);
	return text;
}

int fb_workspace_add_user(const struct fb_args *args)
{
	const struct fb_edit edits = { .edit = edit_add, .dry_run = args->value[DRY_RUN], .keep_closed = true,
				       .nothing = nothing(args, "a member already", "members already") };

	return fb_workspace_edit(args, &edits);
}

int fb_workspace_remove_user(const struct fb_args *args)
{
	const struct fb_edit edits = { .edit = edit_remove, .dry_run = args->value[DRY_RUN], .cancel = args->value[CANCEL],
				       .keep_closed = true, .nothing = nothing(args, "no member", "no members") };

	return fb_workspace_edit(args, &edits);
}

int fb_workspace_set_manager(const struct fb_args *args)
{
	const struct fb_edit edits = { .edit = edit_managers, .dry_run = args->value[DRY_RUN], .keep_closed = true };

	return fb_workspace_edit(args, &edits);
}
