/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A call under way: carries out the moves of its plan, as far as messages have come and gone, and never waits itself.
 * A group's calls are begun in their order, FB_ACTIVE at a time, and end in any. The oldest one of all is begun on every
 * rank that has called it, so however many there are, one can always go on.
 */
#ifndef FB_COLL_WORK_H
#define FB_COLL_WORK_H

#include "coll/internal.h"

struct fb_work {
	struct fb_coll *c;
	struct fb_work *next;
	struct fb_call_state call;
	uint64_t tag; /* without the step */
	struct fb_plan plan;
	bool request; /* the user has it */
	bool done;
	int slice;    /* of the scratch memory; -1: not begun */
	size_t at;    /* the move under way */
	bool sent;    /* its piece */
	bool flushing;
	struct fb_move moves[FB_DEPTH]; /* from `at` on, move i at i % FB_DEPTH */
	struct fb_request in[FB_DEPTH], out[FB_DEPTH], flushed;
};

/* Begin a call among at least two ranks. On failure it is not under way. */
fb_coll_status_t fb_work_post(struct fb_work *work, struct fb_coll *c, const struct fb_task *task);

/* Move on all that is under way in the job; whether anything did. */
bool fb_work_progress(struct fb_coll *job);

/* Until it is done; returns at the latest when the watch or a limit says so. The failure is published. */
fb_coll_status_t fb_work_wait(struct fb_work *work);

/* Both. */
fb_coll_status_t fb_work_run(struct fb_coll *c, const struct fb_task *task);

#endif
