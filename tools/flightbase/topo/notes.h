/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is odd but no failure, in words for people: the caller's to print. What goes beyond the maximum is dropped. */
#ifndef FB_TOPO_NOTES_H
#define FB_TOPO_NOTES_H

#include "common/err.h"

#define FB_NOTES_MAX 16

struct fb_notes {
	unsigned int count;
	struct fb_err note[FB_NOTES_MAX];
};

void fb_note(struct fb_notes *notes, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
