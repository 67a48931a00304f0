/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The site's policy: flightbase.json and workspaces.d/NAME.json (flightbase.json(5)).
 *
 * A loaded policy is immutable, so any number of threads may read it; who swaps it must make sure that
 * no reader is left. A file that breaks never replaces the good content that was read from it before.
 */
#ifndef FB_COMMON_POLICY_H
#define FB_COMMON_POLICY_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/name.h"

#define FB_POLICY_FILE_MAX (64 * 1024)	  /* bytes of one settings file */
#define FB_POLICY_WORKSPACES_MAX 20000
#define FB_POLICY_TEXT_MAX 256		  /* a description */
#define FB_POLICY_PATH_MAX 1024
#define FB_POLICY_FAULTS_MAX 8

struct fb_workspace {
	char name[FB_NAME_MAX + 1];
	char description[FB_POLICY_TEXT_MAX + 1];
	struct json_object *source; /* what was read, for the last good copy */
	struct fb_workspace *next;  /* in its bucket */
};

struct fb_site {
	char root[FB_POLICY_PATH_MAX + 1]; /* top of the tree on the shared file system */
	struct json_object *source;
};

struct fb_policy {
	struct fb_site site;
	size_t count; /* workspaces */
	size_t bucket_count;
	struct fb_workspace **buckets;
};

/* What went wrong while loading: the count of broken files and the text of the first few. */
struct fb_policy_report {
	size_t faults;
	size_t errors; /* of them, those that may pass by themselves: not the content, but reading it failed */
	struct fb_err fault[FB_POLICY_FAULTS_MAX];
};

/*
 * Read DIR/flightbase.json and DIR/workspaces.d. For a file that is broken, what `last` (may be NULL) has
 * of it is kept. A workspace whose file is gone is gone. Return a new policy, or NULL with the reasons in
 * the report when there are no site settings, neither now nor in last.
 */
struct fb_policy *fb_policy_load(const char *dir, const struct fb_policy *last, struct fb_policy_report *report);

/* The last good copy, one file: replaced atomically with fsync; read back with fb_policy_restore. */
int fb_policy_save(const struct fb_policy *policy, const char *path, struct fb_err *err);
struct fb_policy *fb_policy_restore(const char *path, struct fb_err *err);

void fb_policy_destroy(struct fb_policy *policy);

const struct fb_workspace *fb_policy_find(const struct fb_policy *policy, const char *name);

/* A number that changes when a settings file appears, goes, or is written. Only stats; -1 never returned. */
uint64_t fb_policy_fingerprint(const char *dir);

#endif
