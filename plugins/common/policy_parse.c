/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/policy_parse.h"

#include <stdlib.h>
#include <string.h>

static int read_description(char *description, const struct fb_json *at, struct fb_err *err)
{
	struct fb_json member;
	const char *text;

	if (!fb_json_member(at, "description", &member))
		return 0;
	if (fb_json_need_string(&member, FB_POLICY_TEXT_MAX, &text, err))
		return -1;
	memcpy(description, text, strlen(text) + 1);
	fb_text_printable(description);
	return 0;
}

int fb_site_parse(struct fb_site *site, const struct fb_json *at, struct fb_err *err)
{
	static const char *const keys[] = { "root", NULL };
	struct fb_json member;
	const char *root;

	if (fb_json_need_object(at, keys, err))
		return -1;
	if (!fb_json_member(at, "root", &member))
		return fb_json_error(at, err, "key 'root' is missing");
	if (fb_json_need_string(&member, FB_POLICY_PATH_MAX, &root, err))
		return -1;
	if (root[0] != '/' || !root[1])
		return fb_json_error(&member, err, "'%.64s' is not an absolute path below /", root);
	memcpy(site->root, root, strlen(root) + 1);
	site->source = json_object_get(at->value);
	return 0;
}

struct fb_workspace *fb_workspace_parse(const char *name, const struct fb_json *at, struct fb_err *err)
{
	static const char *const keys[] = { "description", NULL };
	struct fb_workspace *workspace;

	if (fb_json_need_object(at, keys, err))
		return NULL;
	if (!(workspace = calloc(1, sizeof(*workspace)))) {
		fb_err_set(err, "out of memory");
		return NULL;
	}
	memcpy(workspace->name, name, strlen(name) + 1);
	if (read_description(workspace->description, at, err)) {
		fb_workspace_destroy(workspace);
		return NULL;
	}
	workspace->source = json_object_get(at->value);
	return workspace;
}

struct fb_workspace *fb_workspace_copy(const struct fb_workspace *workspace)
{
	struct fb_workspace *copy = malloc(sizeof(*copy));

	if (copy) {
		*copy = *workspace;
		copy->next = NULL;
		json_object_get(copy->source);
	}
	return copy;
}

void fb_workspace_destroy(struct fb_workspace *workspace)
{
	if (!workspace)
		return;
	json_object_put(workspace->source);
	free(workspace);
}
