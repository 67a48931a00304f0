/* SPDX-License-Identifier: GPL-2.0-or-later */
/* GPUs as gres.conf lists them and as slurmctld knows them. */
#ifndef FB_CHECK_GRES_H
#define FB_CHECK_GRES_H

#include "flightbase/gres_conf.h"
#include "flightbase/report.h"

/* One line of gres.conf. Pure. */
void fb_check_gres_line(const char *where, const struct fb_gres_line *line, struct fb_report *report);

#endif
