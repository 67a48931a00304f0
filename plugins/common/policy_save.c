/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The last good policy in one file: {"site": {...}, "workspaces": {"vision": {...}}}. */
#include <stdlib.h>
#include <string.h>

#include "common/file.h"
#include "common/policy.h"
#include "common/policy_parse.h"

#define SAVED_MAX ((size_t)64 * 1024 * 1024)

static struct json_object *to_json(const struct fb_policy *policy)
{
	struct json_object *root = json_object_new_object();
	struct json_object *workspaces = json_object_new_object();

	if (!root || !workspaces) {
		json_object_put(root);
		json_object_put(workspaces);
		return NULL;
	}
	json_object_object_add(root, "site", json_object_get(policy->site.source));
	json_object_object_add(root, "workspaces", workspaces);
	for (size_t i = 0; i < policy->bucket_count; i++)
		for (const struct fb_workspace *w = policy->buckets[i]; w; w = w->next)
			json_object_object_add(workspaces, w->name, json_object_get(w->source));
	return root;
}

int fb_policy_save(const struct fb_policy *policy, const char *path, struct fb_err *err)
{
	struct json_object *root = to_json(policy);
	const char *text = root ? json_object_to_json_string_ext(root, JSON_C_TO_STRING_PLAIN) : NULL;
	int rc = text ? fb_file_replace(path, text, strlen(text), 0600, true, err) : fb_err_set(err, "%s: out of memory", path);

	json_object_put(root);
	return rc;
}

static int restore_workspaces(struct fb_policy *policy, const struct fb_json *at, struct fb_err *err)
{
	if (fb_json_need_object(at, NULL, err))
		return -1;
	json_object_object_foreach(at->value, name, value)
	{
		struct fb_json member = { .doc = at->doc, .value = value, .parent = at, .key = name };
		struct fb_err why;

		if (fb_name_check(name, &why))
			return fb_json_error(&member, err, "%s", why.text);
		struct fb_workspace *workspace = fb_workspace_parse(name, &member, err);
		if (!workspace)
			return -1;
		fb_policy_add(policy, workspace);
	}
	return 0;
}

struct fb_policy *fb_policy_restore(const char *path, struct fb_err *err)
{
	static const char *const keys[] = { "site", "workspaces", NULL };
	struct fb_policy *policy = NULL;
	struct fb_json_doc doc;
	struct fb_json site, workspaces;

	if (fb_json_doc_read(&doc, path, SAVED_MAX, err))
		return NULL;
	struct fb_json root = fb_json_root(&doc);
	if (fb_json_need_object(&root, keys, err))
		goto done;
	if (!fb_json_member(&root, "site", &site) || !fb_json_member(&root, "workspaces", &workspaces)) {
		fb_json_error(&root, err, "key 'site' or 'workspaces' is missing");
		goto done;
	}
	policy = fb_policy_create(1024);
	if (!policy)
		fb_err_set(err, "%s: out of memory", path);
	else if (fb_site_parse(&policy->site, &site, err) || restore_workspaces(policy, &workspaces, err)) {
		fb_policy_destroy(policy);
		policy = NULL;
	}
done:
	fb_json_doc_free(&doc);
	return policy;
}
