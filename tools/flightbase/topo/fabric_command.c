/* SPDX-License-Identifier: GPL-2.0-or-later */
/* flightbase topo fabric: what the cables between the nodes are. */
#include <stdlib.h>

#include "flightbase/commands.h"
#include "flightbase/json_add.h"
#include "flightbase/topo/fabric_print.h"
#include "flightbase/topo/fabric_source.h"

enum { OPTION_LIVE, OPTION_REPORTS };

const struct fb_cli_option fb_topo_fabric_options[] = {
	{ "live", NULL, "run ibnetdiscover", NULL, 0 },
	{ "reports", "PATH", "the nodes' reports: a file, or a folder of *.json", "file", 0 },
	{ .name = NULL },
};

static int make(struct fb_fabric_source *source, const struct fb_args *args, struct fb_err *err)
{
	const char *reports = args->value[OPTION_REPORTS];

	if ((reports && fb_roster_add(&source->roster, reports, err)) || fb_roster_finish(&source->roster, err))
		return -1;
	return fb_fabric_source_load(source, args->words ? args->word[0] : NULL, err);
}

int fb_topo_fabric(const struct fb_args *args)
{
	struct fb_fabric_source source = { .there = false };
	struct fb_err err;

	if ((args->words != 0) == (args->value[OPTION_LIVE] != NULL))
		return fb_cli_usage(args, args->words ? "give FILE or --live, not both" : "FILE or --live is missing");
	int rc = make(&source, args, &err) ? fb_cli_failed(&err) : FB_EXIT_DONE;
	if (rc == FB_EXIT_DONE && args->json)
		fb_json_put(fb_fabric_json(&source.fabric));
	else if (rc == FB_EXIT_DONE)
		fb_fabric_print(&source.fabric, stdout);
	fb_fabric_source_free(&source);
	return rc;
}
