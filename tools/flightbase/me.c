/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/me.h"

#include <errno.h>
#include <pwd.h>
#include <slurm/slurm_errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "flightbase/libslurm.h"
#include "flightbase/list.h"
#include "flightbase/quiet.h"
#include "flightbase/slurm_start.h"


static enum fb_level level_of(uint16_t admin_level)
{
	switch (admin_level) {
	case SLURMDB_ADMIN_OPERATOR:
		return FB_LEVEL_OPERATOR;
	case SLURMDB_ADMIN_SUPER_USER:
		return FB_LEVEL_ADMINISTRATOR;
	default:
		return FB_LEVEL_NONE;
	}
}

const char *fb_level_name(enum fb_level level)
{
	static const char *const names[] = { "None", "Operator", "Administrator" };

	return names[level];
}

void fb_me_name(struct fb_me *me)
{
	uid_t uid = getuid();
	const struct passwd *user = getpwuid(uid);

	*me = (struct fb_me){ .level = FB_LEVEL_NONE };
	if (user)
		snprintf(me->name, sizeof(me->name), "%s", user->pw_name);
	else
		snprintf(me->name, sizeof(me->name), "%u", (unsigned int)uid);
	fb_slurm_start();
	if (uid == 0 || uid == slurm_conf.slurm_user_id)
		me->level = FB_LEVEL_ADMINISTRATOR;
}

/* Users that fit the condition, or NULL with err. */
static list_t *get_users(struct fb_db *db, slurmdb_user_cond_t *cond, struct fb_err *err)
{
	errno = 0;
	int quiet = fb_quiet_begin();
	list_t *list = slurmdb_users_get(db->connection, cond);
	fb_quiet_end(quiet);

	/* With PrivateData=users, a user whom the accounting does not know gets no list at all. */
	if (!list && errno)
		fb_err_set(err, "slurmdbd: the users cannot be read: %s", slurm_strerror(errno));
	return list || errno ? list : slurm_list_create(NULL);
}

int fb_user_level(struct fb_db *db, const char *name, enum fb_level *level, bool *known, struct fb_err *err)
{
	slurmdb_assoc_cond_t assoc = { .user_list = fb_list_of(name) };
	slurmdb_user_cond_t cond = { .assoc_cond = &assoc };
	list_t *list = get_users(db, &cond, err);

	slurm_list_destroy(assoc.user_list);
	if (!list)
		return -1;
	list_itr_t *iterator = slurm_list_iterator_create(list);
	const slurmdb_user_rec_t *user = slurm_list_next(iterator);
	*known = user != NULL;
	*level = user ? level_of(user->admin_level) : FB_LEVEL_NONE;
	slurm_list_iterator_destroy(iterator);
	slurm_list_destroy(list);
	return 0;
}

int fb_me_load(struct fb_db *db, struct fb_me *me, struct fb_err *err)
{
	enum fb_level level;
	bool known;

	fb_me_name(me);
	if (fb_user_level(db, me->name, &level, &known, err))
		return -1;
	if (level > me->level)
		me->level = level;
	return 0;
}

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct fb_me *)a)->name, ((const struct fb_me *)b)->name);
}

int fb_admins_load(struct fb_db *db, struct fb_me **admin, size_t *count, struct fb_err *err)
{
	slurmdb_user_cond_t cond = { .assoc_cond = NULL };
	list_t *list = get_users(db, &cond, err);

	if (!list)
		return -1;
	*count = 0;
	*admin = calloc((size_t)slurm_list_count(list) + 1, sizeof(**admin));
	list_itr_t *iterator = slurm_list_iterator_create(list);
	for (const slurmdb_user_rec_t *user; *admin && (user = slurm_list_next(iterator));) {
		if (!user->name || level_of(user->admin_level) == FB_LEVEL_NONE)
			continue;
		(*admin)[*count].level = level_of(user->admin_level);
		snprintf((*admin)[(*count)++].name, sizeof((*admin)->name), "%s", user->name);
	}
	slurm_list_iterator_destroy(iterator);
	slurm_list_destroy(list);
	if (!*admin)
		return fb_err_set(err, "out of memory for the users");
	qsort(*admin, *count, sizeof(**admin), compare);
	return 0;
}
