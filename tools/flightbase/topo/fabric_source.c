/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/topo/fabric_source.h"

#include <stdlib.h>

#include "flightbase/memory.h"

int fb_fabric_source_load(struct fb_fabric_source *source, const char *path, struct fb_err *err)
{
	struct fb_fabric_report *report;
	size_t count = source->roster.count;

	if (path ? fb_ibnet_read(&source->net, path, err) : fb_ibnet_run(&source->net, NULL, FB_FABRIC_LIVE_SECONDS, err))
		return -1;
	report = fb_need_array(count, sizeof(*report));
	for (size_t i = 0; i < count; i++) {
		const struct fb_machine *machine = source->roster.entry[i].machine;

		report[i] = (struct fb_fabric_report){ machine->node, machine->adapters, machine->adapter };
	}
	int rc = fb_fabric_make(&source->fabric, &source->net, report, count, err);
	if (rc)
		fb_err_prefix(err, "%s", path ? path : "ibnetdiscover");
	free(report);
	source->there = !rc;
	return rc;
}

void fb_fabric_source_free(struct fb_fabric_source *source)
{
	fb_fabric_free(&source->fabric);
	fb_ibnet_free(&source->net);
	fb_roster_free(&source->roster);
	source->there = false;
}
