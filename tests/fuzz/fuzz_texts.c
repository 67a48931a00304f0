/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any text as a job's number, a list of tasks, generic resources, and lines of gres.conf and plugstack.conf. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flightbase/gres_conf.h"
#include "common/gres_text.h"
#include "flightbase/job_ref.h"
#include "flightbase/plugstack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void job(const char *text)
{
	struct fb_job_ref ref, again;
	char written[64];

	fb_job_ref_task_listed(text, 7);
	if (fb_job_ref_parse(&ref, text, NULL))
		return;
	/* What is accepted says the same when it is written again. */
	snprintf(written, sizeof(written), "%u%s", ref.id, ref.has_task ? "_" : ref.has_offset ? "+" : "");
	if (ref.has_task || ref.has_offset)
		snprintf(written + strlen(written), sizeof(written) - strlen(written), "%u", ref.has_task ? ref.task : ref.offset);
	if (fb_job_ref_parse(&again, written, NULL) || memcmp(&ref, &again, sizeof(ref)))
		abort();
}

static void gres(const char *text)
{
	struct fb_gres_node node;
	char indices[16];

	fb_gres_indices(text, indices, sizeof(indices));
	if (strlen(indices) >= sizeof(indices))
		abort();
	fb_gres_read_node(text, &node);
	if (node.gpus != fb_gres_requested(text) || strlen(node.type) >= sizeof(node.type))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fb_plugstack_line stack;
	struct fb_gres_line line;
	char *text = malloc(size + 1);

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	job(text);
	gres(text);
	fb_plugstack_parse(text, &stack);
	memcpy(text, data, size);
	fb_gres_conf_parse(text, &line);
	free(text);
	return 0;
}
