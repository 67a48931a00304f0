/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as hwloc's XML: a survey that makes a report, or one error line that names the file. hwloc itself may die of
 * them, in a process apart; what we do with what it made may not.
 */
#include <stdlib.h>
#include <string.h>

#include "flightbase/topo/readers.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fb_survey survey;
	static struct fb_machine machine;
	struct fb_err err = { "" };

	if (fb_survey_hwloc(&survey, "f", (const char *)data, size, &err)) {
		if (strncmp(err.text, "f:", 2) || strchr(err.text, '\n') || strstr(err.text, "the reader dies"))
			abort();
		return 0;
	}
	fb_survey_report(&survey, &machine, &err);
	return 0;
}
