/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The schema of the settings files, and the building blocks of a policy that its readers share. */
#ifndef FB_COMMON_POLICY_PARSE_H
#define FB_COMMON_POLICY_PARSE_H

#include "common/json.h"
#include "common/policy.h"

/* Read the settings at a cursor. Both keep a reference to the JSON; return 0 (a new workspace) or -1 (NULL). */
int fb_site_parse(struct fb_site *site, const struct fb_json *at, struct fb_err *err);
struct fb_workspace *fb_workspace_parse(const char *name, const struct fb_json *at, struct fb_err *err);
struct fb_workspace *fb_workspace_copy(const struct fb_workspace *workspace);
void fb_workspace_destroy(struct fb_workspace *workspace);

struct fb_policy *fb_policy_create(size_t expected); /* for about so many workspaces */
void fb_policy_add(struct fb_policy *policy, struct fb_workspace *workspace); /* takes ownership */

#endif
