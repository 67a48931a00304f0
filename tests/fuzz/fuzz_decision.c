/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any line as a decision: what is read, when written again, must read as the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/decision.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), line[FB_DECISION_LINE_MAX];
	struct fb_decision first, second;
	struct fb_err err;

	memcpy(text, data, size);
	text[size] = '\0';
	if (fb_decision_parse(&first, text, &err) == 0) {
		if (fb_decision_format(&first, line, sizeof(line)) < 0 || fb_decision_parse(&second, line, &err))
			abort();
		if (strcmp(first.workspace, second.workspace) || strcmp(first.name, second.name) ||
		    strcmp(first.p2p, second.p2p) || strcmp(first.rdma, second.rdma) || first.preemptible != second.preemptible ||
		    first.preflight != second.preflight || first.requeues != second.requeues)
			abort();
	}
	free(text);
	return 0;
}
