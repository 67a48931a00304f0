/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/check_guarantees.h"

#include <stdio.h>
#include <string.h>

#include "flightbase/check.h"
#include "flightbase/say.h"

#define GROUP "guarantees"
#define NAMES_SHOWN 5

static int64_t sum_of(const struct fb_views *views)
{
	int64_t sum = 0;

	for (size_t i = 0; i < views->count; i++)
		if (views->view[i].settings)
			sum += views->view[i].settings->guarantee;
	return sum;
}

static void check_preemption(const slurm_conf_t *conf, struct fb_report *report)
{
	bool by_qos = conf->preempt_type && !strcmp(conf->preempt_type, "preempt/qos");

	if (!by_qos) {
		fb_report_add(report, FB_WARNING, GROUP, "PreemptType", "'%s', not preempt/qos: guaranteed GPUs that are idle cannot be lent",
			      conf->preempt_type && *conf->preempt_type ? conf->preempt_type : "preempt/none");
		fb_report_fix(report, "PreemptType=preempt/qos");
	} else if (!(conf->preempt_mode & (PREEMPT_MODE_REQUEUE | PREEMPT_MODE_CANCEL))) {
		fb_report_add(report, FB_WARNING, GROUP, "PreemptMode", "does not requeue: lent GPUs are not given back");
		fb_report_fix(report, "PreemptMode=REQUEUE");
	} else {
		fb_report_add(report, FB_OK, GROUP, "PreemptType", "preempt/qos: lent GPUs are given back");
	}
}

/* Some workspaces: how many, and the first by name. */
struct some {
	size_t count;
	char names[512];
};

static void add_name(struct some *some, const char *name)
{
	if (some->count++ < NAMES_SHOWN)
		fb_say_append(some->names, sizeof(some->names), "%s", name);
	else if (some->count == NAMES_SHOWN + 1)
		fb_say_append(some->names, sizeof(some->names), "...");
}

/* Each guaranteed workspace's QOS must be able to take lent GPUs back, and none may queue behind those who borrow. */
static void check_owners(const struct fb_views *views, const struct fb_accounts *accounts, const struct fb_account_qos *lent,
			 struct fb_report *report)
{
	char own[sizeof(FB_QOS_PREFIX) + FB_NAME_MAX];
	struct some helpless = { .count = 0 }, behind = { .count = 0 };

	for (size_t i = 0; i < views->count; i++) {
		const struct fb_view *view = &views->view[i];

		snprintf(own, sizeof(own), FB_QOS_PREFIX "%s", view->name);
		const struct fb_account_qos *qos = fb_accounts_qos(accounts, own);
		if (view->settings && view->settings->guarantee && !(qos && qos->preempts_lent))
			add_name(&helpless, view->name);
		if (view->settings && qos && qos->priority <= lent->priority)
			add_name(&behind, view->name);
	}
	if (helpless.count) {
		fb_report_add(report, FB_WARNING, GROUP, "preemption", "%zu workspaces with a guarantee cannot take lent GPUs back (%s)",
			      helpless.count, helpless.names);
		fb_report_fix(report, "flightbase workspace modify NAME   # each of them");
	}
	if (behind.count) {
		fb_report_add(report, FB_WARNING, GROUP, "priority", "the QOS of %zu workspaces (%s) are not above QOS '%s' of priority %u: who borrows "
								    "GPUs is level with their owners", behind.count, behind.names, lent->name,
			      lent->priority);
		fb_report_fix(report, "sacctmgr -i modify qos " FB_QOS_PREFIX "NAME set Priority=%u   # each of them", lent->priority + 100);
	}
}

void fb_check_guarantee_sum(const struct fb_views *views, int64_t cluster_gpus, const char *preemptible,
			    const struct fb_accounts *accounts, const slurm_conf_t *conf, struct fb_report *report)
{
	int64_t sum = sum_of(views);

	if (!sum) {
		fb_report_add(report, FB_OK, GROUP, "sum", "no workspace has a guarantee");
		return;
	}
	if (cluster_gpus < 0)
		fb_report_add(report, FB_UNCHECKED, GROUP, "sum", "%lld GPUs are guaranteed; how many the cluster has is not to be told",
			      (long long)sum);
	else if (sum > cluster_gpus) {
		fb_report_add(report, FB_ERROR, GROUP, "sum", "%lld GPUs are guaranteed, but the cluster has %lld: not all can be kept", (long long)sum,
			      (long long)cluster_gpus);
		fb_report_fix(report, "lower 'guarantee' of workspaces by %lld in all", (long long)(sum - cluster_gpus));
	} else {
		fb_report_add(report, FB_OK, GROUP, "sum", "%lld of %lld GPUs are guaranteed", (long long)sum, (long long)cluster_gpus);
	}
	if (conf)
		check_preemption(conf, report);
	const struct fb_account_qos *lent = accounts ? fb_accounts_qos(accounts, preemptible) : NULL;
	if (accounts && !lent) {
		fb_report_add(report, FB_WARNING, GROUP, "preemption", "there is no QOS '%s': guaranteed GPUs that are idle cannot be lent", preemptible);
		fb_report_fix(report, "flightbase workspace modify NAME   # one with a guarantee");
	} else if (accounts) {
		check_owners(views, accounts, lent, report);
	}
}

void fb_check_guarantees(struct fb_check *check)
{
	if (!check->accounts_known && !check->views.count) {
		fb_report_add(&check->report, FB_UNCHECKED, GROUP, "sum", "%s",
			      check->views.policy ? "slurmdbd does not answer" : "there are no site settings");
		return;
	}
	fb_check_guarantee_sum(&check->views, check->nodes ? fb_check_cluster_gpus(check) : -1,
			       check->views.policy ? check->views.policy->site.preemptible_qos : "", check->accounts_known ? &check->accounts : NULL,
			       check->running, &check->report);
}
