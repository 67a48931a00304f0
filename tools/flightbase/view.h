/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Workspaces as they are: settings files and accounting put together. What the accounting holds is the account (its
 * GPU quota and members, and its coordinators as managers) and the QOS "ws-NAME" (limits of a user and of a job).
 */
#ifndef FB_VIEW_H
#define FB_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/policy.h"
#include "flightbase/db.h"

#define FB_QOS_PREFIX "ws-"
#define FB_UNLIMITED (-1)

struct fb_member {
	char *name;
	bool member;  /* has an association; a coordinator may be none */
	bool manager; /* a coordinator of the account itself */
};

struct fb_view {
	char name[FB_NAME_MAX + 1];
	const struct fb_workspace *settings; /* NULL: there is no settings file, or it is broken */
	bool account, qos;		     /* are they there */
	int64_t gpus;			     /* quota; FB_UNLIMITED: none */
	int64_t user_gpus, job_gpus;	     /* most GPUs of a user and of a job; FB_UNLIMITED: no limit */
	uint32_t max_time;		     /* minutes of a job; 0: no limit */
	size_t members;			     /* sorted by name */
	struct fb_member *member;
};

struct fb_views {
	struct fb_policy *policy;
	struct fb_policy_report report; /* broken settings files */
	size_t count;
	struct fb_view *view; /* sorted by name: every settings file, and every account with a QOS of ours */
};

/*
 * Load one workspace (only; it is then in views even if nothing of it is there) or all (NULL). Return 0, or -1 with
 * err; views is then empty. Broken settings files are no error here. fb_views_free takes an empty one too.
 */
int fb_views_load(struct fb_db *db, const char *only, struct fb_views *views, struct fb_err *err);
void fb_views_free(struct fb_views *views);

struct fb_view *fb_views_find(const struct fb_views *views, const char *name); /* NULL: not there */
struct fb_member *fb_view_member(const struct fb_view *view, const char *user);

#endif
