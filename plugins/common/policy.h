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
#include <time.h>

#include "common/err.h"
#include "common/instant.h"
#include "common/name.h"

#define FB_POLICY_FILE_MAX (64 * 1024)	  /* bytes of one settings file */
#define FB_POLICY_WORKSPACES_MAX 20000
#define FB_POLICY_TEXT_MAX 256		  /* a description */
#define FB_POLICY_PATH_MAX 1024
#define FB_POLICY_GPUS_MAX 1000000
#define FB_POLICY_PATTERNS_MAX 64	  /* of images that a workspace may use */
#define FB_POLICY_MIN_RUN 60		  /* minutes */
#define FB_POLICY_PREEMPTIBLE_QOS "preemptible"
#define FB_POLICY_FAULTS_MAX 8

/* Bits of fb_workspace.trainings. */
enum { FB_TRAINING_ADVANCED = 1, FB_TRAINING_BUILTIN = 2, FB_TRAINING_JUPYTER = 4, FB_TRAINING_ALL = 7 };

struct fb_workspace {
	char name[FB_NAME_MAX + 1];
	char description[FB_POLICY_TEXT_MAX + 1];
	time_t from, until; /* the first second of the period, and the first after it; 0: no such bound */
	char from_text[FB_INSTANT_TEXT_MAX + 1], until_text[FB_INSTANT_TEXT_MAX + 1]; /* as they were written */
	unsigned int guarantee; /* GPUs kept free for it */
	unsigned int trainings; /* types that may run, FB_TRAINING_* */
	uint32_t min_run;	/* minutes; 0: the site's */
	char group[FB_NAME_MAX + 1]; /* the Unix group that its directories let in; "": an ACL names the members */
	struct json_object *source; /* what was read, for the last good copy */
	struct fb_workspace *next;  /* in its bucket */
};

struct fb_site {
	char root[FB_POLICY_PATH_MAX + 1]; /* top of the tree on the shared file system */
	bool gpu_jobs_need_workspace;
	bool hold_before_start; /* a job that comes before its workspace's period waits for it; false: it is refused */
	uint32_t min_run;	/* minutes that a job must be able to run before the period's end */
	char preemptible_qos[FB_NAME_MAX + 1];
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

/* The same, and each fault is told as well, however many there are. */
typedef void fb_policy_tell(void *context, const struct fb_err *fault);
struct fb_policy *fb_policy_load_telling(const char *dir, const struct fb_policy *last, struct fb_policy_report *report,
					 fb_policy_tell *tell, void *context);

/* The last good copy, one file: replaced atomically with fsync; read back with fb_policy_restore. */
int fb_policy_save(const struct fb_policy *policy, const char *path, struct fb_err *err);
struct fb_policy *fb_policy_restore(const char *path, struct fb_err *err);

void fb_policy_destroy(struct fb_policy *policy);

const struct fb_workspace *fb_policy_find(const struct fb_policy *policy, const char *name);

/* "advanced", "builtin" or "jupyter" as its bit; 0: none of them. */
unsigned int fb_policy_training(const char *type);

/* A number that changes when a settings file appears, goes, or is written. Only stats; -1 never returned. */
uint64_t fb_policy_fingerprint(const char *dir);

#endif
