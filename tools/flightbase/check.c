/* SPDX-License-Identifier: GPL-2.0-or-later */
/* flightbase check: the site's doctor. Exit status 1 if there is an error. */
#include "fb_config.h"

#include <stdio.h>

#include "flightbase/check.h"
#include "flightbase/commands.h"
#include "flightbase/libslurm.h"

enum { OPTION_VERBOSE };

const struct fb_cli_option fb_check_options[] = {
	[OPTION_VERBOSE] = { "verbose", NULL, "list also what is good", NULL },
	{ .name = NULL },
};

static const char *role_of(const struct fb_check *check)
{
	if (check->controller)
		return check->compute ? "controller and compute node" : "controller";
	return check->compute ? "compute node" : "login node";
}

int fb_check(const struct fb_args *args)
{
	static void (*const groups[])(struct fb_check *) = {
		fb_check_slurm,	   fb_check_plugins, fb_check_plugstack,  fb_check_gres,  fb_check_topology,
		fb_check_settings, fb_check_accounting, fb_check_limits, fb_check_guarantees, fb_check_gates,
	};
	bool verbose = args->value[OPTION_VERBOSE];
	struct fb_check check;
	char title[512];

	fb_check_open(&check);
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		groups[i](&check);
	snprintf(title, sizeof(title), "flightbase " PACKAGE_VERSION " on %s (%s), cluster %s, Slurm %s", check.host, role_of(&check),
		 slurm_conf.cluster_name, check.running ? check.running->version : "not running");
	if (args->json)
		fb_report_print_json(&check.report, check.host, role_of(&check), verbose);
	else
		fb_report_print(&check.report, title, verbose);
	bool failed = check.report.counts[FB_ERROR] > 0;
	fb_check_close(&check);
	return failed ? FB_EXIT_FAILED : FB_EXIT_DONE;
}
