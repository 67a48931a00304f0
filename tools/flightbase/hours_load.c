/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * By associations with their usage, as sreport does, but of the account's own association alone: slurmdbd adds up
 * what is below it. sreport asks for all associations of the account, and for all accounts at once it takes minutes.
 */
#include "flightbase/hours.h"

#include <errno.h>
#include <slurm/slurm_errno.h>
#include <string.h>

#include "flightbase/list.h"
#include "flightbase/quiet.h"

static void add_usage(list_t *usage, int gpu_tres, const struct fb_hours_window *window, struct fb_hours *hours)
{
	list_itr_t *iterator = usage ? slurm_list_iterator_create(usage) : NULL;

	for (const slurmdb_accounting_rec_t *record; iterator && (record = slurm_list_next(iterator));)
		if ((int)record->tres_rec.id == gpu_tres)
			fb_hours_add(hours, window, record->period_start, record->alloc_secs);
	if (iterator)
		slurm_list_iterator_destroy(iterator);
}

/*
 * One query: its bounds decide whether slurmdbd takes days or hours. An association that is hidden by PrivateData is
 * left out of the answer, so that it is hours->until that tells whether there was one.
 */
static int query(struct fb_db *db, slurmdb_assoc_cond_t *cond, const struct fb_hours_window *window, struct fb_hours *hours,
		 struct fb_err *err)
{
	if (cond->usage_start >= cond->usage_end)
		return 0;
	errno = 0;
	int quiet = fb_quiet_begin();
	list_t *list = slurmdb_associations_get(db->connection, cond);
	fb_quiet_end(quiet);
	if (!list)
		return fb_err_set(err, "slurmdbd: the usage cannot be read: %s", slurm_strerror(errno));
	list_itr_t *iterator = slurm_list_iterator_create(list);
	const char *whole = ""; /* an account whose association without a partition has been counted */
	for (const slurmdb_assoc_rec_t *association; (association = slurm_list_next(iterator));) {
		/* In the order of accounts, that without a partition first: it has what those with one have, too. */
		if (association->partition && association->acct && !strcmp(association->acct, whole))
			continue;
		if (!association->partition)
			whole = association->acct ? association->acct : "";
		add_usage(association->accounting_list, db->gpu_tres, window, hours);
		hours->until = window->until;
	}
	slurm_list_iterator_destroy(iterator);
	slurm_list_destroy(list);
	return 0;
}

/* The days before today, and the hours of today. Frees the condition's lists. */
static int query_both(struct fb_db *db, slurmdb_assoc_cond_t *cond, time_t now, struct fb_hours *hours, struct fb_err *err)
{
	struct fb_hours_window window;
	struct fb_hours sum = { .week = 0 };

	fb_hours_window(now, &window);
	cond->flags |= ASSOC_COND_FLAG_WITH_USAGE | ASSOC_COND_FLAG_WOPI | ASSOC_COND_FLAG_WOPL;
	cond->cluster_list = fb_list_of(db->cluster);
	cond->usage_start = fb_hours_query_start(&window);
	cond->usage_end = window.today;
	int rc = query(db, cond, &window, &sum, err);
	cond->usage_start = window.today;
	cond->usage_end = window.until;
	if (!rc)
		rc = query(db, cond, &window, &sum, err);
	slurm_list_destroy(cond->cluster_list);
	slurm_list_destroy(cond->acct_list);
	slurm_list_destroy(cond->user_list);
	if (!rc)
		*hours = sum;
	return rc;
}

int fb_hours_load(struct fb_db *db, const char *account, time_t now, struct fb_hours *hours, struct fb_err *err)
{
	/* The association without a user is the account's. */
	slurmdb_assoc_cond_t cond = { .flags = ASSOC_COND_FLAG_WITH_DELETED, .acct_list = fb_list_of(account),
				      .user_list = fb_list_of("") };

	return query_both(db, &cond, now, hours, err);
}

/* slurmdbd gives up on a query, and libslurm on slurmdbd, after some time that is the site's: one of so many ends soon. */
#define ACCOUNTS_AT_ONCE 16

static int load_some(struct fb_db *db, const char *user, const char *const *accounts, size_t count, time_t now,
		     struct fb_hours *hours, struct fb_err *err)
{
	slurmdb_assoc_cond_t cond = { .user_list = fb_list_of(user) };

	cond.acct_list = slurm_list_create(NULL);
	for (size_t i = 0; i < count; i++)
		slurm_list_append(cond.acct_list, (void *)accounts[i]);
	return query_both(db, &cond, now, hours, err);
}

int fb_hours_load_user(struct fb_db *db, const char *user, const char *const *accounts, size_t count, time_t now,
		       struct fb_hours *hours, struct fb_err *err)
{
	struct fb_hours sum = { .week = 0 }, some;
	struct fb_hours_window window;

	fb_hours_window(now, &window);
	if (!count)
		sum.until = window.until;
	for (size_t i = 0; i < count; i += ACCOUNTS_AT_ONCE) {
		if (load_some(db, user, accounts + i, count - i < ACCOUNTS_AT_ONCE ? count - i : ACCOUNTS_AT_ONCE, now, &some, err))
			return -1;
		sum.week += some.week;
		sum.month += some.month;
		sum.until = some.until > sum.until ? some.until : sum.until;
	}
	*hours = sum;
	return 0;
}
