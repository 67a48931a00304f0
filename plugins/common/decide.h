/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The controller's rule for a submission: which workspace, and whether the user may. */
#ifndef FB_COMMON_DECIDE_H
#define FB_COMMON_DECIDE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/decision.h"
#include "common/err.h"
#include "common/policy.h"
#include "common/request.h"

/* What the scheduler's accounting knows; answered from its cache, never by waiting. */
struct fb_accounting {
	void *context;
	bool (*member)(void *context, uint32_t uid, const char *account);
	const char *(*default_account)(void *context, uint32_t uid); /* NULL: none; valid until the next call */
};

struct fb_submission {
	uint32_t uid;	     /* who the job will run as */
	const char *account; /* asked for by the scheduler's own option; NULL: none */
	const struct fb_request *request;
};

enum fb_verdict {
	FB_REFUSED = -1, /* err says why */
	FB_NOT_OURS = 0, /* no workspace and no option of ours: leave the job alone */
	FB_GRANTED = 1,	 /* the decision is set; its workspace is the account */
};

/* policy may be NULL: none could be loaded so far, so what needs one is refused. */
enum fb_verdict fb_decide(const struct fb_policy *policy, const struct fb_accounting *accounting,
			  const struct fb_submission *submission, struct fb_decision *decision, struct fb_err *err);

/* Refuse GPUs to a job outside of any workspace, where the site has them for workspaces only; returns -1. */
int fb_decide_refuse_gpus(const char *account, struct fb_err *err);

/* Refuse a job in an account that is a workspace without valid settings; returns -1. */
int fb_decide_refuse_unset(const char *account, struct fb_err *err);

/* The workspace that an account is, whatever its case; NULL: none, or account is NULL. */
const struct fb_workspace *fb_decide_account(const struct fb_policy *policy, const char *account);

#endif
