/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A step of a plan in words, as they follow "workspace 'vision': ". */
#ifndef FB_PLAN_WORDS_H
#define FB_PLAN_WORDS_H

#include "flightbase/plan.h"

void fb_plan_words(struct fb_step *step, const struct fb_plan_site *site);

#endif
