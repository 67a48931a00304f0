/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "coll/status.h"

#include <stdarg.h>
#include <stdio.h>

static _Thread_local struct fb_err last;

fb_coll_status_t fb_coll_fail(struct fb_err *err, fb_coll_status_t status, const char *format, ...)
{
	char text[FB_ERR_TEXT_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	fb_err_set(err, "%s", text);
	return status;
}

fb_coll_status_t fb_coll_publish(fb_coll_status_t status, const struct fb_err *err)
{
	if (status != FB_COLL_OK)
		last = *err;
	return status;
}

const char *fb_coll_error_text(void)
{
	return last.text;
}

const char *fb_coll_strerror(fb_coll_status_t status)
{
	switch (status) {
	case FB_COLL_OK:
		return "success";
	case FB_COLL_ERR_ARGUMENT:
		return "invalid argument or setting";
	case FB_COLL_ERR_MEMORY:
		return "out of memory";
	case FB_COLL_ERR_BOOTSTRAP:
		return "the ranks did not find each other";
	case FB_COLL_ERR_TRANSPORT:
		return "transport failure";
	case FB_COLL_ERR_PEER_LOST:
		return "a rank was lost";
	case FB_COLL_ERR_STALLED:
		return "no progress";
	case FB_COLL_ERR_MISMATCH:
		return "ranks asked for different operations";
	}
	return "unknown status";
}
