/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fb_config.h"

#include "coll/tool/report.h"

#include <errno.h>
#include <json-c/json.h>
#include <string.h>

static void add(struct json_object *o, const char *key, struct json_object *value)
{
	json_object_object_add(o, key, value);
}

static struct json_object *config_json(const struct fb_params *p)
{
	struct json_object *o = json_object_new_object();

	add(o, "minimum_bytes", json_object_new_uint64(p->min_bytes));
	add(o, "maximum_bytes", json_object_new_uint64(p->max_bytes));
	if (p->step_factor > 1)
		add(o, "step_factor", json_object_new_uint64(p->step_factor));
	else
		add(o, "step_bytes", json_object_new_uint64(p->step_bytes));
	add(o, "warmup_iters", json_object_new_int(p->warmup_iters));
	add(o, "iterations", json_object_new_int(p->iters));
	add(o, "validation", json_object_new_int(p->check));
	add(o, "blocking_collectives", json_object_new_int(p->blocking));
	add(o, "average", json_object_new_int(p->average));
	add(o, "memory", json_object_new_string(p->library_memory ? "library" : "own"));
	add(o, "clean", json_object_new_boolean(p->clean));
	return o;
}

static void begin_json(struct fb_report *r, const struct fb_backend *backend, const struct fb_world *world,
		       const struct fb_rank_info *infos)
{
	struct json_object *devices = json_object_new_array();

	r->json = json_object_new_object();
	add(r->json, "program", json_object_new_string("flightbase-allreduce"));
	add(r->json, "version", json_object_new_string(PACKAGE_VERSION));
	add(r->json, "backend", json_object_new_string(backend->name));
	add(r->json, "bootstrap", json_object_new_string(world->bootstrap));
	add(r->json, "ranks", json_object_new_int(world->size));
	add(r->json, "config", config_json(r->params));
	for (int i = 0; i < world->size; i++) {
		struct json_object *o = json_object_new_object();
		add(o, "rank", json_object_new_int(infos[i].rank));
		add(o, "pid", json_object_new_int(infos[i].pid));
		add(o, "hostname", json_object_new_string(infos[i].host));
		add(o, "transports", json_object_new_string(infos[i].transports));
		json_object_array_add(devices, o);
	}
	add(r->json, "devices", devices);
	r->results = json_object_new_array();
	add(r->json, "results", r->results);
}

static void begin_table(struct fb_report *r, const struct fb_backend *backend, const struct fb_world *world,
			const struct fb_rank_info *infos)
{
	const struct fb_params *p = r->params;
	FILE *f = r->table;

	fprintf(f, "# flightbase-allreduce version %s backend: %s bootstrap: %s ranks: %d\n", PACKAGE_VERSION, backend->name,
		world->bootstrap, world->size);
	fprintf(f, "# minBytes %zu maxBytes %zu step: %zu(%s) warmup iters: %d iters: %d validation: %d buffers: %s\n", p->min_bytes,
		p->max_bytes, p->step_factor > 1 ? p->step_factor : p->step_bytes, p->step_factor > 1 ? "factor" : "bytes",
		p->warmup_iters, p->iters, p->check, p->clean ? "clean" : "dirty");
	fprintf(f, "#\n# Using ranks\n");
	for (int i = 0; i < world->size; i++)
		fprintf(f, "#  Rank %2d Pid %6d on %10s via %s\n", infos[i].rank, infos[i].pid, infos[i].host, infos[i].transports);
	fprintf(f, "#\n");
	fprintf(f, "# %10s  %12s  %8s  %6s  %6s           out-of-place                       in-place          \n", "", "", "", "",
		"");
	fprintf(f, "# %10s  %12s  %8s  %6s  %6s  %7s  %6s  %6s  %6s  %7s  %6s  %6s  %6s\n", "size", "count", "type", "redop", "root",
		"time", "algbw", "busbw", "#wrong", "time", "algbw", "busbw", "#wrong");
	fprintf(f, "# %10s  %12s  %8s  %6s  %6s  %7s  %6s  %6s  %6s  %7s  %6s  %6s  %6s\n", "(B)", "(elements)", "", "", "", "(us)",
		"(GB/s)", "(GB/s)", "", "(us)", "(GB/s)", "(GB/s)", "");
	fflush(f);
}

void fb_report_begin(struct fb_report *report, const struct fb_params *params, const struct fb_backend *backend,
		     const struct fb_world *world, const struct fb_rank_info *infos)
{
	*report = (struct fb_report){ .params = params, .table = params->json ? NULL : stdout };
	if (params->json || params->output)
		begin_json(report, backend, world, infos);
	if (report->table)
		begin_table(report, backend, world, infos);
}

/* nccl-tests' getFloatStr: as many decimals as the width allows. */
static void format_number(double value, int width, char *text, size_t size)
{
	for (int decimals = 2; decimals >= 0; decimals--)
		if (snprintf(text, size, "%*.*f", width, decimals, value) <= width)
			return;
	snprintf(text, size, "%*.*e", width, width >= 7 ? 1 : 0, value);
}

static void print_timing(FILE *f, const struct fb_timing *t)
{
	char time[32], algbw[32], busbw[32];

	format_number(t->time_us, 7, time, sizeof(time));
	format_number(t->algbw, 6, algbw, sizeof(algbw));
	format_number(t->busbw, 6, busbw, sizeof(busbw));
	if (t->wrong >= 0)
		fprintf(f, "  %7s  %6s  %6s  %6g", time, algbw, busbw, (double)t->wrong);
	else
		fprintf(f, "  %7s  %6s  %6s    N/A", time, algbw, busbw);
}

static struct json_object *timing_json(const struct fb_timing *t)
{
	struct json_object *o = json_object_new_object();

	add(o, "time", json_object_new_double(t->time_us));
	add(o, "alg_bw", json_object_new_double(t->algbw));
	add(o, "bus_bw", json_object_new_double(t->busbw));
	add(o, "nwrong", t->wrong >= 0 ? json_object_new_int64(t->wrong) : NULL);
	return o;
}

static void count_timing(struct fb_report *r, const struct fb_timing *t)
{
	r->bus_bandwidths += t->busbw;
	r->measured++;
	r->wrong += t->wrong > 0 ? t->wrong : 0;
}

void fb_report_row(struct fb_report *report, const struct fb_row *row)
{
	count_timing(report, &row->out_of_place);
	count_timing(report, &row->in_place);
	if (report->table) {
		fprintf(report->table, "%12zu  %12zu  %8s  %6s  %6d", row->bytes, row->count, fb_type_name(row->type),
			fb_op_name(row->op), -1);
		print_timing(report->table, &row->out_of_place);
		print_timing(report->table, &row->in_place);
		fprintf(report->table, "\n");
		fflush(report->table);
	}
	if (!report->json)
		return;
	struct json_object *o = json_object_new_object();
	add(o, "size", json_object_new_uint64(row->bytes));
	add(o, "count", json_object_new_uint64(row->count));
	add(o, "type", json_object_new_string(fb_type_name(row->type)));
	add(o, "redop", json_object_new_string(fb_op_name(row->op)));
	add(o, "root", json_object_new_int(-1));
	add(o, "out_of_place", timing_json(&row->out_of_place));
	add(o, "in_place", timing_json(&row->in_place));
	json_object_array_add(report->results, o);
}

static int write_json(const struct fb_report *r, struct fb_err *err)
{
	const char *text = json_object_to_json_string_ext(r->json, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED);

	if (r->params->json)
		printf("%s\n", text);
	if (!r->params->output)
		return 0;
	FILE *f = fopen(r->params->output, "we");
	if (!f)
		return fb_err_set(err, "file '%.200s': %s", r->params->output, strerror(errno));
	int bad = fprintf(f, "%s\n", text) < 0;
	if (fclose(f) || bad)
		return fb_err_set(err, "file '%.200s': %s", r->params->output, strerror(errno));
	return 0;
}

int fb_report_end(struct fb_report *report, const char *failure, struct fb_err *err)
{
	double mean = report->measured ? report->bus_bandwidths / report->measured : 0;
	int status = 0;

	if (report->table && !failure) {
		fprintf(report->table, "# %-20s : %lld %s\n", "Out of bounds values", (long long)report->wrong,
			report->wrong ? "FAILED" : "OK");
		fprintf(report->table, "# %-20s : %g \n#\n", "Avg bus bandwidth", mean);
	}
	if (report->json) {
		struct json_object *bounds = json_object_new_object(), *bandwidth = json_object_new_object();
		add(bounds, "count", json_object_new_int64(report->wrong));
		add(bounds, "okay", json_object_new_boolean(!report->wrong));
		add(bandwidth, "bandwidth", json_object_new_double(mean));
		add(report->json, "out_of_bounds", bounds);
		add(report->json, "average_bus_bandwidth", bandwidth);
		if (failure)
			add(report->json, "error", json_object_new_string(failure));
		status = write_json(report, err);
		json_object_put(report->json);
		report->json = NULL;
	}
	if (fflush(stdout) || ferror(stdout))
		return fb_err_set(err, "standard output: %s", strerror(errno));
	return status;
}
