/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Work that may take longer than a viewer waits, done by a process of its own: it goes on when the viewer ends, and
 * leaves what it found where the next one looks.
 */
#ifndef FB_LATER_H
#define FB_LATER_H

#include "common/err.h"

struct fb_later {
	int pipe; /* tells when it has ended, and of what; -1: none was begun */
};

#define FB_LATER_NONE { .pipe = -1 }

/*
 * Begin work(arg) in a new session without terminal, with no descriptors but keep (-1: none). It returns 0, or -1 with
 * err, and is ended after limit seconds. Return 0, or -1 if there can be no process.
 */
int fb_later_begin(struct fb_later *later, int (*work)(void *arg, struct fb_err *err), void *arg, int keep, unsigned int limit);

enum fb_later_end { FB_LATER_DONE, FB_LATER_FAILED, FB_LATER_RUNNING };

/* Wait for its end, at most so many milliseconds, and forget it. err is set if it failed. */
enum fb_later_end fb_later_end(struct fb_later *later, int milliseconds, struct fb_err *err);

#endif
