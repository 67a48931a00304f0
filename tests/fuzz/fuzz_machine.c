/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as a machine report: what is read is printed and reads back as the same bytes, or one error line. */
#include <stdlib.h>
#include <string.h>

#include "flightbase/topo/machine.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *print(const struct fb_machine *machine, size_t *size)
{
	char *text = NULL;
	FILE *stream = open_memstream(&text, size);

	if (!stream)
		exit(0);
	fb_machine_print_json(machine, stream);
	fclose(stream);
	return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fb_machine first, second;
	struct fb_err err = { "" };
	size_t first_size, second_size;

	if (fb_machine_parse(&first, "f", (const char *)data, size, &err)) {
		if (strncmp(err.text, "f:", 2) || strchr(err.text, '\n') || *first.node)
			abort();
		return 0;
	}
	char *text = print(&first, &first_size);
	if (fb_machine_parse(&second, "f", text, first_size, &err))
		abort();
	char *again = print(&second, &second_size);
	if (strcmp(text, again))
		abort();
	FILE *nowhere = fopen("/dev/null", "w");
	if (nowhere) {
		fb_machine_print(&first, nowhere);
		fclose(nowhere);
	}
	free(text);
	free(again);
	return 0;
}
