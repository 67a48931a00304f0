/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Users as Slurm's accounting knows them; the roles are in DESIGN 1: an admin is Operator, Administrator or root. */
#ifndef FB_ME_H
#define FB_ME_H

#include <stdbool.h>
#include <stddef.h>

#include "flightbase/db.h"

#define FB_USER_NAME_MAX 255

enum fb_level { FB_LEVEL_NONE, FB_LEVEL_OPERATOR, FB_LEVEL_ADMINISTRATOR };

struct fb_me {
	char name[FB_USER_NAME_MAX + 1];
	enum fb_level level;
};

/* The caller: the real user. Root, and the user that Slurm's daemons run as, may everything. */
void fb_me_name(struct fb_me *me); /* the name, and the level that needs no database */
int fb_me_load(struct fb_db *db, struct fb_me *me, struct fb_err *err);

/* The level of any user; a user the accounting does not know has none. */
int fb_user_level(struct fb_db *db, const char *name, enum fb_level *level, bool *known, struct fb_err *err);

/* All users with a level above none, by name. Return 0, or -1 with err; free() *admin. */
int fb_admins_load(struct fb_db *db, struct fb_me **admin, size_t *count, struct fb_err *err);

const char *fb_level_name(enum fb_level level); /* as sacctmgr prints it: "None", "Operator", "Administrator" */

#endif
