/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --expect: is what was measured near enough to what the model says? */
#ifndef FB_ALLREDUCE_EXPECT_H
#define FB_ALLREDUCE_EXPECT_H

#include <stdbool.h>
#include <stddef.h>

struct fb_expect {
	double percent, model; /* percent 0: nothing is expected */
	size_t from;	       /* bytes; SIZE_MAX: of the largest size alone */
	bool judged;
	size_t bytes; /* of the row that is furthest below */
	double busbw;
};

void fb_expect_row(struct fb_expect *expect, size_t bytes, double busbw);

/* Also where nothing is expected. A size from which on nothing was measured is not met. */
bool fb_expect_met(const struct fb_expect *expect);

/* One line that says what falls short; slowest describes the slowest pair, NULL where no pairs were measured. */
void fb_expect_describe(const struct fb_expect *expect, const char *slowest, char *text, size_t size);

#endif
