/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/caller.h"

#include <errno.h>
#include <slurm/slurm_errno.h>
#include <stdio.h>
#include <unistd.h>

#include "flightbase/controller.h"
#include "flightbase/libslurm.h"
#include "flightbase/list.h"
#include "flightbase/names.h"
#include "flightbase/quiet.h"

static int load_level(struct fb_caller *caller, struct fb_db *db, struct fb_err *err)
{
	list_t *names = fb_list_of(caller->name);
	slurmdb_assoc_cond_t users = { .user_list = names };
	slurmdb_user_cond_t cond = { .assoc_cond = &users, .admin_level = SLURMDB_ADMIN_NOTSET };

	int quiet = fb_quiet_begin();
	list_t *list = slurmdb_users_get(db->connection, &cond);
	fb_quiet_end(quiet);
	slurm_list_destroy(names);
	if (!list)
		return fb_err_set(err, "slurmdbd: user '%s' cannot be looked up: %s", caller->name, slurm_strerror(errno));
	const slurmdb_user_rec_t *user = fb_list_first(list);
	if (user) {
		caller->operator = user->admin_level >= SLURMDB_ADMIN_OPERATOR;
		caller->administrator = user->admin_level >= SLURMDB_ADMIN_SUPER_USER;
	}
	slurm_list_destroy(list);
	return 0;
}

int fb_caller_load(struct fb_caller *caller, struct fb_db *db, struct fb_err *err)
{
	*caller = (struct fb_caller){ .uid = geteuid(), .root = geteuid() == 0, .here = fb_controller_here() };
	snprintf(caller->name, sizeof(caller->name), "%s", fb_user_text(caller->uid).text);
	if (caller->root || caller->uid == slurm_conf.slurm_user_id) {
		caller->operator = caller->administrator = true;
		return 0;
	}
	return load_level(caller, db, err);
}
