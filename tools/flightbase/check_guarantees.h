/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether what is guaranteed can be kept, and lent meanwhile. Pure. */
#ifndef FB_CHECK_GUARANTEES_H
#define FB_CHECK_GUARANTEES_H

#include <slurm/slurm.h>
#include <stdint.h>

#include "flightbase/accounts.h"
#include "flightbase/report.h"
#include "flightbase/view.h"

/* cluster_gpus: -1: not known. accounts, conf: NULL: not known. */
void fb_check_guarantee_sum(const struct fb_views *views, int64_t cluster_gpus, const char *preemptible,
			    const struct fb_accounts *accounts, const slurm_conf_t *conf, struct fb_report *report);

#endif
