/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FB_SOAK_RANK_H
#define FB_SOAK_RANK_H

#include "plan.h"

/* Be a rank of a round, as a task of a step; the report goes to the folder. Returns the exit status. */
int rank_run(const struct plan *plan, const char *folder);

#endif
