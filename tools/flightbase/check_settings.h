/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who may write the settings. Pure. */
#ifndef FB_CHECK_SETTINGS_H
#define FB_CHECK_SETTINGS_H

#include <sys/stat.h>

#include "flightbase/report.h"

void fb_check_settings_file(const char *path, const struct stat *st, struct fb_report *report);

#endif
