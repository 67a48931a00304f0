/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a command that changes something holds while it does: the connection, the lock, and who is asking. */
#ifndef FB_RUN_H
#define FB_RUN_H

#include "flightbase/caller.h"
#include "flightbase/db.h"

struct fb_run {
	struct fb_db db;
	struct fb_caller caller;
	int lock; /* -1: none; root on the controller holds one, so that two of them do not plan on each other's half-done work */
	bool up;  /* slurmctld answers */
};

/* Return 0, or -1 with err. fb_run_close takes a closed one too. */
int fb_run_open(struct fb_run *run, struct fb_err *err);
void fb_run_close(struct fb_run *run);

#endif
