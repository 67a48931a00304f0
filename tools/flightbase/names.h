/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Users of this machine. */
#ifndef FB_NAMES_H
#define FB_NAMES_H

#include <sys/types.h>

#include "common/err.h"

#define FB_NO_UID ((uid_t)-1)

/* The user's id. Return 0, or -1 with err: there is no such user, or who knows it does not answer. */
int fb_user_find(const char *name, uid_t *uid, struct fb_err *err);

struct fb_user_text {
	char text[40];
};

/* "alice", or the number of a user without a name. */
struct fb_user_text fb_user_text(uid_t uid);

#endif
