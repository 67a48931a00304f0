/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The limit that a reason like AssocGrpGRES or QOSMaxCpuPerUserLimit speaks of: its number, and what is used of it. */
#include <stdio.h>
#include <string.h>

#include "flightbase/assoc_cache.h"
#include "flightbase/why_load.h"
#include "flightbase/reason.h"

#define PARENTS_MAX 16

struct place {
	int64_t limit, used; /* used: FB_UNLIMITED: of no meaning */
	const char *kind, *name;
};

static bool place_association(const slurmdb_assoc_rec_t *a, const struct fb_reason *reason, int index, struct place *place)
{
	const uint64_t *limits = reason->scope == FB_SCOPE_ASSOC_GROUP ? a->grp_tres_ctld :
				 reason->scope == FB_SCOPE_ASSOC_JOB   ? a->max_tres_ctld :
									 a->max_tres_pn_ctld;
	bool user = a->user && *a->user;

	*place = (struct place){ .limit = fb_assoc_limit(limits, index), .used = FB_UNLIMITED, .kind = user ? "user" : "account",
				 .name = user ? a->user : a->acct };
	if (reason->scope == FB_SCOPE_ASSOC_GROUP && a->usage)
		place->used = fb_assoc_used(a->usage->grp_used_tres, index);
	return place->limit != FB_UNLIMITED;
}

static bool place_qos(const struct fb_why_source *source, const slurmdb_qos_rec_t *q, const struct fb_reason *reason,
		      int index, struct place *place)
{
	const uint64_t *const limits[] = {
		[FB_SCOPE_QOS_GROUP] = q->grp_tres_ctld,      [FB_SCOPE_QOS_JOB] = q->max_tres_pj_ctld,
		[FB_SCOPE_QOS_NODE] = q->max_tres_pn_ctld,    [FB_SCOPE_QOS_USER] = q->max_tres_pu_ctld,
		[FB_SCOPE_QOS_ACCOUNT] = q->max_tres_pa_ctld, [FB_SCOPE_QOS_MIN] = q->min_tres_pj_ctld,
	};
	bool per_user = reason->scope == FB_SCOPE_QOS_USER, per_account = reason->scope == FB_SCOPE_QOS_ACCOUNT;
	const slurmdb_used_limits_t *used = per_user	? fb_assoc_qos_user(q, source->job->info->user_id) :
					    per_account ? fb_assoc_qos_account(q, source->why.job.account) :
							  NULL;

	*place = (struct place){ .limit = fb_assoc_limit(limits[reason->scope], index), .used = FB_UNLIMITED, .kind = "QOS",
				 .name = q->name };
	if (per_user || per_account)
		place->used = used ? fb_assoc_used(used->tres, index) : 0;
	else if (reason->scope == FB_SCOPE_QOS_GROUP && q->usage)
		place->used = fb_assoc_used(q->usage->grp_used_tres, index);
	return place->limit != FB_UNLIMITED;
}

static int64_t asked_of(const struct fb_why_source *source, const struct fb_reason *reason, const char *tres)
{
	const struct fb_why_job *job = &source->why.job;
	int64_t asked = !strcmp(tres, "mem") ? job->memory : fb_tres_count(source->job->info->tres_req_str, tres);
	bool on_node = reason->scope == FB_SCOPE_ASSOC_NODE || reason->scope == FB_SCOPE_QOS_NODE;

	return on_node && job->nodes > 1 ? asked / job->nodes : asked;
}

static bool keeps_waiting(const struct fb_reason *reason, const struct place *place, int64_t asked)
{
	int64_t used = place->used == FB_UNLIMITED ? 0 : place->used;

	return reason->scope == FB_SCOPE_QOS_MIN ? asked < place->limit : used + asked > place->limit;
}

/* Of the places where a limit of this TRES may be set, in Slurm's order, the first that keeps the job waiting. */
static bool find_place(const struct fb_why_source *source, const struct fb_reason *reason, int index, int64_t asked,
		       struct place *place)
{
	const assoc_mgr_info_msg_t *cache = source->associations;
	const char *account = source->why.job.account;

	if (reason->scope >= FB_SCOPE_QOS_GROUP) {
		const slurmdb_qos_rec_t *qos[2];
		size_t count = fb_why_order_qos(source, qos);

		for (size_t i = 0; i < count; i++)
			if (place_qos(source, qos[i], reason, index, place) && keeps_waiting(reason, place, asked))
				return true;
		return false;
	}
	const slurmdb_assoc_rec_t *a = fb_assoc_cache_user(cache, account, source->user);
	for (int step = 0; step < PARENTS_MAX; step++) {
		if (a && place_association(a, reason, index, place) && keeps_waiting(reason, place, asked))
			return true;
		if (!account || reason->scope != FB_SCOPE_ASSOC_GROUP)
			return false;
		a = fb_assoc_cache_account(cache, account);
		account = a && a->parent_acct && *a->parent_acct ? a->parent_acct : NULL;
	}
	return false;
}

/* "gres" stands for each "gres/NAME", "license" for each "license/NAME". */
static bool tres_is(const char *name, const char *kind)
{
	size_t length = strlen(kind);

	return !strncmp(name, kind, length) && (!name[length] || name[length] == '/');
}

void fb_why_load_stated(struct fb_why_source *source)
{
	const struct fb_reason *reason = fb_reason_find(source->why.job.reason);
	struct fb_why_limits *limits = &source->why.limits;
	const assoc_mgr_info_msg_t *cache = source->associations;
	struct place place;

	if (reason->kind != FB_REASON_LIMIT || !reason->tres || reason->measure != FB_MEASURE_COUNT)
		return;
	for (uint32_t i = 0; i < cache->tres_cnt; i++) {
		const char *name = cache->tres_names[i];
		int64_t asked = asked_of(source, reason, name);

		if (!tres_is(name, reason->tres) || !find_place(source, reason, (int)i, asked, &place))
			continue;
		limits->stated = true;
		limits->stated_limit = place.limit;
		limits->stated_used = place.used;
		limits->stated_asked = asked;
		snprintf(limits->stated_tres, sizeof(limits->stated_tres), "%s", name);
		snprintf(limits->stated_object, sizeof(limits->stated_object), "%s '%s'", place.kind, place.name);
		return;
	}
}
