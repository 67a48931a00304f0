/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/groups.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int fb_group_find(const char *name, gid_t *gid, struct fb_err *err)
{
	errno = 0;
	const struct group *group = getgrnam(name);

	if (group) {
		*gid = group->gr_gid;
		return 0;
	}
	if (errno && errno != ENOENT && errno != ESRCH)
		return fb_err_set(err, "group '%.63s': cannot be looked up: %s", name, strerror(errno));
	return fb_err_set(err, "group '%.63s': unknown on this machine; check the name, or create the group first", name);
}

struct fb_group_text fb_group_text(gid_t gid)
{
	struct fb_group_text name;
	const struct group *group = getgrgid(gid);

	if (group)
		snprintf(name.text, sizeof(name.text), "%s", group->gr_name);
	else
		snprintf(name.text, sizeof(name.text), "%u", (unsigned int)gid);
	return name;
}

/* All groups of a user, for the caller to free; NULL: there is no such user, or no memory. */
static gid_t *groups_of(const char *name, int *count)
{
	const struct passwd *user = getpwnam(name);
	gid_t primary = user ? user->pw_gid : 0, *groups = NULL;
	int room = 0;

	/* When they do not fit, count becomes how many there are. */
	*count = user ? 64 : 0;
	while (*count > room) {
		gid_t *grown = reallocarray(groups, (size_t)*count, sizeof(*groups));

		if (!grown)
			break;
		groups = grown;
		room = *count;
		if (getgrouplist(name, primary, groups, count) >= 0)
			return groups;
	}
	free(groups);
	return NULL;
}

bool fb_group_has(gid_t gid, const char *user)
{
	int count;
	gid_t *groups = groups_of(user, &count);
	bool has = false;

	for (int i = 0; groups && i < count; i++)
		has |= groups[i] == gid;
	free(groups);
	return has;
}

bool fb_group_is_mine(gid_t gid)
{
	return getegid() == gid || group_member(gid);
}

const struct fb_group_user *fb_group_users_find(const struct fb_group_users *users, const char *name)
{
	for (size_t i = 0; i < users->count; i++)
		if (!strcmp(users->user[i].name, name))
			return &users->user[i];
	return NULL;
}

int fb_group_users_add(struct fb_group_users *users, const char *name, bool primary)
{
	if (fb_group_users_find(users, name))
		return 0;
	struct fb_group_user *grown = reallocarray(users->user, users->count + 1, sizeof(*grown));
	if (!grown)
		return -1;
	users->user = grown;
	char *copy = strdup(name);
	if (!copy)
		return -1;
	grown[users->count++] = (struct fb_group_user){ copy, primary };
	return 0;
}

int fb_group_users_load(struct fb_group_users *users, gid_t gid)
{
	const struct group *group = getgrgid(gid);
	int rc = 0;

	*users = (struct fb_group_users){ .gid = gid };
	for (char **name = group ? group->gr_mem : NULL; !rc && name && *name; name++)
		rc = fb_group_users_add(users, *name, false);
	setpwent();
	for (const struct passwd *user; !rc && (user = getpwent());)
		if (user->pw_gid == gid)
			rc = fb_group_users_add(users, user->pw_name, true);
	endpwent();
	if (rc)
		fb_group_users_free(users);
	return rc;
}

void fb_group_users_free(struct fb_group_users *users)
{
	for (size_t i = 0; i < users->count; i++)
		free(users->user[i].name);
	free(users->user);
	*users = (struct fb_group_users){ .count = 0 };
}
