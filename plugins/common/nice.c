/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/nice.h"

#include <inttypes.h>

int64_t fb_nice_start(int64_t asked)
{
	return asked > FB_NICE_MAX - FB_NICE_START ? FB_NICE_MAX : asked + FB_NICE_START;
}

int fb_nice_check(const char *workspace, enum fb_nice_role role, int64_t now, int64_t asked, struct fb_err *err)
{
	int64_t least = role == FB_NICE_OWNER ? FB_NICE_START : 0;

	if (role == FB_NICE_ADMIN || asked >= least || asked >= now)
		return 0;
	return fb_err_set(err, "workspace '%s': nice %" PRId64 " would move the job ahead of others: %s may not go below %" PRId64
			       "; ask %s",
			  workspace, asked, role == FB_NICE_OWNER ? "its owner" : "a manager", least,
			  role == FB_NICE_OWNER ? "the workspace's manager" : "an administrator");
}
