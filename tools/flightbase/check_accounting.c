/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/check_accounting.h"

#include <stdio.h>
#include <string.h>

#include "flightbase/check.h"
#include "flightbase/places.h"

#define GROUP "accounting"
#define SACCTMGR "sacctmgr -i "

/* One of the three is missing. */
static bool check_parts(const struct fb_view *view, const char *object, struct fb_report *report)
{
	const char *name = view->name;

	if (view->settings && view->account)
		return true;
	if (view->settings) {
		fb_report_add(report, FB_ERROR, GROUP, object, "has settings but no account: nobody can submit to it");
		fb_report_fix(report, "flightbase workspace create %s --gpus NUMBER --manager USER   # or: rm " FB_WORKSPACES_DIR "/%s.json", name,
			      name);
	} else if (view->account && view->file) {
		fb_report_add(report, FB_ERROR, GROUP, object, "its settings file is broken");
		fb_report_fix(report, "correct " FB_WORKSPACES_DIR "/%s.json (flightbase.json(5))", name);
	} else if (view->account) {
		fb_report_add(report, FB_ERROR, GROUP, object, "has an account and a QOS but no settings file: its jobs are those of an "
							      "ordinary account");
		fb_report_fix(report, "echo '{}' >" FB_WORKSPACES_DIR "/%s.json   # or: " SACCTMGR "delete account %s", name, name);
	} else {
		fb_report_add(report, FB_WARNING, GROUP, object, "only its QOS is left");
		fb_report_fix(report, SACCTMGR "delete qos " FB_QOS_PREFIX "%s", name);
	}
	return false;
}

static void check_quota(const struct fb_view *view, const char *object, struct fb_report *report)
{
	if (view->gpus == FB_UNLIMITED) {
		fb_report_add(report, FB_WARNING, GROUP, object, "has no quota: it may use all GPUs");
		fb_report_fix(report, "flightbase workspace modify %s --gpus NUMBER", view->name);
	} else if ((int64_t)view->settings->guarantee > view->gpus) {
		fb_report_add(report, FB_ERROR, GROUP, object, "is guaranteed %u GPUs, but its quota is %lld: the rest is kept for nobody",
			      view->settings->guarantee, (long long)view->gpus);
		fb_report_fix(report, "flightbase workspace modify %s --guarantee %lld", view->name, (long long)view->gpus);
	}
}

static void check_qos(const struct fb_view *view, const struct fb_account_assoc *assoc, const struct fb_account_qos *qos,
		      const char *object, struct fb_report *report)
{
	const char *name = view->name;

	if (!qos) {
		fb_report_add(report, FB_WARNING, GROUP, object, "has no QOS " FB_QOS_PREFIX "%s: it has no limits of a user and of a job", name);
		fb_report_fix(report, "flightbase workspace modify %s", name);
	} else if (!assoc->default_qos || strcmp(assoc->default_qos, qos->name) || !fb_account_may_use(assoc, qos->name)) {
		fb_report_add(report, FB_ERROR, GROUP, object, "its jobs run in QOS '%s', not in '%s': its limits of a user and of a job do not hold",
			      assoc->default_qos ? assoc->default_qos : "normal", qos->name);
		fb_report_fix(report, "flightbase workspace modify %s", name);
	}
	if (assoc->parent && *assoc->parent && strcmp(assoc->parent, "root")) {
		fb_report_add(report, FB_WARNING, GROUP, object, "is below account '%s', whose limits hold as well", assoc->parent);
		fb_report_fix(report, SACCTMGR "modify account %s set parent=root", name);
	}
}

static void check_people(const struct fb_view *view, const char *object, struct fb_report *report)
{
	size_t members = 0, managers = 0;

	for (size_t i = 0; i < view->members; i++) {
		const struct fb_member *m = &view->member[i];

		members += m->member;
		managers += m->manager;
		if (m->manager && !m->member) {
			fb_report_add(report, FB_WARNING, GROUP, object, "manager '%s' is no member", m->name);
			fb_report_fix(report, "flightbase workspace add-user %s %s", view->name, m->name);
		}
	}
	if (!members) {
		fb_report_add(report, FB_WARNING, GROUP, object, "has no members");
		fb_report_fix(report, "flightbase workspace add-user %s USER", view->name);
	}
	if (!managers) {
		fb_report_add(report, FB_WARNING, GROUP, object, "has no manager");
		fb_report_fix(report, "flightbase workspace set-manager %s USER", view->name);
	}
}

void fb_check_workspace(const struct fb_view *view, const struct fb_account_assoc *assoc, const struct fb_account_qos *qos,
			struct fb_report *report)
{
	size_t before = report->count;
	char object[FB_NAME_MAX + 16];

	snprintf(object, sizeof(object), "workspace '%s'", view->name);
	if (!check_parts(view, object, report))
		return;
	check_quota(view, object, report);
	if (assoc)
		check_qos(view, assoc, qos, object, report);
	check_people(view, object, report);
	if (view->closed) {
		fb_report_add(report, FB_WARNING, GROUP, object, "takes no submissions: its deletion was begun and not ended");
		fb_report_fix(report, "flightbase workspace delete %s --drain", view->name);
	}
	if (report->count == before)
		fb_report_add(report, FB_OK, GROUP, object, "account, QOS and settings agree");
}

void fb_check_accounting(struct fb_check *check)
{
	char name[sizeof(FB_QOS_PREFIX) + FB_NAME_MAX];

	if (!check->accounts_known) {
		fb_report_add(&check->report, FB_UNCHECKED, GROUP, "workspaces", "%s",
			      check->views.policy ? "slurmdbd does not tell of them" : "there are no site settings");
		return;
	}
	for (size_t i = 0; i < check->views.count; i++) {
		const struct fb_view *view = &check->views.view[i];

		snprintf(name, sizeof(name), FB_QOS_PREFIX "%s", view->name);
		fb_check_workspace(view, fb_accounts_account(&check->accounts, view->name), fb_accounts_qos(&check->accounts, name),
				   &check->report);
	}
}
