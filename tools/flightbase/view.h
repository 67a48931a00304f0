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
#include <sys/types.h>

#include "common/name.h"
#include "common/policy.h"
#include "flightbase/db.h"
#include "flightbase/names.h"

#define FB_UNLIMITED (-1)

struct fb_member {
	char *name;
	bool member;  /* has an association; a coordinator may be none */
	bool manager; /* a coordinator of the account itself */
	uid_t uid;    /* in a spec that was resolved; FB_NO_UID: not known */
};

struct fb_view {
	char name[FB_NAME_MAX + 1];
	const struct fb_workspace *settings; /* NULL: there is no settings file, or it is broken */
	bool file;			     /* there is a settings file, if only a broken one */
	bool account, qos;		     /* are they there */
	bool named;			     /* accounting knows an account of that name, if only for another cluster */
	bool closed;			     /* the account takes no submissions: it is being drained */
	bool qos_used, qos_preempts;	     /* the QOS is the account's default; it may preempt preemptible jobs */
	uint32_t qos_id;
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
	char preemptible[FB_NAME_MAX + 1]; /* name of the site's QOS for preemptible jobs */
	uint32_t preemptible_id;	   /* 0: there is none */
};

/*
 * Load one workspace (only; it is then in views even if nothing of it is there) or all (NULL). Return 0, or -1 with
 * err; views is then empty. Broken settings files are no error here. fb_views_free takes an empty one too.
 */
int fb_views_load(struct fb_db *db, const char *only, struct fb_views *views, struct fb_err *err);

/* All, and these too even if nothing of them is there. */
int fb_views_load_with(struct fb_db *db, const char *const *names, size_t count, struct fb_views *views, struct fb_err *err);
void fb_views_free(struct fb_views *views);

/*
 * All workspaces, but of the members only this user ("": nobody), and the managers: what it costs does not grow with
 * the number of members.
 */
int fb_views_load_own(struct fb_db *db, const char *user, struct fb_views *views, struct fb_err *err);

/* The settings files alone, without slurmdbd: of one workspace or of all. */
int fb_views_load_settings(const char *only, struct fb_views *views, struct fb_err *err);

/* What the accounting holds, to JSON and back into views whose settings are loaded; -1: it is not that, or out of memory. */
struct json_object *fb_views_format(const struct fb_views *views);
int fb_views_parse(struct fb_views *views, struct json_object *json);

struct fb_view *fb_views_find(const struct fb_views *views, const char *name); /* NULL: not there */
struct fb_member *fb_view_member(const struct fb_view *view, const char *user);

/*
 * All, without their members: only managers are in them. Reading the associations of 100,000 users takes slurmdbd more
 * than a second, those of 1,000 accounts 10 ms.
 */
int fb_views_load_accounts(struct fb_db *db, struct fb_views *views, struct fb_err *err);

/* An account that is none of ours: it has neither settings nor a QOS of ours. */
bool fb_view_foreign(const struct fb_view *view);

#endif
