/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as a captured machine, the first byte telling by which reader: what is read makes a report that reads back
 * as the same, or one error line that names the file.
 */
#include <stdlib.h>
#include <string.h>

#include "flightbase/topo/readers.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_report(const struct fb_machine *machine)
{
	static struct fb_machine second;
	char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);
	struct fb_err err;

	if (!stream)
		return;
	fb_machine_print_json(machine, stream);
	fclose(stream);
	if (fb_machine_parse(&second, "m", text, size, &err) || memcmp(&second.type.wiring.link, &machine->type.wiring.link, sizeof(second.type.wiring.link)) ||
	    memcmp(&second.type.wiring.lanes, &machine->type.wiring.lanes, sizeof(second.type.wiring.lanes)) || second.type.nics != machine->type.nics ||
	    second.type.sockets != machine->type.sockets || second.adapters != machine->adapters)
		abort();
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static fb_survey_reader *const readers[] = { fb_survey_matrix, fb_survey_nccl };
	static struct fb_survey survey, both;
	static struct fb_machine machine;
	const struct fb_survey *from[] = { &survey, &survey };
	struct fb_err err = { "" };
	size_t which = size && *data == '<';

	if (readers[which](&survey, "f", (const char *)data, size, &err)) {
		if (strncmp(err.text, "f:", 2) || strchr(err.text, '\n'))
			abort();
		return 0;
	}
	if (fb_survey_merge(&both, from, 2, &err))
		abort();
	snprintf(machine.node, sizeof(machine.node), "n");
	if (!fb_survey_report(&both, &machine, &err)) {
		snprintf(machine.node, sizeof(machine.node), "n");
		check_report(&machine);
	}
	return 0;
}
