/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/homes.h"

#include <errno.h>
#include <slurm/slurm_errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flightbase/cli.h"
#include "flightbase/ledger.h"
#include "flightbase/list.h"
#include "flightbase/quiet.h"
#include "flightbase/text.h"

struct mover {
	const char *user;
	const char *account; /* NULL: he has no other */
	bool stays;	     /* the account is not about to be removed too */
};

struct move {
	size_t count;
	struct mover *mover;
};

static list_t *load(struct fb_db *db, list_t *accounts, list_t *users, uint32_t flags, struct fb_err *err)
{
	slurmdb_assoc_cond_t cond = { .acct_list = accounts, .user_list = users, .cluster_list = fb_list_of(db->cluster),
				      .flags = flags | ASSOC_COND_FLAG_WOPI | ASSOC_COND_FLAG_WOPL };
	int quiet = fb_quiet_begin();
	list_t *list = slurmdb_associations_get(db->connection, &cond);

	fb_quiet_end(quiet);
	slurm_list_destroy(cond.cluster_list);
	if (!list)
		fb_err_set(err, "slurmdbd: the associations cannot be read: %s", slurm_strerror(errno));
	return list;
}

static bool removed(const struct fb_change *change, const char *account)
{
	for (size_t i = 0; i < change->count; i++)
		if (change->target[i].drop && !strcmp(change->target[i].spec.name, account))
			return true;
	return false;
}

static int find_movers(struct move *move, list_t *homes, const struct fb_spec *spec, struct fb_err *err)
{
	list_itr_t *iterator = slurm_list_iterator_create(homes);
	int rc = 0;

	for (const slurmdb_assoc_rec_t *a; !rc && (a = slurm_list_next(iterator));) {
		if (!a->user || !a->is_def || (spec && fb_spec_member(spec, a->user)))
			continue;
		struct mover *grown = realloc(move->mover, (move->count + 1) * sizeof(*grown));
		if (grown) {
			move->mover = grown;
			grown[move->count++] = (struct mover){ .user = a->user };
		} else {
			rc = fb_err_set(err, "out of memory");
		}
	}
	slurm_list_iterator_destroy(iterator);
	return rc;
}

/* The first of the accounts that stay; if none does, the last of the others, so that it has not to be done for each. */
static void choose(struct move *move, list_t *associations, const struct fb_change *change, const char *workspace)
{
	list_itr_t *iterator = slurm_list_iterator_create(associations);

	for (const slurmdb_assoc_rec_t *a; (a = slurm_list_next(iterator));) {
		bool stays = a->acct && !removed(change, a->acct);

		for (size_t i = 0; a->user && a->acct && i < move->count; i++) {
			struct mover *mover = &move->mover[i];

			if (strcmp(mover->user, a->user) || !strcmp(a->acct, workspace) || (mover->account && mover->stays))
				continue;
			mover->account = a->acct;
			mover->stays = stays;
		}
	}
	slurm_list_iterator_destroy(iterator);
}

/* All who get the same account at once. Those who are done have none any more. */
static int move_group(struct fb_run *run, struct move *move, size_t first, const char *workspace, struct fb_err *err)
{
	const char *account = move->mover[first].account;
	list_t *users = slurm_list_create(NULL);
	char names[200] = "";
	int rc;

	for (size_t i = first; i < move->count; i++) {
		struct mover *mover = &move->mover[i];

		if (!mover->account || strcmp(mover->account, account))
			continue;
		slurm_list_append(users, (void *)mover->user);
		fb_text_list(names, sizeof(names), mover->user);
		if (i > first)
			mover->account = NULL;
	}
	if (run->caller.operator)
		rc = fb_ledger_set_home(&run->db, users, account, err);
	else
		rc = fb_err_set(err, "it is the default account of %s; an administrator can change that, or the user: sacctmgr modify user NAME "
				     "set DefaultAccount=%s", names, account);
	slurm_list_destroy(users);
	if (!rc)
		fb_cli_note("workspace '%s': it was the default account of %s; now that is '%s'", workspace, names, account);
	return rc;
}

static int move_all(struct fb_run *run, const struct fb_change *change, struct move *move, const char *workspace, struct fb_err *err)
{
	list_t *users = slurm_list_create(NULL);
	int rc = 0;

	for (size_t i = 0; i < move->count; i++)
		slurm_list_append(users, (void *)move->mover[i].user);
	list_t *associations = load(&run->db, NULL, users, 0, err);
	slurm_list_destroy(users);
	if (!associations)
		return -1;
	choose(move, associations, change, workspace);
	for (size_t i = 0; !rc && i < move->count; i++)
		if (move->mover[i].account)
			rc = move_group(run, move, i, workspace, err);
	slurm_list_destroy(associations);
	return rc;
}

int fb_homes_move(struct fb_run *run, const struct fb_change *change, const char *workspace, const struct fb_spec *spec,
		  struct fb_err *err)
{
	list_t *accounts = fb_list_of(workspace);
	struct move move = { .count = 0 };

	/* Asked anew: removing another workspace a moment ago may have made this one a default. */
	list_t *homes = load(&run->db, accounts, NULL, ASSOC_COND_FLAG_ONLY_DEFS, err);
	slurm_list_destroy(accounts);
	if (!homes)
		return -1;
	int rc = find_movers(&move, homes, spec, err);
	if (!rc && move.count)
		rc = move_all(run, change, &move, workspace, err);
	free(move.mover);
	slurm_list_destroy(homes);
	return rc;
}
