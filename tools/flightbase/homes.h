/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Users' default accounts. slurmdbd does not remove a user from his default account as long as he has others. */
#ifndef FB_HOMES_H
#define FB_HOMES_H

#include "flightbase/change.h"

/*
 * Give the members of a workspace who leave it (spec NULL: all of them) another of their accounts as default, if it is
 * their default now. Return 0, or -1 with err.
 */
int fb_homes_move(struct fb_run *run, const struct fb_change *change, const char *workspace, const struct fb_spec *spec,
		  struct fb_err *err);

#endif
