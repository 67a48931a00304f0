/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines that several screens have, each with what JSON has for it. */
#ifndef FB_FACTS_H
#define FB_FACTS_H

#include "flightbase/page.h"
#include "flightbase/state.h"
#include "flightbase/tally.h"

/* "Members      2: alice, bob", or without the number, or without the names in text. names are borrowed. */
enum fb_facts_style { FB_FACTS_NAMES, FB_FACTS_COUNT_AND_NAMES, FB_FACTS_COUNT };
void fb_facts_names(struct fb_page *page, const char *label, const char *key, const char *const *names, size_t count,
		    enum fb_facts_style style);

/* "Jobs         2 running, 3 pending that want 8 GPUs", and used GPUs for JSON. Not if the controller is away. */
void fb_facts_jobs(struct fb_page *page, const struct fb_state *state, const struct fb_count *count);

/* "GPU-hours    1.5 in 7 days, ..."; null in JSON if they are not there. */
void fb_facts_hours(struct fb_page *page, const struct fb_state *state);

/* "As of        2026-12-01 08:30", the hint behind it. Not if the controller is away. */
void fb_facts_taken(struct fb_page *page, const struct fb_state *state, const char *hint);

#endif
