/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What each command does, and its options. Each returns the exit status. */
#ifndef FB_COMMANDS_H
#define FB_COMMANDS_H

#include "flightbase/cli.h"

int fb_workspace_list(const struct fb_args *args);

#endif
