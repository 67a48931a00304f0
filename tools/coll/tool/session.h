/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One run of the tool on a rank: from the start of its back end to the last word. */
#ifndef FB_ALLREDUCE_SESSION_H
#define FB_ALLREDUCE_SESSION_H

#include "coll/tool/params.h"

/* Returns the exit status; errors are on standard error by then, once for all ranks where they know each other. */
int fb_session_run(const struct fb_params *params, const struct fb_backend *backend);

#endif
