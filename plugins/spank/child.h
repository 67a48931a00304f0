/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A command that is run as the caller, within a time, and what it wrote. */
#ifndef FB_SPANK_CHILD_H
#define FB_SPANK_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

struct fb_child_text {
	char *text; /* ends with a NUL, which size does not count */
	size_t size, max;
	bool cut; /* there was more than max */
};

struct fb_child {
	int status;	/* of waitpid */
	bool timed_out; /* it was ended because its time was up */
	struct fb_child_text out, err;
};

/* Milliseconds of a clock that only goes forward. */
int64_t fb_child_now(void);

/*
 * Run the program at path with empty standard input; at most out_max and err_max bytes of its output are kept. When `until`
 * (fb_child_now) has passed it gets SIGTERM, and ten seconds later SIGKILL. 0, or -1 with err: it could not be started.
 * fb_child_free takes an empty one.
 */
int fb_child_run(const char *path, char *const *argv, char *const *environment, int64_t until, size_t out_max, size_t err_max,
		 struct fb_child *child, struct fb_err *err);
void fb_child_free(struct fb_child *child);

#endif
