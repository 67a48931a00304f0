/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FB_COLL_TIMED_H
#define FB_COLL_TIMED_H

#include <stdbool.h>
#include <stdint.h>

#include "coll/status.h"

typedef fb_coll_status_t (*fb_timed_function)(void *argument, struct fb_err *err);

/*
 * Run a function of a foreign library that may block for ever, on a thread of its own, and return what it
 * returned; or FB_COLL_ERR_BOOTSTRAP with *abandoned set and no text after the limit, in which time when this process is
 * stopped does not count. An abandoned function still runs: argument and all it points to must then be left alone.
 */
fb_coll_status_t fb_timed_call(fb_timed_function function, void *argument, int64_t limit_ms, bool *abandoned, struct fb_err *err);

#endif
