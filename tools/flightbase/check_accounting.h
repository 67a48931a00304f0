/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of a workspace is in the accounting, and what in its settings file. Pure. */
#ifndef FB_CHECK_ACCOUNTING_H
#define FB_CHECK_ACCOUNTING_H

#include "flightbase/accounts.h"
#include "flightbase/report.h"
#include "flightbase/view.h"

/* assoc and qos: the account's and the workspace's own; NULL: not there. */
void fb_check_workspace(const struct fb_view *view, const struct fb_account_assoc *assoc, const struct fb_account_qos *qos,
			struct fb_report *report);

#endif
