/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one status type inside the library is the public one; the first detector writes the text. */
#ifndef FB_COLL_STATUS_H
#define FB_COLL_STATUS_H

#include "coll/flightbase/coll.h"
#include "common/err.h"

/* Write the text and return status, so that a fault is reported and returned in one line. */
fb_coll_status_t fb_coll_fail(struct fb_err *err, fb_coll_status_t status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Make err's text this thread's fb_coll_error_text and return status. */
fb_coll_status_t fb_coll_publish(fb_coll_status_t status, const struct fb_err *err);

#endif
