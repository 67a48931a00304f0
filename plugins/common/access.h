/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a workspace's directories let in its members: "acl", an entry for each in an access control list; or
 * "group:NAME", a Unix group that the site maintains, and "group" for the group that is called as the workspace is.
 */
#ifndef FB_COMMON_ACCESS_H
#define FB_COMMON_ACCESS_H

#include <stddef.h>

#include "common/err.h"
#include "common/name.h"

#define FB_ACCESS_GROUP "group:"
#define FB_ACCESS_TEXT_MAX (sizeof(FB_ACCESS_GROUP) - 1 + FB_NAME_MAX) /* without the NUL */

/* Only the form: nobody is asked whether there is such a group. group becomes its name, "" for an ACL; on error it stays. */
int fb_access_parse(const char *text, const char *workspace, char group[FB_NAME_MAX + 1], struct fb_err *err);

/* "acl" or "group:NAME". */
void fb_access_format(const char *group, char text[FB_ACCESS_TEXT_MAX + 1]);

#endif
