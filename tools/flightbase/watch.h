/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A screen that refreshes. Each picture is drawn by a child process, so that a daemon that does not answer holds up
 * neither the keys nor a change of the terminal's size, and a picture that fails leaves the terminal as it was.
 */
#ifndef FB_WATCH_H
#define FB_WATCH_H

#include <stdio.h>

#include "flightbase/page.h"

/* Draw a picture of this size (0: any) to out. Returns the exit status, or -1: there is nothing to show, and stderr has why. */
typedef int fb_watch_draw(struct fb_page_size size, FILE *out, void *arg);

/*
 * On a terminal: full screen, every so many seconds, until q or an interrupt; the terminal is then as it was before.
 * Elsewhere: one picture after the other on standard output, with an empty line between them if separated. If there is
 * nothing to show from the start it ends at once. Returns the exit status.
 */
int fb_watch(unsigned int seconds, bool separated, fb_watch_draw *draw, void *arg);

#endif
