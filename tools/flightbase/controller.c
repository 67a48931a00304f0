/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/controller.h"

#include <errno.h>
#include <slurm/slurm_errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "flightbase/jobs.h"
#include "flightbase/libslurm.h"
#include "flightbase/list.h"
#include "flightbase/quiet.h"

/* "ctl" is "ctl.example.org". */
static bool same_host(const char *a, const char *b)
{
	size_t length = strcspn(a, ".");

	return length == strcspn(b, ".") && !strncmp(a, b, length) && (!a[length] || !b[length] || !strcmp(a, b));
}

bool fb_controller_here(void)
{
	char host[256];

	if (gethostname(host, sizeof(host)))
		return false;
	host[sizeof(host) - 1] = '\0';
	for (uint32_t i = 0; i < slurm_conf.control_cnt; i++)
		if (slurm_conf.control_machine[i] && same_host(slurm_conf.control_machine[i], host))
			return true;
	return false;
}

const char *fb_controller_host(void)
{
	return slurm_conf.control_cnt && slurm_conf.control_machine[0] ? slurm_conf.control_machine[0] : "(none)";
}

bool fb_controller_up(void)
{
	bool up = false;
	int quiet = fb_quiet_begin();

	for (uint32_t i = 0; !up && i < slurm_conf.control_cnt; i++)
		up = slurm_ping((int)i) == SLURM_SUCCESS;
	fb_quiet_end(quiet);
	return up;
}

int fb_controller_gpus(int64_t *gpus, struct fb_err *err)
{
	node_info_msg_t *nodes;

	if (slurm_load_node((time_t)0, &nodes, SHOW_ALL))
		return fb_err_set(err, "slurmctld: the nodes cannot be read: %s; see that it runs, then try again",
				  slurm_strerror(errno));
	*gpus = 0;
	for (uint32_t i = 0; i < nodes->record_count; i++)
		if (nodes->node_array[i].name)
			*gpus += fb_tres_count(nodes->node_array[i].tres_fmt_str, "gres/gpu");
	slurm_free_node_info_msg(nodes);
	return 0;
}

static int load(const char *account, list_t *users, uint32_t flags, assoc_mgr_info_msg_t **info, struct fb_err *err)
{
	assoc_mgr_info_request_msg_t request = { .flags = flags, .user_list = users };

	request.acct_list = fb_list_of(account);
	int rc = slurm_load_assoc_mgr_info(&request, info);
	slurm_list_destroy(request.acct_list);
	return rc ? fb_err_set(err, "slurmctld: its associations cannot be read: %s", slurm_strerror(errno)) : 0;
}

/* Are the account and its members there as in spec; spec NULL: is nothing there? */
static bool associations_match(const struct fb_db *db, const struct fb_spec *spec, list_t *list)
{
	list_itr_t *iterator = list ? slurm_list_iterator_create(list) : NULL;
	size_t members = 0, strangers = 0;
	bool account = false, quota = false;

	for (const slurmdb_assoc_rec_t *a; iterator && (a = slurm_list_next(iterator));) {
		account = true;
		if (!a->user)
			quota = spec && fb_db_tres_count(a->grp_tres, db->gpu_tres) == spec->gpus;
		else if (spec && fb_spec_member(spec, a->user))
			members++;
		else
			strangers++;
	}
	if (iterator)
		slurm_list_iterator_destroy(iterator);
	return spec ? quota && members >= spec->members && !strangers : !account;
}

static bool coordinates(const slurmdb_user_rec_t *user, const char *account)
{
	list_itr_t *iterator = user->coord_accts ? slurm_list_iterator_create(user->coord_accts) : NULL;
	bool found = false;

	for (const slurmdb_coord_rec_t *coordinator; iterator && !found && (coordinator = slurm_list_next(iterator));)
		found = coordinator->direct && coordinator->name && !strcmp(coordinator->name, account);
	if (iterator)
		slurm_list_iterator_destroy(iterator);
	return found;
}

/* Of the members, exactly the managers coordinate the account. */
static int managers_match(const struct fb_spec *spec, bool *match, struct fb_err *err)
{
	list_t *names = slurm_list_create(NULL);
	assoc_mgr_info_msg_t *info = NULL;

	for (size_t i = 0; i < spec->members; i++)
		slurm_list_append(names, spec->member[i].name);
	int rc = load(spec->name, names, ASSOC_MGR_INFO_FLAG_USERS, &info, err);
	slurm_list_destroy(names);
	if (rc)
		return -1;
	list_itr_t *iterator = info->user_list ? slurm_list_iterator_create(info->user_list) : NULL;
	for (const slurmdb_user_rec_t *user; iterator && (user = slurm_list_next(iterator));) {
		const struct fb_member *member = user->name ? fb_spec_member(spec, user->name) : NULL;

		*match &= !member || member->manager == coordinates(user, spec->name);
	}
	if (iterator)
		slurm_list_iterator_destroy(iterator);
	slurm_free_assoc_mgr_info_msg(info);
	return 0;
}

int fb_controller_knows(const struct fb_db *db, const char *account, const struct fb_spec *spec, struct fb_err *err)
{
	assoc_mgr_info_msg_t *info = NULL;

	if (load(account, NULL, ASSOC_MGR_INFO_FLAG_ASSOC, &info, err))
		return -1;
	bool match = associations_match(db, spec, info->assoc_list);
	slurm_free_assoc_mgr_info_msg(info);
	if (match && spec && managers_match(spec, &match, err))
		return -1;
	return match;
}
