/* SPDX-License-Identifier: GPL-2.0-or-later */
/* topology.json: any bytes either make a file that holds what it promises, or one error line. */
#include <stdlib.h>
#include <string.h>

#include "topology/record.h"
#include "topology/topofile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fb_topofile file;
	struct fb_err err = { "" };
	char *line = malloc(size + 1);

	if (!line)
		return 0;
	memcpy(line, data, size);
	line[size] = '\0';
	fb_record_is(line, "p2p", "off");
	if (fb_topofile_parse(&file, "f.json", line, size, &err)) {
		if (!*err.text || strchr(err.text, '\n') || file.types || file.entries)
			abort();
	} else {
		for (size_t i = 0; i < file.entries; i++)
			if (file.entry[i].type >= file.types || !*file.entry[i].hosts)
				abort();
		for (size_t i = 0; i < file.types; i++)
			if (!file.type[i].engine)
				abort();
		fb_topofile_free(&file);
	}
	free(line);
	return 0;
}
