/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "job_submit/accounting.h"

#include "common/name.h"
#include "job_submit/partitions.h"
#include "job_submit/slurm.h"

static const slurmdb_assoc_rec_t *find_association(uint32_t uid, const char *account, const char *partition,
						   slurmdb_assoc_flags_t flags)
{
	slurmdb_assoc_rec_t wanted = {
		.uid = uid, .acct = (char *)account, .partition = (char *)partition, .flags = flags
	};
	slurmdb_assoc_rec_t *found;

	if (assoc_mgr_fill_in_assoc(acct_db_conn, &wanted, ACCOUNTING_ENFORCE_ASSOCS, &found, true) != SLURM_SUCCESS)
		return NULL;
	return found;
}

static const struct fb_member *find_in_snapshot(const struct fb_accounting_query *query, uint32_t uid, const char *account)
{
	const struct fb_accounting_snapshot *snapshot = query->snapshot;

	if (query->live || !snapshot->members || snapshot->associations != list_count(assoc_mgr_assoc_list))
		return NULL;
	return fb_members_find(snapshot->members, uid, account);
}

/* Slurm itself checks later that every partition of the job's list is allowed; one is enough to be a member. */
static bool member(void *context, uint32_t uid, const char *account)
{
	struct fb_accounting_query *query = context;
	const char *partitions = query->partitions ? query->partitions : default_part_name;
	char partition[FB_PARTITIONS_TEXT_MAX];

	query->association = NULL;
	query->member = NULL;
	if (!assoc_mgr_assoc_list)
		return false;
	query->member = find_in_snapshot(query, uid, account);
	if (query->member)
		return true;
	query->association = find_association(uid, account, NULL, ASSOC_FLAG_EXACT);
	/* Slurm refuses a longer list, but only after this. */
	if (query->association || !partitions || strnlen(partitions, FB_PARTITIONS_TEXT_MAX + 1) > FB_PARTITIONS_TEXT_MAX)
		return query->association;
	while (!query->association && fb_partitions_next(&partitions, partition, sizeof(partition)))
		query->association = find_association(uid, account, partition, ASSOC_FLAG_EXACT);
	return query->association;
}

static const char *default_account(void *context, uint32_t uid)
{
	slurmdb_user_rec_t user = { .uid = uid };

	(void)context;
	if (!assoc_mgr_user_list || assoc_mgr_fill_in_user(acct_db_conn, &user, 0, NULL, true) != SLURM_SUCCESS)
		return NULL;
	return user.default_acct;
}

static assoc_mgr_lock_t locks_of(const struct fb_accounting_query *query)
{
	return (assoc_mgr_lock_t){ .assoc = READ_LOCK,
				   .qos = query->live ? READ_LOCK : NO_LOCK,
				   .tres = READ_LOCK,
				   .user = READ_LOCK };
}

void fb_accounting_lock(struct fb_accounting *accounting, struct fb_accounting_query *query)
{
	assoc_mgr_lock_t locks = locks_of(query);

	assoc_mgr_lock(&locks);
	*accounting = (struct fb_accounting){ .context = query, .member = member, .default_account = default_account };
}

void fb_accounting_unlock(const struct fb_accounting_query *query)
{
	assoc_mgr_lock_t locks = locks_of(query);

	assoc_mgr_unlock(&locks);
}

bool fb_accounting_coordinator(uint32_t uid, const char *account)
{
	return assoc_mgr_is_user_acct_coord(acct_db_conn, uid, (char *)account, true);
}

int fb_accounting_gpu_position(void)
{
	slurmdb_tres_rec_t gpu = { .type = "gres", .name = "gpu" };

	return assoc_mgr_tres_array && g_tres_count ? assoc_mgr_find_tres_pos(&gpu, true) : -1;
}

static uint64_t limit_at(const uint64_t *limits, int position)
{
	return limits && limits[position] < NO_VAL64 ? limits[position] : FB_LIMIT_NONE;
}

static uint32_t minutes_of(uint32_t wall)
{
	return wall < NO_VAL ? wall : FB_MINUTES_NONE;
}

static struct fb_limits_qos limits_of_qos(const slurmdb_qos_rec_t *qos, int position)
{
	return (struct fb_limits_qos){
		.group = limit_at(qos->grp_tres_ctld, position),
		.per_account = limit_at(qos->max_tres_pa_ctld, position),
		.per_user = limit_at(qos->max_tres_pu_ctld, position),
		.per_job = limit_at(qos->max_tres_pj_ctld, position),
		.minutes = minutes_of(qos->max_wall_pj),
		.over_partition = qos->flags & QOS_FLAG_OVER_PART_QOS,
		.scaled = qos->flags & QOS_FLAG_USAGE_FACTOR_SAFE && qos->usage_factor >= 0,
		.factor = qos->limit_factor < NO_VAL ? qos->limit_factor : -1,
	};
}

/* A QOS by id or name; false: not known. */
static bool find_qos(const struct fb_accounting_query *query, slurmdb_qos_rec_t *wanted, int position,
		     struct fb_limits_qos *limits)
{
	const struct fb_limits_qos *known = NULL;
	slurmdb_qos_rec_t *found = NULL;

	if (query->live) {
		if (assoc_mgr_qos_list)
			assoc_mgr_fill_in_qos(acct_db_conn, wanted, 0, &found, true);
		if (found)
			*limits = limits_of_qos(found, position);
		if (found)
			wanted->name = found->name;
		return found;
	}
	if (query->snapshot->qos)
		known = wanted->id ? fb_qos_table_id(query->snapshot->qos, wanted->id)
				   : fb_qos_table_name(query->snapshot->qos, wanted->name);
	if (known)
		*limits = *known;
	return known;
}

bool fb_accounting_has_qos(const struct fb_accounting_query *query, const char *account)
{
	char name[sizeof(FB_QOS_PREFIX) + FB_NAME_MAX];
	slurmdb_qos_rec_t qos = { .name = name }, *found = NULL;

	/* What is too long to be a workspace's is not. */
	if (!account || snprintf(name, sizeof(name), FB_QOS_PREFIX "%s", account) >= (int)sizeof(name))
		return false;
	if (!query->live)
		return !query->snapshot->qos || fb_qos_table_name(query->snapshot->qos, name);
	if (assoc_mgr_qos_list)
		assoc_mgr_fill_in_qos(acct_db_conn, &qos, 0, &found, true);
	return found;
}

/* The QOS of the job, asked for or its association's default one, and the partition's. */
static bool add_qos(const struct fb_accounting_query *query, const struct fb_accounting_job *job, slurmdb_qos_rec_t *own,
		    int position, struct fb_limits *limits)
{
	slurmdb_qos_rec_t partition = { .name = (char *)job->partition_qos };
	struct fb_limits_qos of_own, of_partition;

	if (!find_qos(query, own, position, &of_own) || (partition.name && !find_qos(query, &partition, position, &of_partition)))
		return false;
	if (of_own.over_partition || !partition.name)
		fb_limits_add_qos(limits, &of_own, own->name);
	if (partition.name)
		fb_limits_add_qos(limits, &of_partition, partition.name);
	if (!of_own.over_partition && partition.name)
		fb_limits_add_qos(limits, &of_own, own->name);
	return true;
}

/* By id, or by one name; false: of several names, Slurm takes the QOS that lets the job start. */
static bool qos_of(const struct fb_accounting_job *job, slurmdb_qos_rec_t *qos)
{
	*qos = (slurmdb_qos_rec_t){ .id = job->qos_id };
	if (!job->qos_id && job->qos && *job->qos)
		qos->name = (char *)job->qos;
	return !qos->name || !strchr(qos->name, ',');
}

static bool limits_from_snapshot(struct fb_accounting_query *query, const struct fb_accounting_job *job,
				 struct fb_limits *limits)
{
	const struct fb_member *member = query->member;
	slurmdb_qos_rec_t qos;

	query->unsure = true;
	if (!member || !qos_of(job, &qos))
		return false;
	if (!qos.id && !qos.name)
		qos = (slurmdb_qos_rec_t){ .id = member->qos, .name = "normal" };
	if (!add_qos(query, job, &qos, 0, limits))
		return false;
	query->unsure = false;
	fb_limits_add_job(limits, member->per_job, member->minutes, job->account);
	fb_limits_add_group(limits, member->group, "account", job->account);
	return true;
}

bool fb_accounting_limits(struct fb_accounting_query *query, const struct fb_accounting_job *job, struct fb_limits *limits)
{
	const slurmdb_assoc_rec_t *association;
	slurmdb_qos_rec_t qos;
	int position;

	fb_limits_init(limits);
	if (!query->live)
		return limits_from_snapshot(query, job, limits);
	position = fb_accounting_gpu_position();
	/* As Slurm chooses: one that is limited to the partition comes first. */
	association = find_association(job->uid, job->account, job->partition, 0);
	if (position < 0 || !association || !association->usage || !qos_of(job, &qos))
		return false;
	assoc_mgr_get_default_qos_info((slurmdb_assoc_rec_t *)association, &qos);
	if (!add_qos(query, job, &qos, position, limits))
		return false;
	fb_limits_add_job(limits, limit_at(association->max_tres_ctld, position), minutes_of(association->max_wall_pj),
			  association->acct);
	for (const slurmdb_assoc_rec_t *a = association; a && a->usage; a = a->usage->parent_assoc_ptr)
		fb_limits_add_group(limits, limit_at(a->grp_tres_ctld, position), a->user ? "user" : "account",
				    a->user ? a->user : a->acct);
	return true;
}

struct member_filling {
	struct fb_members *members;
	int position; /* of GPUs; -1: there are no limits of them */
};

static struct fb_member member_of(const slurmdb_assoc_rec_t *association, int position)
{
	slurmdb_qos_rec_t qos = { .id = 0 };
	struct fb_member member = { .group = FB_LIMIT_NONE,
				    .per_job = FB_LIMIT_NONE,
				    .minutes = minutes_of(association->max_wall_pj) };

	if (position < 0 || !association->usage)
		return member;
	assoc_mgr_get_default_qos_info((slurmdb_assoc_rec_t *)association, &qos);
	member.qos = qos.id;
	member.per_job = limit_at(association->max_tres_ctld, position);
	for (const slurmdb_assoc_rec_t *a = association; a && a->usage; a = a->usage->parent_assoc_ptr) {
		uint64_t group = limit_at(a->grp_tres_ctld, position);
		member.group = group < member.group ? group : member.group;
	}
	return member;
}

/* One that is limited to a partition counts only there, so it is left to the cache. */
static int add_member(void *x, void *arg)
{
	const slurmdb_assoc_rec_t *association = x;
	const struct member_filling *filling = arg;

	if (association->user && association->uid != NO_VAL && association->acct && !association->partition) {
		struct fb_member member = member_of(association, filling->position);
		fb_members_add(filling->members, association->uid, association->acct, &member);
	}
	return 0;
}

bool fb_accounting_changed(const struct fb_accounting_snapshot *snapshot)
{
	assoc_mgr_lock_t locks = { .assoc = READ_LOCK };
	bool changed;

	assoc_mgr_lock(&locks);
	changed = assoc_mgr_assoc_list && list_count(assoc_mgr_assoc_list) != snapshot->associations;
	assoc_mgr_unlock(&locks);
	return changed;
}

struct fb_members *fb_accounting_members_make(int *associations)
{
	assoc_mgr_lock_t locks = { .assoc = READ_LOCK, .tres = READ_LOCK };
	struct member_filling filling = { .members = NULL };

	assoc_mgr_lock(&locks);
	filling.position = fb_accounting_gpu_position();
	*associations = assoc_mgr_assoc_list ? list_count(assoc_mgr_assoc_list) : 0;
	if (*associations)
		filling.members = fb_members_create((size_t)*associations);
	if (filling.members)
		list_for_each_ro(assoc_mgr_assoc_list, add_member, &filling);
	assoc_mgr_unlock(&locks);
	return filling.members;
}

struct qos_filling {
	struct fb_qos_table *table;
	int position;
};

static int add_to_table(void *x, void *arg)
{
	const slurmdb_qos_rec_t *qos = x;
	const struct qos_filling *filling = arg;
	struct fb_limits_qos limits = limits_of_qos(qos, filling->position);

	if (qos->name)
		fb_qos_table_add(filling->table, qos->id, qos->name, &limits);
	return 0;
}

struct fb_qos_table *fb_accounting_qos_make(void)
{
	assoc_mgr_lock_t locks = { .qos = READ_LOCK, .tres = READ_LOCK };
	struct qos_filling filling = { .table = NULL };

	assoc_mgr_lock(&locks);
	filling.position = fb_accounting_gpu_position();
	if (assoc_mgr_qos_list && filling.position >= 0)
		filling.table = fb_qos_table_create((size_t)list_count(assoc_mgr_qos_list));
	if (filling.table)
		list_for_each_ro(assoc_mgr_qos_list, add_to_table, &filling);
	assoc_mgr_unlock(&locks);
	return filling.table;
}
