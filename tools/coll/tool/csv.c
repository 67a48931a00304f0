/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "coll/tool/csv.h"

#include <string.h>

void fb_csv_field(FILE *file, const char *text)
{
	if (!text[strcspn(text, ",\"\r\n")]) {
		fputs(text, file);
		return;
	}
	putc('"', file);
	for (; *text; text++) {
		if (*text == '"')
			putc('"', file);
		putc(*text, file);
	}
	putc('"', file);
}

void fb_csv_header(FILE *file, const struct fb_params *params)
{
	static const char *const places[] = { "out_of_place", "in_place" };

	fputs("backend,ranks,cycle,size,count,type,redop", file);
	for (int i = 0; i < 2; i++) {
		fprintf(file, ",%s_time_us,%s_alg_bw,%s_bus_bw,%s_nwrong", places[i], places[i], places[i], places[i]);
		if (params->cpu_time)
			fprintf(file, ",%s_cpu_time_us", places[i]);
		if (fb_params_keeps_times(params))
			for (const char *const *s = (const char *const[]){ "min", "p50", "p90", "p99", "max", "cv_percent", NULL }; *s; s++)
				fprintf(file, ",%s_%s%s", places[i], *s, strcmp(*s, "cv_percent") ? "_us" : "");
	}
	fputs(",model_bus_bw,percent_of_model\n", file);
}

static void put_timing(FILE *file, const struct fb_params *params, const struct fb_timing *t)
{
	const struct fb_latency *l = &t->latency;

	fprintf(file, ",%.3f,%.6g,%.6g,", t->time_us, t->algbw, t->busbw);
	if (t->wrong >= 0)
		fprintf(file, "%lld", (long long)t->wrong);
	if (params->cpu_time)
		fprintf(file, ",%.3f", t->cpu_us);
	if (fb_params_keeps_times(params))
		fprintf(file, ",%.3f,%.3f,%.3f,%.3f,%.3f,%.2f", l->min, l->p50, l->p90, l->p99, l->max, l->variation);
}

void fb_csv_row(FILE *file, const struct fb_params *params, const char *backend, int ranks, const struct fb_row *row, double model)
{
	fb_csv_field(file, backend);
	fprintf(file, ",%d,%d,%zu,%zu,%s,%s", ranks, row->cycle, row->bytes, row->count, fb_type_name(row->type), fb_op_name(row->op));
	put_timing(file, params, &row->out_of_place);
	put_timing(file, params, &row->in_place);
	if (model > 0)
		fprintf(file, ",%.6g,%.1f\n", model, 100 * fb_row_busbw(row) / model);
	else
		fputs(",,\n", file);
	fflush(file);
}
