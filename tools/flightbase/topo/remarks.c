/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/topo/remarks.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "flightbase/memory.h"

static struct fb_remark *find(struct fb_remarks *remarks, const char *text, bool hosts)
{
	for (size_t r = 0; r < remarks->count; r++)
		if (!strcmp(remarks->remark[r].text, text) && (remarks->remark[r].hosts > 0) == hosts)
			return &remarks->remark[r];
	return NULL;
}

void fb_remark_add(struct fb_remarks *remarks, const char *host, const char *format, ...)
{
	struct fb_remark *remark;
	struct fb_err text;
	va_list args;

	va_start(args, format);
	vsnprintf(text.text, sizeof(text.text), format, args);
	va_end(args);
	fb_text_printable(text.text);
	remark = find(remarks, text.text, host != NULL);
	if (!remark && remarks->count == FB_REMARKS_MAX) {
		remarks->dropped++;
		return;
	}
	if (!remark) {
		remarks->remark = fb_need(realloc(remarks->remark, (remarks->count + 1) * sizeof(*remark)));
		remark = &remarks->remark[remarks->count++];
		*remark = (struct fb_remark){ .text = fb_need(strdup(text.text)) };
	}
	if (host) {
		remark->host = fb_grow(remark->host, remark->hosts, &remark->room, sizeof(*remark->host));
		remark->host[remark->hosts++] = fb_need(strdup(host));
	}
}

void fb_remarks_free(struct fb_remarks *remarks)
{
	for (size_t r = 0; r < remarks->count; r++) {
		for (size_t h = 0; h < remarks->remark[r].hosts; h++)
			free(remarks->remark[r].host[h]);
		free(remarks->remark[r].host);
		free(remarks->remark[r].text);
	}
	free(remarks->remark);
	*remarks = (struct fb_remarks){ .count = 0 };
}
