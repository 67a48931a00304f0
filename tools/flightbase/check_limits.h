/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What gets round the limits of workspaces. Slurm takes each limit from the first that sets it: the partition's QOS,
 * the job's QOS, the association (acct_policy.c). So a QOS with a limit of the group takes the place of the account's
 * quota, a QOS's LimitFactor multiplies it, and a QOS other than the workspace's own is without its limits. Pure.
 */
#ifndef FB_CHECK_LIMITS_H
#define FB_CHECK_LIMITS_H

#include "flightbase/accounts.h"
#include "flightbase/report.h"
#include "flightbase/view.h"

/* Each QOS against all workspaces that may use it. preemptible: the site's QOS of preemptible jobs. */
void fb_check_limits_qos(const struct fb_views *views, const struct fb_accounts *accounts, const char *preemptible,
			 struct fb_report *report);

/* The QOS of a partition counts for all its jobs, before theirs. */
void fb_check_limits_partition(const char *partition, const struct fb_account_qos *qos, struct fb_report *report);

/* A member's association against the workspace's. */
void fb_check_limits_member(const struct fb_account_assoc *member, const struct fb_account_assoc *workspace,
			    struct fb_report *report);

#endif
