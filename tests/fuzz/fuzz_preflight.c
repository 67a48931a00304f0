/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as a measurement, as what srun wrote, as a node's comment and as a report: never a node that the job has not, nor
 * more than one mark.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/decision.h"
#include "common/preflight_judge.h"
#include "common/preflight_mark.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const names[] = { "n1", "n2", "n10" };
static const unsigned int ranks[] = { 1, 2, 1 };
static const struct fb_preflight_layout layout = { 3, names, ranks };

static void need(int holds)
{
	if (!holds)
		abort();
}

static void try_mark(const char *text)
{
	const struct fb_preflight_event event = { .when = 1, .job = 12, .gbps = 1, .model = 2 };
	struct fb_preflight_mark mark = { .count = 0 }, next;
	char *comment = fb_preflight_mark_add(text, &event);

	fb_preflight_mark_find(text, &mark);
	need(comment && fb_preflight_mark_find(comment, &next));
	need(next.count == (mark.count < FB_PREFLIGHT_COUNT_MAX ? mark.count + 1 : mark.count));
	need(strlen(comment) < strlen(text) + FB_PREFLIGHT_MARK_MAX + 1);
	free(comment);
}

static void try_report(const char *text)
{
	struct fb_preflight_failure first, second;
	char line[FB_DECISION_LINE_MAX];
	struct fb_err err;

	if (fb_preflight_report_parse(&first, text, &err))
		return;
	need(fb_preflight_report_format(&first, line, sizeof(line)) > 0);
	need(!fb_preflight_report_parse(&second, line, &err) && !strcmp(first.node, second.node) && first.restart == second.restart);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), reason[64];
	struct fb_preflight_measured measured;
	struct fb_preflight_slow slow;
	struct fb_err err;

	memcpy(text, data, size);
	text[size] = '\0';
	if (!fb_preflight_read(text, size, &measured, &err))
		need(measured.gbps >= 0 && measured.model >= 0 && strlen(measured.why) < sizeof(measured.why));
	if (!fb_preflight_find_slow(text, size, &layout, &slow, &err))
		need(slow.node >= -1 && slow.node < 3 && slow.gbps <= slow.others);
	int node = fb_preflight_find_broken(text, &layout);
	need(node >= -1 && node < 3);
	fb_preflight_reason(text, reason, sizeof(reason));
	try_mark(text);
	try_report(text);
	free(text);
	return 0;
}
