/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any text as the settings of the site and of a workspace. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/name.h"
#include "common/policy_parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fb_site site = { .source = NULL };
	struct fb_json_doc doc;
	struct fb_err err;

	if (size > FB_POLICY_FILE_MAX || fb_json_doc_parse(&doc, "fuzz", (const char *)data, size, &err))
		return 0;
	struct fb_json root = fb_json_root(&doc);
	if (fb_site_parse(&site, &root, &err) == 0 && site.root[0] != '/')
		abort();
	json_object_put(site.source);
	struct fb_workspace *workspace = fb_workspace_parse("fuzz", &root, &err);
	if (workspace && strlen(workspace->description) > FB_POLICY_TEXT_MAX)
		abort();
	if (workspace && workspace->group[0] && fb_name_check_group(workspace->group, &err))
		abort();
	fb_workspace_destroy(workspace);
	fb_json_doc_free(&doc);
	return 0;
}
