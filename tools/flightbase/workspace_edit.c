/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/workspace_edit.h"

#include <stdio.h>
#include <string.h>

#include "common/json.h"
#include "common/policy_parse.h"
#include "flightbase/names.h"
#include "flightbase/places.h"

void fb_workspace_owner(const struct fb_views *views, const char *workspace, char *owner, size_t size)
{
	struct fb_tree tree;

	owner[0] = '\0';
	if (!views->policy || fb_tree_read(&tree, views->policy->site.root, workspace, NULL))
		return;
	if (tree.there)
		snprintf(owner, size, "%s", fb_user_text(tree.owner).text);
	fb_tree_free(&tree);
}

/* A broken settings file holds something that somebody wrote: it is not written over without being read. */
static int broken_settings(const struct fb_view *view, struct fb_err *err)
{
	char path[sizeof(FB_WORKSPACES_DIR) + FB_NAME_MAX + 8];
	struct fb_json_doc doc;

	snprintf(path, sizeof(path), FB_WORKSPACES_DIR "/%s.json", view->name);
	if (!fb_json_doc_read(&doc, path, FB_POLICY_FILE_MAX, err)) {
		struct fb_json root = fb_json_root(&doc);
		struct fb_workspace *workspace = fb_workspace_parse(view->name, &root, err);

		fb_workspace_destroy(workspace);
		fb_json_doc_free(&doc);
		if (workspace)
			return fb_err_set(err, "%s: it was changed just now; try again", path);
	}
	return fb_err_set(err, "workspace '%s': its settings are broken: %.300s; mend the file, or delete it and give the settings anew",
			  view->name, err->text);
}

static int check_there(const struct fb_view *view, struct fb_err *err)
{
	if (fb_view_foreign(view))
		return fb_err_set(err, "workspace '%s': there is an account of that name that is no workspace", view->name);
	if (!view->file && !view->qos)
		return fb_err_set(err, "workspace '%s': unknown; flightbase workspace list shows those that there are", view->name);
	return view->file && !view->settings ? broken_settings(view, err) : 0;
}

static int wish(struct fb_change *change, int round, const struct fb_views *views, struct fb_err *err)
{
	const struct fb_edit *edit = change->context;
	struct fb_spec *spec = &change->target->spec;
	const struct fb_view *view = &views->view[0];
	char owner[64];

	if (round == 0 && check_there(view, err))
		return -1;
	if (round == 0 && !view->file)
		fb_cli_note("workspace '%s': its settings file is gone: period, guarantee and the rest start empty", view->name);
	fb_workspace_owner(views, view->name, owner, sizeof(owner));
	fb_spec_free(spec);
	if (fb_spec_from_view(spec, view, owner, err) || edit->edit(spec, change->args, err, &change->usage))
		return -1;
	spec->closed = edit->keep_closed && view->closed;
	return fb_spec_check(spec, err);
}

int fb_workspace_edit(const struct fb_args *args, const struct fb_edit *edit)
{
	struct fb_target target = { .drop = false };
	struct fb_change change = { .target = &target, .count = 1, .json = args->json, .dry_run = edit->dry_run,
				    .cancel = edit->cancel, .nothing = edit->nothing, .wish = wish, .context = edit, .args = args };
	struct fb_run run;
	struct fb_err err;

	if (fb_name_check(args->word[0], &err))
		return fb_cli_usage(args, "workspace '%.80s': %s", args->word[0], err.text);
	if (fb_spec_init(&target.spec, args->word[0], &err) || fb_run_open(&run, &err)) {
		fb_target_free(&target);
		return fb_cli_failed(&err);
	}
	int rc = fb_change_run(&run, &change);
	fb_target_free(&target);
	fb_run_close(&run);
	return rc;
}
