/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who is a member and who manages, in one transaction. This is what a coordinator may do without being an administrator. */
#include <errno.h>
#include <slurm/slurm_errno.h>
#include <stdio.h>
#include <string.h>

#include "flightbase/ledger.h"
#include "flightbase/libslurm.h"
#include "flightbase/list.h"
#include "flightbase/quiet.h"
#include "flightbase/text.h"

/* Who is to be added and removed. The lists point into spec and view; a list that is empty is NULL. */
struct change {
	list_t *add, *promote, *demote, *remove;
};

static void put(list_t **list, char *name)
{
	if (!*list)
		*list = slurm_list_create(NULL);
	slurm_list_append(*list, name);
}

static void compare(struct change *change, const struct fb_spec *spec, const struct fb_view *view)
{
	for (size_t i = 0; i < spec->members; i++) {
		const struct fb_member *want = &spec->member[i], *have = fb_view_member(view, want->name);

		if (!have || !have->member)
			put(&change->add, want->name);
		if (want->manager && !(have && have->manager))
			put(&change->promote, want->name);
		if (!want->manager && have && have->manager)
			put(&change->demote, want->name);
	}
	for (size_t i = 0; i < view->members; i++) {
		const struct fb_member *have = &view->member[i];

		if (fb_spec_member(spec, have->name))
			continue;
		if (have->member)
			put(&change->remove, have->name);
		if (have->manager)
			put(&change->demote, have->name);
	}
}

static void release(struct change *change)
{
	list_t *lists[] = { change->add, change->promote, change->demote, change->remove };

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		if (lists[i])
			slurm_list_destroy(lists[i]);
}

static int fail(struct fb_db *db, const char *workspace, const char *verb, list_t *users, const char *said, struct fb_err *err)
{
	char names[160] = "", words[320];
	int error = errno;

	list_itr_t *iterator = slurm_list_iterator_create(users);
	for (const char *name; (name = slurm_list_next(iterator));)
		fb_text_list(names, sizeof(names), name);
	slurm_list_iterator_destroy(iterator);
	snprintf(words, sizeof(words), "%s cannot be %s '%s'", names, verb, workspace);
	errno = error;
	return fb_ledger_undo(db, err, words, said);
}

static int add(struct fb_db *db, list_t *accounts, list_t *clusters, const char *workspace, list_t *users, struct fb_err *err)
{
	slurmdb_user_rec_t user = { .admin_level = SLURMDB_ADMIN_NOTSET };
	slurmdb_add_assoc_cond_t what;

	slurmdb_init_add_assoc_cond(&what, false);
	what.acct_list = accounts;
	what.cluster_list = clusters;
	what.user_list = users;
	char *said = slurmdb_users_add_cond(db->connection, &what, &user);
	int rc = errno && errno != SLURM_NO_CHANGE_IN_DATA ? fail(db, workspace, "added to", users, said, err) : 0;
	slurm_xfree((void **)&said);
	return rc;
}

static int promote(struct fb_db *db, list_t *accounts, const char *workspace, list_t *users, struct fb_err *err)
{
	slurmdb_assoc_cond_t who = { .user_list = users };
	slurmdb_user_cond_t cond = { .assoc_cond = &who };
	int rc = slurmdb_coord_add(db->connection, accounts, &cond);

	errno = rc ? rc : errno;
	return rc ? fail(db, workspace, "made a manager of", users, NULL, err) : 0;
}

static int demote(struct fb_db *db, list_t *accounts, const char *workspace, list_t *users, struct fb_err *err)
{
	slurmdb_assoc_cond_t who = { .user_list = users };
	slurmdb_user_cond_t cond = { .assoc_cond = &who };
	list_t *done = slurmdb_coord_remove(db->connection, accounts, &cond);

	if (!done)
		return fail(db, workspace, "relieved as manager of", users, NULL, err);
	slurm_list_destroy(done);
	return 0;
}

/* With some errors there is a list all the same, of those who stand against it. */
static int strike(struct fb_db *db, list_t *accounts, list_t *clusters, const char *workspace, list_t *users, struct fb_err *err)
{
	slurmdb_assoc_cond_t cond = { .acct_list = accounts, .cluster_list = clusters, .user_list = users };
	list_t *done = slurmdb_associations_remove(db->connection, &cond);
	int rc = !done || (errno && errno != SLURM_NO_CHANGE_IN_DATA) ? fail(db, workspace, "removed from", users, NULL, err) : 0;

	if (done)
		slurm_list_destroy(done);
	return rc;
}

static int apply(struct fb_db *db, const struct change *change, list_t *accounts, list_t *clusters, const char *workspace,
		 struct fb_err *err)
{
	if (change->add && add(db, accounts, clusters, workspace, change->add, err))
		return -1;
	if (change->promote && promote(db, accounts, workspace, change->promote, err))
		return -1;
	if (change->demote && demote(db, accounts, workspace, change->demote, err))
		return -1;
	if (change->remove && strike(db, accounts, clusters, workspace, change->remove, err))
		return -1;
	return fb_db_commit(db, err);
}

int fb_ledger_put_members(struct fb_db *db, const struct fb_spec *spec, const struct fb_view *view, struct fb_err *err)
{
	list_t *accounts = fb_list_of(spec->name), *clusters = fb_list_of(db->cluster);
	struct change change = { .add = NULL };

	compare(&change, spec, view);
	int quiet = fb_quiet_begin();
	int rc = apply(db, &change, accounts, clusters, spec->name, err);
	fb_quiet_end(quiet);
	release(&change);
	slurm_list_destroy(accounts);
	slurm_list_destroy(clusters);
	return rc;
}

int fb_ledger_set_home(struct fb_db *db, list_t *users, const char *account, struct fb_err *err)
{
	slurmdb_assoc_cond_t who = { .user_list = users, .cluster_list = fb_list_of(db->cluster) };
	slurmdb_user_cond_t cond = { .assoc_cond = &who, .admin_level = SLURMDB_ADMIN_NOTSET };
	slurmdb_user_rec_t change = { .admin_level = SLURMDB_ADMIN_NOTSET, .default_acct = (char *)account };
	char words[160];

	int quiet = fb_quiet_begin();
	list_t *changed = slurmdb_users_modify(db->connection, &cond, &change);
	fb_quiet_end(quiet);
	int error = errno;
	slurm_list_destroy(who.cluster_list);
	errno = error;
	snprintf(words, sizeof(words), "the default account of users cannot be changed to '%.63s'", account);
	int rc = changed ? fb_db_commit(db, err) : fb_ledger_undo(db, err, words, NULL);
	if (changed)
		slurm_list_destroy(changed);
	return rc;
}
