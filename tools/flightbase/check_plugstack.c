/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "flightbase/check.h"
#include "flightbase/plugstack.h"
#include "flightbase/libslurm.h"

#define GROUP "plugstack"
#define PLUGIN "spank_flightbase.so"

static void check_entry(struct fb_report *report, const char *path, const struct fb_plugstack_entry *entry)
{
	if (!entry->there) {
		fb_report_add(report, FB_ERROR, GROUP, path, "does not name " PLUGIN ": sbatch and srun have no options of Flightbase, and "
							     "nodes do not hold steps to what was granted");
		fb_report_fix(report, "echo 'required " PLUGIN "' >>%s", path);
	} else if (!entry->required) {
		fb_report_add(report, FB_ERROR, GROUP, entry->where, PLUGIN " is optional: where it cannot be loaded, jobs run without what "
									    "they asked for");
		fb_report_fix(report, "required %s", entry->path);
	} else if (entry->path[0] == '/' && access(entry->path, F_OK)) {
		fb_report_add(report, FB_ERROR, GROUP, entry->where, "%s is not there", entry->path);
		fb_report_fix(report, "required " PLUGIN);
	} else {
		fb_report_add(report, FB_OK, GROUP, entry->where, "requires %s", entry->path);
	}
}

void fb_check_plugstack(struct fb_check *check)
{
	char *beside = slurm_get_extra_conf_path((char *)"plugstack.conf");
	const char *path = slurm_conf.plugstack && *slurm_conf.plugstack ? slurm_conf.plugstack : beside;
	struct fb_plugstack_entry entry;
	struct fb_err err;

	if (fb_plugstack_find(path, PLUGIN, &entry, &err)) {
		fb_report_add(&check->report, FB_ERROR, GROUP, path, "cannot be read: %s", err.text);
		fb_report_fix(&check->report, "correct or remove that line: Slurm's commands fail on it as well");
	} else {
		check_entry(&check->report, path, &entry);
	}
	slurm_xfree((void **)&beside);
}
