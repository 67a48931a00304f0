/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a workspace's settings file held, and who wrote it: a line of JSON for each time, {"time": T, "who": NAME,
 * "settings": {...}}, settings null when the file was removed. A file that somebody changed by hand is found when it is
 * next written or looked at: such a line has the file's time, and who is null.
 */
#ifndef FB_SETTINGS_LOG_H
#define FB_SETTINGS_LOG_H

#include <json-c/json.h>
#include <stddef.h>
#include <time.h>

#include "common/err.h"

/*
 * Write down, in directory dir, that who is about to write settings (NULL: to remove the file) to the file, which holds
 * now what it held before. The same as the last line has is not written twice. Return 0, or -1 with err.
 */
int fb_settings_log_add(const char *dir, const char *workspace, const char *file, const char *who, struct json_object *settings,
			struct fb_err *err);

struct fb_settings_change {
	time_t time;
	char who[64];	 /* "": by hand */
	char what[512];
};

struct fb_settings_log {
	size_t count;
	struct fb_settings_change *change; /* in the order of the lines */
};

/*
 * The changes of a workspace's settings in words, the last one by hand if the file holds something else. Without a log
 * there are none. Return 0, or -1 with err.
 */
int fb_settings_log_load(const char *dir, const char *workspace, const char *file, struct fb_settings_log *log, struct fb_err *err);
void fb_settings_log_free(struct fb_settings_log *log);

#endif
