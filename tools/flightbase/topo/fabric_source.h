/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A fabric with what it was worked out of: the nodes' reports and the cables. */
#ifndef FB_TOPO_FABRIC_SOURCE_H
#define FB_TOPO_FABRIC_SOURCE_H

#include "flightbase/topo/fabric.h"
#include "flightbase/topo/roster.h"

#define FB_FABRIC_LIVE_SECONDS 300 /* ibnetdiscover on the largest fabrics needs a minute */

struct fb_fabric_source {
	struct fb_roster roster; /* finished, by the caller */
	bool there;		 /* the rest is */
	struct fb_ibnet net;
	struct fb_fabric fabric;
};

/* Read the cables from a file, or from ibnetdiscover if path is NULL. Return 0, or -1 with err. */
int fb_fabric_source_load(struct fb_fabric_source *source, const char *path, struct fb_err *err);
void fb_fabric_source_free(struct fb_fabric_source *source);

#endif
