/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What rank 0 says: nccl-tests' table, or JSON or CSV of the same. */
#ifndef FB_ALLREDUCE_REPORT_H
#define FB_ALLREDUCE_REPORT_H

#include <stdio.h>

#include "coll/tool/environment.h"
#include "coll/tool/expect.h"
#include "coll/tool/pairs.h"
#include "coll/tool/run.h"

struct json_object;

/* One rank's line of the header, and what rank 0 needs of it; it travels as whole 64-bit words. */
struct fb_rank_info {
	int rank, pid;
	uint64_t environment; /* fb_environment_hash */
	char host[FB_BACKEND_HOST_MAX];
	char transports[440];
	char model[248]; /* FLIGHTBASE_MODEL; "?" where that is too long */
};

/* What is known before the first row. */
struct fb_header {
	const struct fb_params *params;
	const struct fb_backend *backend;
	const struct fb_world *world;
	const struct fb_rank_info *infos; /* [world->size] in the order of ranks */
	struct fb_environment environment;
	double model;		 /* GB/s; 0: there is none */
	const char *model_from; /* where it is from, or why there is none */
};

struct fb_report {
	const struct fb_header *header; /* NULL: nothing is said here */
	struct json_object *json, *results; /* NULL where no JSON is wanted */
	FILE *table, *csv;		    /* standard output, or NULL */
	FILE *file;			    /* CSV for --output_file, kept in text until the end; or NULL */
	char *text;
	size_t text_size;
	double bus_bandwidths;
	int64_t wrong;
	int measured;
};

/* The header must stay. 0, or -1 with err. */
int fb_report_begin(struct fb_report *report, const struct fb_header *header, struct fb_err *err);
void fb_report_row(struct fb_report *report, const struct fb_row *row);
void fb_report_pairs(struct fb_report *report, const struct fb_pairs *pairs);

/*
 * Close the table and write the files; `failure` is NULL after a whole sweep, `shortfall` where all that was expected came.
 * Nothing to do where it never began.
 */
int fb_report_end(struct fb_report *report, const char *failure, const char *shortfall, struct fb_err *err);

/* How many ranks' settings are not rank 0's; *first is the first of them. */
int fb_header_differing(const struct fb_header *header, int *first);

/* report_table.c */
void fb_table_begin(FILE *file, const struct fb_header *header);
void fb_table_row(FILE *file, const struct fb_header *header, const struct fb_row *row);
void fb_table_pairs(FILE *file, const struct fb_pairs *pairs);
void fb_table_end(FILE *file, const struct fb_report *report, const char *shortfall);

/* report_json.c */
void fb_json_begin(struct fb_report *report);
void fb_json_row(struct fb_report *report, const struct fb_row *row);
void fb_json_pairs(struct fb_report *report, const struct fb_pairs *pairs);
void fb_json_end(struct fb_report *report, const char *failure, const char *shortfall);

#endif
