/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One screen about a job. Pure: from the facts and causes alone. */
#ifndef FB_EXPLAIN_TEXT_H
#define FB_EXPLAIN_TEXT_H

#include "flightbase/causes.h"
#include "flightbase/why.h"
#include "flightbase/say.h"

/* causes: only of a pending job, else NULL. */
void fb_explain_text(const struct fb_why *why, const struct fb_causes *causes, struct fb_lines *lines);

#endif
