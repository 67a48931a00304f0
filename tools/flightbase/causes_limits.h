/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Causes that are limits: of the workspace, of a user, of a job, of an array. */
#ifndef FB_CAUSES_LIMITS_H
#define FB_CAUSES_LIMITS_H

#include "flightbase/causes.h"

/* Add a line to a cause; one too many is dropped. */
void fb_cause_line(struct fb_cause *cause, const char *format, ...) __attribute__((format(printf, 2, 3)));

bool fb_quota_blocks(const struct fb_why *why);
void fb_quota_say(const struct fb_why *why, struct fb_cause *cause);
bool fb_user_limit_blocks(const struct fb_why *why);
void fb_user_limit_say(const struct fb_why *why, struct fb_cause *cause);
bool fb_job_limit_blocks(const struct fb_why *why);
void fb_job_limit_say(const struct fb_why *why, struct fb_cause *cause);
void fb_limit_say(const struct fb_why *why, struct fb_cause *cause);
void fb_array_say(const struct fb_why *why, struct fb_cause *cause);

#endif
