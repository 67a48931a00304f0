/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Versions of the plugins against Slurm's. Pure. */
#ifndef FB_CHECK_PLUGINS_H
#define FB_CHECK_PLUGINS_H

#include <stdbool.h>
#include <stdint.h>

#include "flightbase/report.h"

struct fb_plugin_file {
	const char *name; /* "topology_flightbase.so" */
	bool exact;	  /* it must match Slurm to the micro version; else to the major and minor one */
	bool there;
	uint32_t version; /* Slurm's number of the release that it was built for; 0: it says none */
};

/* slurm: the number of the Slurm that is installed in the folder. */
void fb_check_plugin(const struct fb_plugin_file *plugin, const char *folder, uint32_t slurm, struct fb_report *report);

/* A client's library must not be newer than slurmctld, in major and minor version. */
void fb_check_client(const char *slurmctld, uint32_t client, struct fb_report *report);

#endif
