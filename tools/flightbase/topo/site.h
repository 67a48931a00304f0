/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A site's topology put together: nodes whose reports are equal share a type, and the fabric says which nodes share leaves and what
 * each adapter is for.
 *
 * Use of an adapter: as the fabric has it. One that the fabric does not have (no cable, Ethernet): what most adapters of its name are
 * for; else management if it is Ethernet beside InfiniBand, else compute. Without a fabric: the fastest adapters of a node compute;
 * of the slower, InfiniBand is for storage and Ethernet for management.
 */
#ifndef FB_TOPO_SITE_H
#define FB_TOPO_SITE_H

#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "flightbase/topo/fabric.h"
#include "flightbase/topo/remarks.h"
#include "flightbase/topo/roster.h"

struct fb_site {
	const struct fb_roster *roster; /* the caller's; outlives it */
	const struct fb_fabric *fabric; /* the same; NULL: none is known */
	size_t types;
	struct fb_topofile_type *type; /* named; most nodes first among those of one model and count; engine is NULL */
	uint32_t *nodes;	       /* by type: how many nodes are of it */
	uint32_t *of;		       /* by node of the roster: its type */
	struct fb_remarks remarks;
};

/* Return 0, or -1 with err: too many types. fb_site_free() releases what a successful call made. */
int fb_site_make(struct fb_site *site, const struct fb_roster *roster, const struct fb_fabric *fabric, struct fb_err *err);
void fb_site_free(struct fb_site *site);

/*
 * The text of topology.json, for the caller to free. It has passed the reader that slurmctld uses. NULL with err: a limit is
 * exceeded. source names where the fabric was read.
 */
char *fb_site_topofile(const struct fb_site *site, const char *source, size_t *size, struct fb_err *err);

/* The lines of gres.conf, for the caller to free: one for each GPU of each kind of node, without Links. */
char *fb_site_gres(const struct fb_site *site, size_t *size);

#endif
