/* SPDX-License-Identifier: GPL-2.0-or-later */
/* flightbase apply: the site as a file says. */
#include <stdlib.h>
#include <string.h>

#include "flightbase/change.h"
#include "flightbase/commands.h"
#include "flightbase/site_file.h"
#include "flightbase/text.h"

enum { FILE_NAME, DRY_RUN, PRUNE, CANCEL };

const struct fb_cli_option fb_apply_options[] = {
	[FILE_NAME] = { "file", "FILE", "the site, as flightbase-apply(1); - is standard input", "file", 'f' },
	[DRY_RUN] = { "dry-run", NULL, "print what would be done, and do nothing", NULL, 0 },
	[PRUNE] = { "prune", NULL, "remove workspaces that are not in the file", NULL, 0 },
	[CANCEL] = { "cancel", NULL, "cancel the jobs of members who leave", NULL, 0 },
	{ .name = NULL },
};

static bool in_file(const struct fb_site_file *file, const char *name)
{
	for (size_t i = 0; i < file->count; i++)
		if (!strcmp(file->spec[i].name, name))
			return true;
	return false;
}

static int prune(struct fb_change *change, const struct fb_site_file *file, const struct fb_views *views, struct fb_err *err)
{
	for (size_t i = 0; i < views->count; i++) {
		struct fb_target *target = &change->target[change->count];

		if (in_file(file, views->view[i].name) || fb_view_foreign(&views->view[i]))
			continue;
		target->drop = true;
		if (fb_spec_init(&target->spec, views->view[i].name, err))
			return -1;
		change->count++;
	}
	return 0;
}

static void note_left_alone(const struct fb_site_file *file, const struct fb_views *views)
{
	char names[300] = "";

	for (size_t i = 0; i < views->count; i++)
		if (!in_file(file, views->view[i].name) && !fb_view_foreign(&views->view[i]))
			fb_text_list(names, sizeof(names), views->view[i].name);
	if (*names)
		fb_cli_note("left alone, as they are not in the file: %s; --prune removes them", names);
}

/* What the file says are the targets, and with --prune those that it does not name. The specs move into them. */
static int make_targets(struct fb_change *change, struct fb_run *run, struct fb_site_file *file, bool pruning, struct fb_err *err)
{
	struct fb_views views;

	if (fb_views_load_accounts(&run->db, &views, err))
		return -1;
	change->target = calloc(file->count + views.count + 1, sizeof(*change->target));
	int rc = change->target ? 0 : fb_err_set(err, "out of memory");
	if (!rc && pruning)
		rc = prune(change, file, &views, err);
	if (!rc && !pruning)
		note_left_alone(file, &views);
	for (size_t i = 0; !rc && i < file->count; i++) {
		change->target[change->count++].spec = file->spec[i];
		file->spec[i] = (struct fb_spec){ .members = 0 };
	}
	fb_views_free(&views);
	return rc;
}

static int apply(const struct fb_args *args, struct fb_site_file *file)
{
	struct fb_change change = { .all = true, .cancel = args->value[CANCEL], .dry_run = args->value[DRY_RUN], .json = args->json,
				    .site = file->site_given ? &file->site : NULL };
	struct fb_run run;
	struct fb_err err;
	int rc;

	if (fb_run_open(&run, &err))
		return fb_cli_failed(&err);
	if (make_targets(&change, &run, file, args->value[PRUNE], &err))
		rc = fb_cli_failed(&err);
	else
		rc = fb_change_run(&run, &change);
	for (size_t i = 0; i < change.count; i++)
		fb_target_free(&change.target[i]);
	free(change.target);
	fb_run_close(&run);
	return rc;
}

int fb_apply(const struct fb_args *args)
{
	struct fb_site_file file;
	struct fb_err err;

	if (!args->value[FILE_NAME])
		return fb_cli_usage(args, "say which file with --file");
	if (fb_site_file_read(&file, args->value[FILE_NAME], &err))
		return fb_cli_failed(&err);
	int rc = apply(args, &file);
	fb_site_file_free(&file);
	return rc;
}
