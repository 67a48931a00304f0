/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libslurm writes to standard error when a daemon does not answer, beside returning the error: two or three lines for
 * a fault that we tell of in one. Between these two calls standard error goes nowhere. Nesting is allowed.
 */
#ifndef FB_QUIET_H
#define FB_QUIET_H

int fb_quiet_begin(void); /* returns what fb_quiet_end takes */
void fb_quiet_end(int quiet);

#endif
