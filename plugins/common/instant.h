/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Points in time that people write: the start and the end of a workspace's period. */
#ifndef FB_COMMON_INSTANT_H
#define FB_COMMON_INSTANT_H

#include <time.h>

#include "common/err.h"

#define FB_INSTANT_TEXT_MAX 32

/* A day stands for its first second, or for the first second after it. */
enum fb_instant_edge { FB_INSTANT_BEGIN, FB_INSTANT_END };

/*
 * Parse YYYY-MM-DD or YYYY-MM-DDTHH:MM[:SS], each with an optional zone, Z or +HH:MM or -HH:MM; without one it is
 * local time, by the zone's rules on that day. Years 2000 to 2199. Return 0, or -1 with err.
 */
int fb_instant_parse(const char *text, enum fb_instant_edge edge, time_t *instant, struct fb_err *err);

#endif
