/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names that users give: which characters and lengths are allowed. */
#ifndef FB_COMMON_NAME_H
#define FB_COMMON_NAME_H

#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"

#define FB_NAME_MAX 63

/* The QOS of a workspace is called this and the workspace's name; one that is there makes an account a workspace. */
#define FB_QOS_PREFIX "ws-"

/*
 * Workspaces, images, datasets, models: [a-z0-9][a-z0-9-]{0,62}. A workspace is a Slurm account,
 * a directory and part of a host-wide path, so nothing else is let in.
 */
int fb_name_check(const char *name, struct fb_err *err);

/* The same for the first length bytes of text. */
bool fb_name_valid(const char *text, size_t length);

/* A training's name: [A-Za-z0-9][A-Za-z0-9._-]{0,62}. */
int fb_name_check_training(const char *name, struct fb_err *err);

/* A Unix group's name: [A-Za-z0-9_][A-Za-z0-9_.@$-]{0,62}. */
int fb_name_check_group(const char *name, struct fb_err *err);

#endif
