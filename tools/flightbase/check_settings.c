/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/check_settings.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "flightbase/check.h"
#include "flightbase/places.h"

#define GROUP "settings"

/* A link is followed by whoever reads it, so what it leads to counts; the folder says who may change the link. */
void fb_check_settings_file(const char *path, const struct stat *st, struct fb_report *report)
{
	bool folder = S_ISDIR(st->st_mode);
	mode_t readable = folder ? 0555 : 0444;

	if (st->st_uid != 0) {
		fb_report_add(report, FB_ERROR, GROUP, path, "belongs to uid %u, who can give anybody any quota: it must be root's",
			      (unsigned int)st->st_uid);
		fb_report_fix(report, "chown root:root %s", path);
	} else if (st->st_mode & 0022) {
		fb_report_add(report, FB_ERROR, GROUP, path, "can be written by others than root (mode %04o)", (unsigned int)st->st_mode & 07777);
		fb_report_fix(report, "chmod go-w %s", path);
	} else if ((st->st_mode & readable) != readable) {
		fb_report_add(report, FB_WARNING, GROUP, path, "cannot be read by users (mode %04o): their commands do not know the workspaces",
			      (unsigned int)st->st_mode & 07777);
		fb_report_fix(report, "chmod %s %s", folder ? "go+rx" : "go+r", path);
	} else {
		fb_report_add(report, FB_OK, GROUP, path, "root's alone to write");
	}
}

static void look_at(struct fb_report *report, const char *path, bool needed)
{
	struct stat st;

	if (!stat(path, &st)) {
		fb_check_settings_file(path, &st, report);
	} else if (errno != ENOENT) {
		fb_report_add(report, FB_UNCHECKED, GROUP, path, "%s", strerror(errno));
	} else if (needed) {
		fb_report_add(report, FB_ERROR, GROUP, path, "is missing on this host");
		fb_report_fix(report, "copy %s from the controller", FB_CONF_DIR);
	}
}

static void look_at_workspaces(struct fb_report *report)
{
	DIR *dir = opendir(FB_WORKSPACES_DIR);
	char path[4096];

	for (struct dirent *entry; dir && (entry = readdir(dir));) {
		const char *dot = strrchr(entry->d_name, '.');

		if (entry->d_name[0] == '.' || !dot || strcmp(dot, ".json"))
			continue;
		snprintf(path, sizeof(path), "%s/%s", FB_WORKSPACES_DIR, entry->d_name);
		look_at(report, path, true);
	}
	if (dir)
		closedir(dir);
}

static void tell_fault(void *context, const struct fb_err *fault)
{
	struct fb_report *report = context;

	fb_report_add(report, FB_ERROR, GROUP, "a file", "%s", fault->text);
	fb_report_fix(report, "correct it (flightbase.json(5)): until then what was good in it before stays in force");
}

static void check_root(const struct fb_site *site, struct fb_report *report)
{
	static const char *const below[] = { "", "/shared", "/workspaces" };
	char path[FB_POLICY_PATH_MAX + 16];
	struct stat st;

	for (size_t i = 0; i < sizeof(below) / sizeof(below[0]); i++) {
		snprintf(path, sizeof(path), "%s%s", site->root, below[i]);
		if (stat(path, &st)) {
			fb_report_add(report, FB_ERROR, GROUP, path, "%s on this host", strerror(errno));
			fb_report_fix(report, i ? "install -d -m 0755 %s" : "mount the shared file system, or correct 'root' in flightbase.json (%s)", path);
			if (!i)
				return;
		} else if (!S_ISDIR(st.st_mode) || st.st_mode & 0022) {
			fb_report_add(report, FB_ERROR, GROUP, path, "is no directory that only root writes (mode %04o)", (unsigned int)st.st_mode & 07777);
			fb_report_fix(report, "chmod 0755 %s", path);
		} else {
			fb_report_add(report, FB_OK, GROUP, path, "is there");
		}
	}
}

void fb_check_settings(struct fb_check *check)
{
	struct fb_report *report = &check->report;
	struct fb_policy_report faults;

	look_at(report, FB_CONF_DIR, true);
	look_at(report, FB_SITE_FILE, true);
	look_at(report, FB_WORKSPACES_DIR, false);
	look_at(report, FB_CONF_DIR "/topology.json", false);
	look_at_workspaces(report);
	struct fb_policy *policy = fb_policy_load_telling(FB_CONF_DIR, NULL, &faults, tell_fault, report);
	if (policy)
		check_root(&policy->site, report);
	if (policy && !faults.faults)
		fb_report_add(report, FB_OK, GROUP, FB_CONF_DIR, "%zu workspaces, no fault in any file", policy->count);
	fb_policy_destroy(policy);
}
