/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the back ends share that stand on a handle of libflightbase-coll. */
#ifndef FB_ALLREDUCE_BACKEND_COLL_H
#define FB_ALLREDUCE_BACKEND_COLL_H

#include <stdio.h>
#include <stdlib.h>

#include "coll/tool/backend.h"

static inline int fb_backend_result(fb_coll_status_t status, struct fb_err *err)
{
	return status ? fb_err_set(err, "%s", fb_coll_error_text()) : 0;
}

static inline void fb_backend_world(const fb_coll_t *coll, struct fb_world *world)
{
	world->rank = fb_coll_rank(coll);
	world->size = fb_coll_size(coll);
	world->local_size = fb_coll_local_size(coll);
	snprintf(world->host, sizeof(world->host), "%s", fb_coll_host(coll, world->rank));
	snprintf(world->bootstrap, sizeof(world->bootstrap), "%s", fb_coll_bootstrap(coll));
}

/* FB_SETTING_TIMEOUT, before the handle is made. */
static inline int fb_backend_timeout(int value, struct fb_err *err)
{
	char seconds[16];

	snprintf(seconds, sizeof(seconds), "%d", value);
	if (setenv("FLIGHTBASE_STALL_TIMEOUT", seconds, 1) || setenv("FLIGHTBASE_LATE_TIMEOUT", seconds, 1))
		return fb_err_set(err, "out of memory");
	return 0;
}

#endif
