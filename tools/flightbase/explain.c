/* SPDX-License-Identifier: GPL-2.0-or-later */
/* flightbase explain JOB: why a job waits, what it holds, or how it ended. */
#include <stdio.h>

#include "flightbase/commands.h"
#include "flightbase/explain_json.h"
#include "flightbase/explain_text.h"
#include "flightbase/json_add.h"
#include "flightbase/why_load.h"

static void print(const struct fb_why *why, bool json)
{
	struct fb_causes causes = { .count = 0 };
	bool pending = why->job.phase == FB_JOB_PENDING;
	struct fb_lines lines;

	if (pending)
		fb_causes_find(why, &causes);
	if (!json) {
		fb_explain_text(why, pending ? &causes : NULL, &lines);
		fb_lines_print(&lines, stdout);
		return;
	}
	fb_json_put(fb_explain_json(why, pending ? &causes : NULL));
}

int fb_explain(const struct fb_args *args)
{
	struct fb_why_source source;
	struct fb_job_ref ref;
	struct fb_err err;

	if (fb_job_ref_parse(&ref, args->word[0], &err))
		return fb_cli_usage(args, "%s", err.text);
	int rc = fb_why_load(&source, &ref, &err);
	if (!rc)
		print(&source.why, args->json);
	fb_why_free(&source);
	return rc ? fb_cli_failed(&err) : FB_EXIT_DONE;
}
