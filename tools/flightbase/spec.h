/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A workspace as it should be: what the command line, a site file (flightbase-apply(1)) or what is there now asks
 * for. Nothing here speaks to a daemon.
 */
#ifndef FB_SPEC_H
#define FB_SPEC_H

#include <json-c/json.h>

#include "common/json.h"
#include "flightbase/view.h"

#define FB_SPEC_MEMBERS_MAX 10000
#define FB_USER_NAME_MAX 32

struct fb_spec {
	char name[FB_NAME_MAX + 1];
	int64_t gpus, user_gpus, job_gpus; /* FB_UNLIMITED: no limit */
	uint32_t max_time;		   /* minutes; 0: no limit */
	char owner[FB_USER_NAME_MAX + 1];  /* of the directory: the first manager; "": nobody yet */
	size_t members;			   /* sorted by name; a manager is a member too */
	struct fb_member *member;
	bool closed;		      /* takes no submissions */
	struct json_object *settings; /* the content of its settings file, checked */
	char group[FB_NAME_MAX + 1];  /* from the settings, when resolved: the group that its directories let in; "": an ACL */
	gid_t gid;		      /* of that group */
};

/* An empty workspace, without limits, members and settings. Return 0 or -1 with err; free takes an empty one too. */
int fb_spec_init(struct fb_spec *spec, const char *name, struct fb_err *err);
void fb_spec_free(struct fb_spec *spec);

/*
 * What is there, as a wish. owner is who owns the directory, NULL: not known. A coordinator who is no member becomes
 * one. Without a settings file the settings are empty.
 */
int fb_spec_from_view(struct fb_spec *spec, const struct fb_view *view, const char *owner, struct fb_err *err);

struct fb_member *fb_spec_member(const struct fb_spec *spec, const char *user);
int fb_spec_add_member(struct fb_spec *spec, const char *user, bool manager, struct fb_err *err); /* or make one a manager */
void fb_spec_remove_member(struct fb_spec *spec, const char *user);
size_t fb_spec_managers(const struct fb_spec *spec);

/*
 * Look up the members' ids on this machine, and the group's. Who is no member yet (by view) must be known, and the owner
 * and the group too. Return 0, or -1 with err.
 */
int fb_spec_resolve(struct fb_spec *spec, const struct fb_view *view, struct fb_err *err);

/* Set a key of the settings file; value NULL takes it away. Takes ownership of value. */
int fb_spec_set(struct fb_spec *spec, const char *key, struct json_object *value, struct fb_err *err);

/* Read the settings as the controller will. Return a new workspace, or NULL with err. */
struct fb_workspace *fb_spec_settings(const struct fb_spec *spec, struct fb_err *err);

/* What one workspace can tell of itself: limits that contradict each other, no manager. */
int fb_spec_check(const struct fb_spec *spec, struct fb_err *err);

/* As in a site file, and back; the cursor is at the workspace's object. */
struct json_object *fb_spec_to_json(const struct fb_spec *spec);
int fb_spec_parse(struct fb_spec *spec, const char *name, const struct fb_json *at, struct fb_err *err);

/* A name that a user account may have here; only its form. */
bool fb_user_name_valid(const char *name);

#endif
