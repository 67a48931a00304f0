/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/names.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

int fb_user_find(const char *name, uid_t *uid, struct fb_err *err)
{
	errno = 0;
	const struct passwd *user = getpwnam(name);

	if (user) {
		*uid = user->pw_uid;
		return 0;
	}
	if (errno && errno != ENOENT && errno != ESRCH)
		return fb_err_set(err, "user '%.40s': cannot be looked up: %s", name, strerror(errno));
	return fb_err_set(err, "user '%.40s': unknown on this machine; check the name, or create the user first", name);
}

struct fb_user_text fb_user_text(uid_t uid)
{
	struct fb_user_text name;
	const struct passwd *user = getpwuid(uid);

	if (user)
		snprintf(name.text, sizeof(name.text), "%s", user->pw_name);
	else
		snprintf(name.text, sizeof(name.text), "%u", (unsigned int)uid);
	return name;
}
