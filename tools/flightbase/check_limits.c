/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/check_limits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/duration.h"
#include "flightbase/check.h"
#include "flightbase/say.h"

#define GROUP "limits"
#define NAMES_SHOWN 5

/* Workspaces that may use a QOS, by their account or by a member: how many, and the first. */
struct users {
	size_t count;
	const char *last;
	char names[256];
};

/* For each QOS: all that may use it, and those whose own QOS it is looser than. */
struct usage {
	struct users all, loosened;
};

static bool is_workspace(const struct fb_views *views, const char *account)
{
	const struct fb_view *view = fb_views_find(views, account);

	return view && view->settings;
}

/* Associations of an account come together, so the last name is enough to count each once. */
static void add_name(struct users *users, const char *name)
{
	if (users->last && !strcmp(users->last, name))
		return;
	users->last = name;
	if (users->count++ < NAMES_SHOWN)
		fb_say_append(users->names, sizeof(users->names), "%s", name);
	else if (users->count == NAMES_SHOWN + 1)
		fb_say_append(users->names, sizeof(users->names), "...");
}

static bool looser(int64_t limit, int64_t own)
{
	return own != FB_UNLIMITED && (limit == FB_UNLIMITED || limit > own);
}

/* Does the QOS let through what the workspace's own one does not? */
static bool is_looser(const struct fb_account_qos *qos, const struct fb_account_qos *own)
{
	return own && own != qos && (looser(qos->user_gpus, own->user_gpus) || looser(qos->job_gpus, own->job_gpus));
}

/* One pass over the associations: there may be a hundred thousand, and a thousand QOS. */
static void find_usage(const struct fb_views *views, const struct fb_accounts *accounts, struct usage *usage)
{
	const struct fb_account_qos *own = NULL;
	const char *account = NULL;
	char name[sizeof(FB_QOS_PREFIX) + FB_NAME_MAX];
	bool workspace = false;

	for (size_t i = 0; i < accounts->assoc_count; i++) {
		const struct fb_account_assoc *a = &accounts->assoc[i];

		if (!account || strcmp(account, a->account)) {
			account = a->account;
			workspace = is_workspace(views, account);
			snprintf(name, sizeof(name), FB_QOS_PREFIX "%s", account);
			own = workspace ? fb_accounts_qos(accounts, name) : NULL;
		}
		for (size_t q = 0; workspace && q < a->qos_count; q++) {
			struct usage *of = &usage[a->qos[q] - accounts->qos];

			add_name(&of->all, account);
			if (is_looser(a->qos[q], own))
				add_name(&of->loosened, account);
		}
	}
}

static void check_qos(const struct fb_account_qos *qos, const struct usage *usage, const char *preemptible, struct fb_report *report)
{
	size_t before = report->count;
	char object[300];

	snprintf(object, sizeof(object), "QOS '%s'", qos->name);
	if (qos->group_gpus != FB_UNLIMITED) {
		fb_report_add(report, FB_ERROR, GROUP, object, "has GrpTRES=gres/gpu=%lld, which takes the place of the quotas of %zu workspaces "
							      "(%s)", (long long)qos->group_gpus, usage->all.count, usage->all.names);
		fb_report_fix(report, "sacctmgr -i modify qos %s set GrpTRES=gres/gpu=-1", qos->name);
	}
	if (qos->factor != 1) {
		fb_report_add(report, FB_ERROR, GROUP, object, "has LimitFactor=%g, which multiplies the quotas of %zu workspaces (%s)", qos->factor,
			      usage->all.count, usage->all.names);
		fb_report_fix(report, "sacctmgr -i modify qos %s set LimitFactor=-1", qos->name);
	}
	if (usage->loosened.count && strcmp(qos->name, preemptible)) {
		fb_report_add(report, FB_WARNING, GROUP, object, "may be used in %zu workspaces (%s) and lacks their limits of a user and of a job",
			      usage->loosened.count, usage->loosened.names);
		fb_report_fix(report, "sacctmgr -i modify account NAME set QosLevel-=%s   # each of them", qos->name);
	}
	if (report->count == before)
		fb_report_add(report, FB_OK, GROUP, object, "leaves the workspaces' limits as they are");
}

void fb_check_limits_qos(const struct fb_views *views, const struct fb_accounts *accounts, const char *preemptible,
			 struct fb_report *report)
{
	struct usage *usage = calloc(accounts->qos_count + 1, sizeof(*usage));

	if (!usage) {
		fb_report_add(report, FB_UNCHECKED, GROUP, "QOS", "out of memory");
		return;
	}
	find_usage(views, accounts, usage);
	for (size_t i = 0; i < accounts->qos_count; i++)
		if (usage[i].all.count)
			check_qos(&accounts->qos[i], &usage[i], preemptible, report);
	free(usage);
}

void fb_check_limits_partition(const char *partition, const struct fb_account_qos *qos, struct fb_report *report)
{
	char object[300];

	snprintf(object, sizeof(object), "partition '%s'", partition);
	if (qos->group_gpus != FB_UNLIMITED || qos->factor != 1) {
		fb_report_add(report, FB_ERROR, GROUP, object, "its QOS '%s' has %s, which takes the place of every workspace's quota", qos->name,
			      qos->factor != 1 ? "a LimitFactor" : "GrpTRES=gres/gpu");
		fb_report_fix(report, "sacctmgr -i modify qos %s set %s", qos->name, qos->factor != 1 ? "LimitFactor=-1" : "GrpTRES=gres/gpu=-1");
	} else if (qos->user_gpus != FB_UNLIMITED || qos->job_gpus != FB_UNLIMITED) {
		fb_report_add(report, FB_WARNING, GROUP, object, "its QOS '%s' has limits of a user or of a job, which take the place of the "
								 "workspaces'", qos->name);
		fb_report_fix(report, "sacctmgr -i modify qos %s set MaxTRESPerUser=gres/gpu=-1 MaxTRESPerJob=gres/gpu=-1", qos->name);
	} else {
		fb_report_add(report, FB_OK, GROUP, object, "its QOS '%s' leaves the workspaces' limits as they are", qos->name);
	}
}

static void check_member_qos(const struct fb_account_assoc *member, const struct fb_account_assoc *workspace, const char *object,
			     struct fb_report *report)
{
	char more[256] = "";

	for (size_t i = 0; i < member->qos_count; i++)
		if (!fb_account_may_use(workspace, member->qos[i]->name))
			fb_say_append(more, sizeof(more), "%s", member->qos[i]->name);
	if (more[0]) {
		fb_report_add(report, FB_WARNING, GROUP, object, "may use QOS that the workspace may not: %s", more);
		fb_report_fix(report, "sacctmgr -i modify user %s where account=%s set QosLevel=", member->user, member->account);
	}
	if (member->default_qos && workspace->default_qos && strcmp(member->default_qos, workspace->default_qos)) {
		fb_report_add(report, FB_WARNING, GROUP, object, "runs in QOS '%s' by default, not in the workspace's '%s'", member->default_qos,
			      workspace->default_qos);
		fb_report_fix(report, "sacctmgr -i modify user %s where account=%s set DefaultQOS=-1", member->user, member->account);
	}
}

void fb_check_limits_member(const struct fb_account_assoc *member, const struct fb_account_assoc *workspace,
			    struct fb_report *report)
{
	char object[300], limit[FB_DURATION_TEXT_MAX];

	snprintf(object, sizeof(object), "user '%s' in '%s'", member->user, member->account);
	check_member_qos(member, workspace, object, report);
	if (looser(member->job_gpus, workspace->job_gpus)) {
		fb_report_add(report, FB_WARNING, GROUP, object, "may use more GPUs in a job than the workspace's %lld", (long long)workspace->job_gpus);
		fb_report_fix(report, "sacctmgr -i modify user %s where account=%s set MaxTRESPerJob=gres/gpu=-1", member->user, member->account);
	}
	if (workspace->minutes && (!member->minutes || member->minutes > workspace->minutes)) {
		fb_duration_format(workspace->minutes, limit, sizeof(limit));
		fb_report_add(report, FB_WARNING, GROUP, object, "may run jobs for longer than the workspace's %s", limit);
		fb_report_fix(report, "sacctmgr -i modify user %s where account=%s set MaxWall=-1", member->user, member->account);
	}
}

static void check_partitions(struct fb_check *check)
{
	for (uint32_t i = 0; check->partitions && i < check->partitions->record_count; i++) {
		const partition_info_t *p = &check->partitions->partition_array[i];
		const struct fb_account_qos *qos = p->qos_char ? fb_accounts_qos(&check->accounts, p->qos_char) : NULL;

		if (qos)
			fb_check_limits_partition(p->name, qos, &check->report);
	}
}

void fb_check_limits(struct fb_check *check)
{
	const struct fb_accounts *accounts = &check->accounts;
	size_t before;

	if (!check->accounts_known) {
		fb_report_add(&check->report, FB_UNCHECKED, GROUP, "QOS and associations", "%s",
			      check->views.policy ? "slurmdbd does not tell of them" : "there are no site settings");
		return;
	}
	fb_check_limits_qos(&check->views, accounts, check->views.policy->site.preemptible_qos, &check->report);
	check_partitions(check);
	before = check->report.count;
	for (size_t i = 0; i < accounts->assoc_count; i++) {
		const struct fb_account_assoc *member = &accounts->assoc[i], *workspace = NULL;

		if (member->user && is_workspace(&check->views, member->account))
			workspace = fb_accounts_account(accounts, member->account);
		if (workspace)
			fb_check_limits_member(member, workspace, &check->report);
	}
	if (check->report.count == before)
		fb_report_add(&check->report, FB_OK, GROUP, "members", "none has more than the workspace");
}
