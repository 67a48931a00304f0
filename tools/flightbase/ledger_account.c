/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A workspace's account: its quota, which QOS it may use, whether it takes submissions. */
#include <errno.h>
#include <slurm/slurm_errno.h>
#include <stdio.h>
#include <string.h>

#include "flightbase/ledger.h"
#include "flightbase/libslurm.h"
#include "flightbase/list.h"
#include "flightbase/quiet.h"

#define QOS_MAX 8

/* The texts that an association points to. */
struct texts {
	char tres[40];
	char qos[QOS_MAX][16];
	list_t *qos_list;
};

static void set_qos(slurmdb_assoc_rec_t *association, struct texts *texts, const uint32_t *qos, size_t qos_count)
{
	texts->qos_list = slurm_list_create(NULL);
	for (size_t i = 0; i < qos_count && i < QOS_MAX; i++) {
		snprintf(texts->qos[i], sizeof(texts->qos[i]), "%u", qos[i]);
		slurm_list_append(texts->qos_list, texts->qos[i]);
	}
	association->qos_list = texts->qos_list;
	association->def_qos_id = qos[0];
}

/* A limit is taken away by -1; on a new account there is none to take away. */
static void set_quota(slurmdb_assoc_rec_t *association, struct texts *texts, const struct fb_db *db, int64_t gpus, bool new)
{
	if (new && gpus == FB_UNLIMITED)
		return;
	snprintf(texts->tres, sizeof(texts->tres), "%d=%lld", db->gpu_tres, gpus == FB_UNLIMITED ? -1LL : (long long)gpus);
	association->grp_tres = texts->tres;
}

static int add(struct fb_db *db, const struct fb_spec *spec, slurmdb_add_assoc_cond_t *what, struct fb_err *err)
{
	char description[FB_NAME_MAX + 32], organization[] = "flightbase", words[FB_NAME_MAX + 64];
	slurmdb_account_rec_t account = { .description = description, .organization = organization };

	snprintf(description, sizeof(description), "flightbase workspace %s", spec->name);
	snprintf(words, sizeof(words), "the account '%s' cannot be created", spec->name);
	what->acct_list = fb_list_of(spec->name);
	what->cluster_list = fb_list_of(db->cluster);
	int quiet = fb_quiet_begin();
	char *said = slurmdb_accounts_add_cond(db->connection, what, &account);
	fb_quiet_end(quiet);
	int error = errno;
	slurm_list_destroy(what->acct_list);
	slurm_list_destroy(what->cluster_list);
	errno = error;
	int rc = error && error != SLURM_NO_CHANGE_IN_DATA ? fb_ledger_undo(db, err, words, said) : fb_db_commit(db, err);
	slurm_xfree((void **)&said);
	return rc;
}

static int modify(struct fb_db *db, const char *name, slurmdb_assoc_rec_t *association, struct fb_err *err)
{
	slurmdb_assoc_cond_t cond = { .acct_list = fb_list_of(name), .cluster_list = fb_list_of(db->cluster) };
	char words[FB_NAME_MAX + 64];

	snprintf(words, sizeof(words), "the account '%s' cannot be changed", name);
	int quiet = fb_quiet_begin();
	list_t *changed = slurmdb_associations_modify(db->connection, &cond, association);
	fb_quiet_end(quiet);
	int error = errno;
	slurm_list_destroy(cond.acct_list);
	slurm_list_destroy(cond.cluster_list);
	errno = error;
	int rc = changed ? fb_db_commit(db, err) : fb_ledger_undo(db, err, words, NULL);
	if (changed)
		slurm_list_destroy(changed);
	return rc;
}

int fb_ledger_put_account(struct fb_db *db, const struct fb_spec *spec, const struct fb_view *view, const uint32_t *qos,
			  size_t qos_count, struct fb_err *err)
{
	slurmdb_add_assoc_cond_t what;
	slurmdb_assoc_rec_t association;
	struct texts texts;
	int rc;

	slurmdb_init_add_assoc_cond(&what, false);
	slurmdb_init_assoc_rec(&association, false);
	if (view->account) {
		set_qos(&association, &texts, qos, qos_count);
		set_quota(&association, &texts, db, spec->gpus, false);
		association.grp_submit_jobs = spec->closed ? 0 : INFINITE;
		rc = modify(db, spec->name, &association, err);
	} else {
		set_qos(&what.assoc, &texts, qos, qos_count);
		set_quota(&what.assoc, &texts, db, spec->gpus, true);
		rc = add(db, spec, &what, err);
	}
	slurm_list_destroy(texts.qos_list);
	return rc;
}

int fb_ledger_share_qos(struct fb_db *db, const char *workspace, const uint32_t *qos, size_t qos_count, struct fb_err *err)
{
	slurmdb_assoc_rec_t association;
	struct texts texts;

	slurmdb_init_assoc_rec(&association, false);
	set_qos(&association, &texts, qos, qos_count);
	int rc = modify(db, workspace, &association, err);
	slurm_list_destroy(texts.qos_list);
	return rc;
}

int fb_ledger_close_account(struct fb_db *db, const char *workspace, bool closed, struct fb_err *err)
{
	slurmdb_assoc_rec_t association;

	slurmdb_init_assoc_rec(&association, false);
	association.grp_submit_jobs = closed ? 0 : INFINITE;
	return modify(db, workspace, &association, err);
}

/* Is the account known on a cluster other than ours? */
static int elsewhere(struct fb_db *db, const char *workspace, bool *found, struct fb_err *err)
{
	slurmdb_assoc_cond_t cond = { .acct_list = fb_list_of(workspace), .flags = ASSOC_COND_FLAG_WOPI | ASSOC_COND_FLAG_WOPL };
	int quiet = fb_quiet_begin();
	list_t *list = slurmdb_associations_get(db->connection, &cond);

	fb_quiet_end(quiet);
	slurm_list_destroy(cond.acct_list);
	if (!list)
		return fb_err_set(err, "slurmdbd: the associations cannot be read: %s", slurm_strerror(errno));
	list_itr_t *iterator = slurm_list_iterator_create(list);
	*found = false;
	for (const slurmdb_assoc_rec_t *a; (a = slurm_list_next(iterator));)
		*found |= a->cluster && strcmp(a->cluster, db->cluster);
	slurm_list_iterator_destroy(iterator);
	slurm_list_destroy(list);
	return 0;
}

int fb_ledger_remove_account(struct fb_db *db, const char *workspace, struct fb_err *err)
{
	char words[FB_NAME_MAX + 64];
	bool shared = false;

	if (elsewhere(db, workspace, &shared, err))
		return -1;
	slurmdb_assoc_cond_t cond = { .acct_list = fb_list_of(workspace), .cluster_list = shared ? fb_list_of(db->cluster) : NULL };
	slurmdb_account_cond_t account = { .assoc_cond = &cond };
	int quiet = fb_quiet_begin();
	list_t *removed = shared ? slurmdb_associations_remove(db->connection, &cond) :
				   slurmdb_accounts_remove(db->connection, &account);
	fb_quiet_end(quiet);
	int error = errno;
	slurm_list_destroy(cond.acct_list);
	if (cond.cluster_list)
		slurm_list_destroy(cond.cluster_list);
	errno = error;
	/* A list together with an error tells what stands against it. */
	bool failed = !removed || (error && error != SLURM_NO_CHANGE_IN_DATA);
	snprintf(words, sizeof(words), "the account '%s' cannot be removed", workspace);
	int rc = failed ? fb_ledger_undo(db, err, words, NULL) : fb_db_commit(db, err);
	if (removed)
		slurm_list_destroy(removed);
	return rc;
}
