/* SPDX-License-Identifier: GPL-2.0-or-later */
/* flightbase export: the site as a file, for flightbase apply. */
#include <stdio.h>
#include <stdlib.h>

#include "flightbase/change.h"
#include "flightbase/commands.h"
#include "flightbase/site_file.h"
#include "flightbase/workspace_edit.h"

/* One that is half made or broken would come back as something else than it is. */
static bool complete(const struct fb_view *view)
{
	bool managed = false;

	for (size_t i = 0; i < view->members; i++)
		managed |= view->member[i].manager;
	if (view->file && !view->settings)
		fb_cli_note("workspace '%s': left out: its settings file is broken", view->name);
	else if (!view->settings || !view->account || !view->qos || !managed)
		fb_cli_note("workspace '%s': left out: it has no %s; complete it with workspace modify, or remove it", view->name,
			    !view->settings ? "settings file" : !view->account ? "account" : !view->qos ? "QOS" : "manager");
	else
		return true;
	return false;
}

static int collect(const struct fb_views *views, struct fb_spec *spec, size_t *count, bool *all, struct fb_err *err)
{
	char owner[64];

	*all = true;
	for (size_t i = 0; i < views->count; i++) {
		if (!complete(&views->view[i])) {
			*all = false;
			continue;
		}
		fb_workspace_owner(views, views->view[i].name, owner, sizeof(owner));
		if (fb_spec_from_view(&spec[*count], &views->view[i], owner, err))
			return -1;
		(*count)++;
	}
	return 0;
}

static int print(const struct fb_views *views, const struct fb_spec *spec, size_t count, struct fb_err *err)
{
	struct json_object *root = fb_site_file_to_json(&views->policy->site, spec, count);
	const char *text = root ? json_object_to_json_string_ext(root, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED |
									       JSON_C_TO_STRING_NOSLASHESCAPE) : NULL;
	int rc = text ? 0 : fb_err_set(err, "out of memory");

	if (text && (puts(text) == EOF || fflush(stdout)))
		rc = fb_err_set(err, "standard output: %m");
	json_object_put(root);
	return rc;
}

/* Half a site is printed too, for people, but the exit status tells. */
static int export(const struct fb_views *views)
{
	struct fb_spec *spec = calloc(views->count + 1, sizeof(*spec));
	struct fb_err err;
	size_t count = 0;
	bool all = false;
	int rc = spec ? 0 : fb_err_set(&err, "out of memory");

	if (!rc && !views->policy)
		rc = fb_err_set(&err, "%s", views->report.faults ? views->report.fault[0].text : "the site's settings cannot be read");
	if (!rc)
		rc = collect(views, spec, &count, &all, &err);
	if (!rc)
		rc = print(views, spec, count, &err);
	for (size_t i = 0; spec && i < count; i++)
		fb_spec_free(&spec[i]);
	free(spec);
	return rc ? fb_cli_failed(&err) : all ? FB_EXIT_DONE : FB_EXIT_FAILED;
}

int fb_export(const struct fb_args *args)
{
	struct fb_views views;
	struct fb_err err;
	struct fb_db db;

	(void)args;
	if (fb_db_open(&db, &err))
		return fb_cli_failed(&err);
	int rc = fb_views_load(&db, NULL, &views, &err);
	fb_db_close(&db);
	if (rc)
		return fb_cli_failed(&err);
	rc = export(&views);
	fb_views_free(&views);
	return rc;
}
