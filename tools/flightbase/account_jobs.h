/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The jobs of an account: how many, and cancelling them. */
#ifndef FB_ACCOUNT_JOBS_H
#define FB_ACCOUNT_JOBS_H

#include "flightbase/jobs.h"

struct fb_account_jobs {
	uint32_t pending, running; /* tasks of an array count each; running: holds resources */
	int64_t gpus;		   /* that they hold */
};

/* Count a job in; one that is over counts nothing. */
void fb_account_jobs_add(struct fb_account_jobs *count, const struct fb_job *job);

/* user NULL: of all users. */
struct fb_account_jobs fb_account_jobs_count(const struct fb_jobs *jobs, const char *account, const char *user);

/* The same, asked of the controller now. Return 0, or -1 with err. */
int fb_account_jobs_load(const char *account, const char *user, struct fb_account_jobs *count, struct fb_err *err);

/* Cancel those that wait, or all. Return 0, or -1 with err: one could not be cancelled. */
int fb_account_jobs_cancel(const char *account, const char *user, bool pending_only, struct fb_err *err);

#endif
