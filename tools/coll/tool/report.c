/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "coll/tool/report.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "coll/tool/csv.h"

int fb_header_differing(const struct fb_header *header, int *first)
{
	int differing = 0;

	for (int i = header->world->size - 1; i > 0; i--)
		if (header->infos[i].environment != header->infos[0].environment) {
			differing++;
			*first = i;
		}
	return differing;
}

static bool is_csv(const char *path)
{
	size_t length = path ? strlen(path) : 0;

	return length > 4 && !strcmp(path + length - 4, ".csv");
}

int fb_report_begin(struct fb_report *report, const struct fb_header *header, struct fb_err *err)
{
	const struct fb_params *p = header->params;

	report->header = header;
	report->table = p->format == FB_FORMAT_TABLE ? stdout : NULL;
	report->csv = p->format == FB_FORMAT_CSV ? stdout : NULL;
	if (is_csv(p->output) && !(report->file = open_memstream(&report->text, &report->text_size)))
		return fb_err_set(err, "out of memory");
	if (p->format == FB_FORMAT_JSON || (p->output && !is_csv(p->output)))
		fb_json_begin(report);
	if (report->table)
		fb_table_begin(report->table, header);
	if (report->csv)
		fb_csv_header(report->csv, p);
	if (report->file)
		fb_csv_header(report->file, p);
	return 0;
}

static void count_timing(struct fb_report *r, const struct fb_timing *t)
{
	r->bus_bandwidths += t->busbw;
	r->measured++;
	r->wrong += t->wrong > 0 ? t->wrong : 0;
}

static void csv_row(FILE *file, const struct fb_header *h, const struct fb_row *row)
{
	if (file)
		fb_csv_row(file, h->params, h->backend->name, h->world->size, row, h->model);
}

void fb_report_row(struct fb_report *report, const struct fb_row *row)
{
	count_timing(report, &row->out_of_place);
	count_timing(report, &row->in_place);
	if (!report->header)
		return;
	if (report->table)
		fb_table_row(report->table, report->header, row);
	csv_row(report->csv, report->header, row);
	csv_row(report->file, report->header, row);
	if (report->json)
		fb_json_row(report, row);
}

void fb_report_pairs(struct fb_report *report, const struct fb_pairs *pairs)
{
	if (report->table)
		fb_table_pairs(report->table, pairs);
	if (report->json)
		fb_json_pairs(report, pairs);
}

static int write_file(const char *path, const char *text, struct fb_err *err)
{
	FILE *f = fopen(path, "we");

	if (!f)
		return fb_err_set(err, "file '%.200s': %s", path, strerror(errno));
	int bad = fputs(text, f) < 0;
	if (fclose(f) || bad)
		return fb_err_set(err, "file '%.200s': %s", path, strerror(errno));
	return 0;
}

static int write_json(const struct fb_report *r, struct fb_err *err)
{
	static const int flags = JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED | JSON_C_TO_STRING_NOSLASHESCAPE;
	const char *output = r->header->params->output;

	if (r->header->params->format == FB_FORMAT_JSON)
		printf("%s\n", json_object_to_json_string_ext(r->json, flags));
	if (!output || is_csv(output))
		return 0;
	char *text = NULL;
	if (asprintf(&text, "%s\n", json_object_to_json_string_ext(r->json, flags)) < 0)
		return fb_err_set(err, "out of memory");
	int rc = write_file(output, text, err);
	free(text);
	return rc;
}

static int write_csv(struct fb_report *r, struct fb_err *err)
{
	int rc = fclose(r->file) ? fb_err_set(err, "out of memory") : write_file(r->header->params->output, r->text, err);

	free(r->text);
	return rc;
}

int fb_report_end(struct fb_report *report, const char *failure, const char *shortfall, struct fb_err *err)
{
	int status = 0;

	if (!report->header)
		return 0;
	if (report->table && !failure)
		fb_table_end(report->table, report, shortfall);
	if (report->json) {
		fb_json_end(report, failure, shortfall);
		status = write_json(report, err);
		json_object_put(report->json);
	}
	if (report->file && write_csv(report, err))
		status = -1;
	report->header = NULL;
	if (!status && (fflush(stdout) || ferror(stdout)))
		return fb_err_set(err, "standard output: %s", strerror(errno));
	return status;
}
