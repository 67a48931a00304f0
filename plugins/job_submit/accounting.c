/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "job_submit/accounting.h"

#include "job_submit/slurm.h"

#define PARTITIONS_MAX 1024 /* characters of --partition, as in slurmctld's own check */

static bool associated(uint32_t uid, const char *account, const char *partition)
{
	slurmdb_assoc_rec_t association = { .uid = uid,
					    .acct = (char *)account,
					    .partition = (char *)partition,
					    .flags = ASSOC_FLAG_EXACT };

	return assoc_mgr_fill_in_assoc(acct_db_conn, &association, ACCOUNTING_ENFORCE_ASSOCS, NULL, true) == SLURM_SUCCESS;
}

static bool in_snapshot(const struct fb_accounting_snapshot *snapshot, uint32_t uid, const char *account)
{
	return snapshot->members && snapshot->associations == list_count(assoc_mgr_assoc_list) &&
	       fb_members_contain(snapshot->members, uid, account);
}

/* Slurm itself checks later that every partition of the job's list is allowed; one is enough to be a member. */
static bool member(void *context, uint32_t uid, const char *account)
{
	const struct fb_accounting_query *query = context;
	const char *partitions = query->partitions;
	char partition[256];

	if (!assoc_mgr_assoc_list)
		return false;
	if (in_snapshot(query->snapshot, uid, account) || associated(uid, account, NULL))
		return true;
	if (!partitions && default_part_name)
		partitions = default_part_name;
	/* Slurm refuses a longer list, but only after this. */
	if (partitions && strnlen(partitions, PARTITIONS_MAX + 1) > PARTITIONS_MAX)
		return false;
	while (partitions && *partitions) {
		size_t length = strcspn(partitions, ",");

		if (length < sizeof(partition)) {
			memcpy(partition, partitions, length);
			partition[length] = '\0';
			if (associated(uid, account, partition))
				return true;
		}
		partitions += length + (partitions[length] == ',');
	}
	return false;
}

static const char *default_account(void *context, uint32_t uid)
{
	slurmdb_user_rec_t user = { .uid = uid };

	(void)context;
	if (!assoc_mgr_user_list || assoc_mgr_fill_in_user(acct_db_conn, &user, 0, NULL, true) != SLURM_SUCCESS)
		return NULL;
	return user.default_acct;
}

void fb_accounting_lock(struct fb_accounting *accounting, struct fb_accounting_query *query)
{
	assoc_mgr_lock_t locks = { .assoc = READ_LOCK, .user = READ_LOCK };

	assoc_mgr_lock(&locks);
	*accounting = (struct fb_accounting){ .context = query, .member = member, .default_account = default_account };
}

void fb_accounting_unlock(void)
{
	assoc_mgr_lock_t locks = { .assoc = READ_LOCK, .user = READ_LOCK };

	assoc_mgr_unlock(&locks);
}

/* One that is limited to a partition counts only there, so it is left to the cache. */
static int add_association(void *x, void *arg)
{
	const slurmdb_assoc_rec_t *association = x;

	if (association->user && association->uid != NO_VAL && association->acct && !association->partition)
		fb_members_add(arg, association->uid, association->acct);
	return 0;
}

bool fb_accounting_snapshot_make(const struct fb_accounting_snapshot *last, bool force,
				 struct fb_accounting_snapshot *snapshot)
{
	assoc_mgr_lock_t locks = { .assoc = READ_LOCK };
	struct fb_members *members = NULL;
	int count;

	assoc_mgr_lock(&locks);
	count = assoc_mgr_assoc_list ? list_count(assoc_mgr_assoc_list) : 0;
	if (count && (force || count != last->associations))
		members = fb_members_create((size_t)count);
	if (members)
		list_for_each_ro(assoc_mgr_assoc_list, add_association, members);
	assoc_mgr_unlock(&locks);
	if (members)
		*snapshot = (struct fb_accounting_snapshot){ members, count };
	return members;
}
