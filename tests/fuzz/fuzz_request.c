/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines as SPANK variables: what is accepted must hold to the table, and be accepted again. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/request.h"

#define LINES_MAX 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), *variables[LINES_MAX], *rest = text;
	struct fb_request request;
	struct fb_err err;
	size_t count = 0;

	memcpy(text, data, size);
	text[size] = '\0';
	for (char *line; count < LINES_MAX && (line = strsep(&rest, "\n"));)
		variables[count++] = line;
	if (fb_request_read(&request, variables, count, &err) == 0)
		for (int id = 0; id < FB_OPTION_COUNT; id++)
			if (request.given[id] && (!request.value[id] || strlen(request.value[id]) > FB_OPTION_VALUE_MAX ||
						  fb_option_check((enum fb_option_id)id, request.value[id], &err)))
				abort();
	free(text);
	return 0;
}
