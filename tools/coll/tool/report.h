/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What rank 0 says: nccl-tests' table, and the same as JSON. */
#ifndef FB_ALLREDUCE_REPORT_H
#define FB_ALLREDUCE_REPORT_H

#include <stdio.h>

#include "coll/tool/run.h"

#define FB_REPORT_LINE 512

struct json_object;

struct fb_report {
	const struct fb_params *params;
	struct json_object *json, *results; /* NULL where no JSON is wanted */
	FILE *table;			    /* NULL with --json */
	double bus_bandwidths;
	int64_t wrong;
	int measured;
};

/* One rank's line of the header. */
struct fb_rank_info {
	int rank, pid;
	char host[FB_BACKEND_HOST_MAX];
	char transports[FB_REPORT_LINE - FB_BACKEND_HOST_MAX - 8];
};

/* infos[world->size] in the order of ranks. */
void fb_report_begin(struct fb_report *report, const struct fb_params *params, const struct fb_backend *backend,
		     const struct fb_world *world, const struct fb_rank_info *infos);
void fb_report_row(struct fb_report *report, const struct fb_row *row);

/* Close the table and write the JSON; `failure` is NULL after a whole sweep. Nothing to do where it never began. */
int fb_report_end(struct fb_report *report, const char *failure, struct fb_err *err);

#endif
