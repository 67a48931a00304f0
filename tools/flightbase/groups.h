/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Unix groups of this machine, and who is in them. */
#ifndef FB_GROUPS_H
#define FB_GROUPS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "common/err.h"
#include "common/name.h"

/* The group's id. Return 0, or -1 with err: there is no such group, or who knows it does not answer. */
int fb_group_find(const char *name, gid_t *gid, struct fb_err *err);

struct fb_group_text {
	char text[FB_NAME_MAX + 1];
};

/* "staff", or the number of a group without a name. */
struct fb_group_text fb_group_text(gid_t gid);

/* Would a login of the user have it? */
bool fb_group_has(gid_t gid, const char *user);

/* Does this process have it? */
bool fb_group_is_mine(gid_t gid);

struct fb_group_user {
	char *name;
	bool primary; /* it is the user's primary group */
};

/*
 * Who is in a group: whom it names, and whose primary group it is. A directory service may keep either to itself; who
 * is known by name should be asked for with fb_group_has as well.
 */
struct fb_group_users {
	gid_t gid;
	size_t count;
	struct fb_group_user *user;
};

/* Return 0, or -1: out of memory; users is then empty. fb_group_users_free takes an empty one too. */
int fb_group_users_load(struct fb_group_users *users, gid_t gid);
int fb_group_users_add(struct fb_group_users *users, const char *name, bool primary); /* unless there is one of this name */
void fb_group_users_free(struct fb_group_users *users);
const struct fb_group_user *fb_group_users_find(const struct fb_group_users *users, const char *name); /* NULL: not in it */

#endif
