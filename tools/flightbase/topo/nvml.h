/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the driver's management library (NVML) tells of this machine's GPUs. */
#ifndef FB_TOPO_NVML_H
#define FB_TOPO_NVML_H

#include "common/err.h"
#include "flightbase/topo/notes.h"
#include "flightbase/topo/survey.h"

/*
 * Load the library (NULL: the driver's) and ask it. GPUs come in the order of their device files, /dev/nvidiaN, which
 * is that of gres.conf. sysfs is where PCI devices are looked up (NULL: /sys). Returns 0, or -1 with err set.
 */
int fb_survey_nvml(struct fb_survey *survey, const char *library, const char *sysfs, struct fb_notes *notes, struct fb_err *err);

#endif
