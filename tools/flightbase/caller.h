/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who is asking, and what Slurm lets them do. The daemons decide; this is for messages before anything has changed. */
#ifndef FB_CALLER_H
#define FB_CALLER_H

#include <stdbool.h>
#include <sys/types.h>

#include "flightbase/db.h"

struct fb_caller {
	uid_t uid;
	char name[64];
	bool root;
	bool operator;	    /* AdminLevel Operator or more; root and SlurmUser always */
	bool administrator; /* AdminLevel Administrator */
	bool here;	    /* on a controller's machine */
};

int fb_caller_load(struct fb_caller *caller, struct fb_db *db, struct fb_err *err);

#endif
