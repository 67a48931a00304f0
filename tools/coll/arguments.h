/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a caller may ask for: pure checks, with texts that name the call. */
#ifndef FB_COLL_ARGUMENTS_H
#define FB_COLL_ARGUMENTS_H

#include "coll/plan.h"

/* FB_COLL_OK, or FB_COLL_ERR_ARGUMENT. rank and size: of the group. */
fb_coll_status_t fb_arguments_check(const struct fb_task *task, int rank, int size, struct fb_err *err);

#endif
