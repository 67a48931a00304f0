/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FB_SOAK_JUDGE_H
#define FB_SOAK_JUDGE_H

#include "plan.h"

/* Look at the reports of a round's ranks; print a line for each thing that is wrong. Returns their number. */
int judge(const struct plan *plan, const char *folder);

#endif
