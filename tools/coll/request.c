/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a caller does with the handle of a call that it began. */
#include <stdlib.h>

#include "coll/work.h"

/* A failed one is left to the transport, which may still know it. */
static fb_coll_status_t release(fb_coll_request_t **request, fb_coll_status_t status)
{
	if (!status)
		free(*request);
	*request = NULL;
	return status;
}

fb_coll_status_t fb_coll_wait(fb_coll_request_t **request)
{
	return *request ? release(request, fb_work_wait(*request)) : FB_COLL_OK;
}

fb_coll_status_t fb_coll_waitall(fb_coll_request_t **requests, size_t count)
{
	fb_coll_status_t first = FB_COLL_OK;

	for (size_t i = 0; i < count; i++) {
		fb_coll_status_t status = fb_coll_wait(&requests[i]);
		first = first ? first : status;
	}
	return first;
}

fb_coll_status_t fb_coll_test(fb_coll_request_t **request, int *done)
{
	struct fb_work *work = *request;
	fb_coll_status_t status = FB_COLL_OK;

	*done = 1;
	if (!work)
		return FB_COLL_OK;
	if (work->done)
		return release(request, FB_COLL_OK);
	struct fb_coll *c = work->c;
	if ((status = fb_call_refuse(c)))
		return release(request, status);
	if (fb_work_progress(c->job))
		fb_call_moved(c);
	else
		fb_call_unmoved(c, &work->call);
	if (work->done)
		return release(request, FB_COLL_OK);
	if (c->watch)
		fb_watch_polled(c->watch);
	status = fb_call_check(c, &work->call);
	if (status)
		return release(request, fb_call_end(c, status));
	*done = 0;
	return FB_COLL_OK;
}
