/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Discovery on the machine itself: NVML for GPUs and NVLink, hwloc for PCI, sockets and adapters, sysfs for GUIDs and speeds. */
#ifndef FB_TOPO_LIVE_H
#define FB_TOPO_LIVE_H

#include "common/err.h"
#include "flightbase/topo/nvml.h"
#include "flightbase/topo/survey.h"

/* Where to look; NULL: at the machine's own. */
struct fb_live_places {
	const char *nvml;  /* a library */
	const char *hwloc; /* a file of hwloc's, as if it were this machine */
	const char *sysfs;
};

/* This node's name: Slurm's in a job's step, else the host's short one. */
void fb_live_name(char *name, size_t size);

/*
 * Returns 0, or -1 with err set if there are no GPUs or something fails. notes are for people: why NVLink was not seen,
 * a GPU that one source alone knows.
 */
int fb_live_survey(struct fb_survey *survey, const struct fb_live_places *places, struct fb_notes *notes, struct fb_err *err);

#endif
