/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/access.h"

#include <stdio.h>
#include <string.h>

int fb_access_parse(const char *text, const char *workspace, char group[FB_NAME_MAX + 1], struct fb_err *err)
{
	const size_t prefix = strlen(FB_ACCESS_GROUP);
	const char *name;
	struct fb_err why;

	if (!strcmp(text, "acl"))
		name = "";
	else if (!strcmp(text, "group"))
		name = workspace;
	else if (strncmp(text, FB_ACCESS_GROUP, prefix))
		return fb_err_set(err, "'%.40s' is unknown: acl, group and " FB_ACCESS_GROUP "NAME are allowed", text);
	else if (fb_name_check_group(name = text + prefix, &why))
		return fb_err_set(err, "group '%.40s': %s", name, why.text);
	snprintf(group, FB_NAME_MAX + 1, "%s", name);
	return 0;
}

void fb_access_format(const char *group, char text[FB_ACCESS_TEXT_MAX + 1])
{
	if (*group)
		snprintf(text, FB_ACCESS_TEXT_MAX + 1, FB_ACCESS_GROUP "%s", group);
	else
		snprintf(text, FB_ACCESS_TEXT_MAX + 1, "acl");
}
