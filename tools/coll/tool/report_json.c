/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The same as JSON; names are nccl-tests' where it has them. */
#include "fb_config.h"

#include <json-c/json.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "coll/tool/report.h"

static void add(struct json_object *o, const char *key, struct json_object *value)
{
	json_object_object_add(o, key, value);
}

static void add_text(struct json_object *o, const char *key, const char *text)
{
	add(o, key, json_object_new_string(text));
}

static void add_int(struct json_object *o, const char *key, int64_t value)
{
	add(o, key, json_object_new_int64(value));
}

/* With as many digits as were measured. */
static void add_number(struct json_object *o, const char *key, double value)
{
	char text[32];

	snprintf(text, sizeof(text), "%.6g", value);
	add(o, key, json_object_new_double_s(value, text));
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
	add_int(o, "warmup_iters", p->warmup_iters);
	add_int(o, "iterations", p->iters);
	add_int(o, "agg_iterations", p->agg_iters);
	add_int(o, "run_cycles", p->cycles);
	add_int(o, "validation", p->check);
	add_int(o, "blocking_collectives", p->blocking);
	add_int(o, "average", p->average);
	add_int(o, "unalign", (int64_t)p->unalign);
	add_text(o, "memory", p->library_memory ? "library" : "own");
	add(o, "clean", json_object_new_boolean(p->clean));
	return o;
}

static struct json_object *devices_json(const struct fb_header *h)
{
	struct json_object *devices = json_object_new_array();

	for (int i = 0; i < h->world->size; i++) {
		struct json_object *o = json_object_new_object();
		add_int(o, "rank", h->infos[i].rank);
		add_int(o, "pid", h->infos[i].pid);
		add_text(o, "hostname", h->infos[i].host);
		add_text(o, "transports", h->infos[i].transports);
		add(o, "same_settings", json_object_new_boolean(h->infos[i].environment == h->infos[0].environment));
		json_object_array_add(devices, o);
	}
	return devices;
}

static struct json_object *environment_json(const struct fb_environment *environment)
{
	struct json_object *o = json_object_new_object();

	for (size_t i = 0; i < environment->count; i++) {
		char *entry = environment->entry[i], *equals = strchr(entry, '=');

		*equals = '\0';
		add_text(o, entry, equals + 1);
		*equals = '=';
	}
	return o;
}

static struct json_object *model_json(const struct fb_header *h)
{
	struct json_object *o = json_object_new_object();

	if (h->model > 0)
		add_number(o, "bus_bw", h->model);
	else
		add(o, "bus_bw", NULL);
	add_text(o, h->model > 0 ? "source" : "why", h->model_from);
	return o;
}

void fb_json_begin(struct fb_report *r)
{
	const struct fb_header *h = r->header;

	r->json = json_object_new_object();
	add_text(r->json, "program", "flightbase-allreduce");
	add_text(r->json, "version", PACKAGE_VERSION);
	add_text(r->json, "backend", h->backend->name);
	add_text(r->json, "bootstrap", h->world->bootstrap);
	add_int(r->json, "ranks", h->world->size);
	add(r->json, "config", config_json(h->params));
	add(r->json, "environment", environment_json(&h->environment));
	add(r->json, "model", model_json(h));
	add(r->json, "devices", devices_json(h));
	r->results = json_object_new_array();
	add(r->json, "results", r->results);
}

static struct json_object *latency_json(const struct fb_latency *l, bool histogram)
{
	struct json_object *o = json_object_new_object(), *buckets = json_object_new_array();
	double from, to;

	add_int(o, "iterations", (int64_t)l->count);
	add_number(o, "min", l->min);
	add_number(o, "mean", l->mean);
	add_number(o, "p50", l->p50);
	add_number(o, "p90", l->p90);
	add_number(o, "p99", l->p99);
	add_number(o, "max", l->max);
	add_number(o, "cv_percent", l->variation);
	for (size_t b = 0; histogram && b < FB_LATENCY_BUCKETS; b++) {
		struct json_object *bucket;

		if (!l->bucket[b])
			continue;
		bucket = json_object_new_object();
		fb_latency_edges(b, &from, &to);
		add_number(bucket, "from", from);
		if (isinf(to))
			add(bucket, "to", NULL);
		else
			add_number(bucket, "to", to);
		add_int(bucket, "count", (int64_t)l->bucket[b]);
		json_object_array_add(buckets, bucket);
	}
	if (histogram)
		add(o, "histogram", buckets);
	else
		json_object_put(buckets);
	return o;
}

static struct json_object *timing_json(const struct fb_params *p, const struct fb_timing *t)
{
	struct json_object *o = json_object_new_object();

	add(o, "time", json_object_new_double(t->time_us));
	if (p->cpu_time)
		add(o, "cpu_time", json_object_new_double(t->cpu_us));
	add(o, "alg_bw", json_object_new_double(t->algbw));
	add(o, "bus_bw", json_object_new_double(t->busbw));
	add(o, "nwrong", t->wrong >= 0 ? json_object_new_int64(t->wrong) : NULL);
	if (t->latency.count)
		add(o, "latency", latency_json(&t->latency, p->histogram));
	return o;
}

void fb_json_row(struct fb_report *report, const struct fb_row *row)
{
	const struct fb_header *h = report->header;
	struct json_object *o = json_object_new_object();

	add(o, "size", json_object_new_uint64(row->bytes));
	add(o, "count", json_object_new_uint64(row->count));
	add_text(o, "type", fb_type_name(row->type));
	add_text(o, "redop", fb_op_name(row->op));
	add_int(o, "root", -1);
	add_int(o, "cycle", row->cycle);
	add(o, "out_of_place", timing_json(h->params, &row->out_of_place));
	add(o, "in_place", timing_json(h->params, &row->in_place));
	if (h->model > 0)
		add_number(o, "percent_of_model", 100 * fb_row_busbw(row) / h->model);
	if (h->params->timestamps)
		add_int(o, "timestamp", (int64_t)time(NULL));
	json_object_array_add(report->results, o);
}

static struct json_object *matrix_json(const double *cells, int n)
{
	struct json_object *rows = json_object_new_array();
	char text[32];

	for (int a = 0; a < n; a++) {
		struct json_object *row = json_object_new_array();
		for (int b = 0; b < n; b++) {
			snprintf(text, sizeof(text), "%.4g", cells[a * n + b]);
			json_object_array_add(row, a == b ? NULL : json_object_new_double_s(cells[a * n + b], text));
		}
		json_object_array_add(rows, row);
	}
	return rows;
}

static struct json_object *pair_json(const struct fb_pairs *pairs, const struct fb_pair *pair)
{
	struct json_object *o = json_object_new_object(), *ranks = json_object_new_array(), *hosts = json_object_new_array();
	const int both[] = { pair->a, pair->b };

	for (int i = 0; i < 2; i++) {
		json_object_array_add(ranks, json_object_new_int(pairs->rank[both[i]]));
		json_object_array_add(hosts, json_object_new_string(pairs->host[both[i]]));
	}
	add(o, "ranks", ranks);
	add(o, "hostnames", hosts);
	add_number(o, "bandwidth", pair->gbps);
	add_number(o, "latency", pair->us);
	add_number(o, "percent_of_median", 100 * pair->of_median);
	return o;
}

void fb_json_pairs(struct fb_report *report, const struct fb_pairs *pairs)
{
	struct json_object *o = json_object_new_object(), *members = json_object_new_array();
	size_t count = 0;
	struct fb_pair *sorted = fb_pairs_sorted(pairs, &count);

	for (int i = 0; i < pairs->members; i++) {
		struct json_object *member = json_object_new_object();
		add_int(member, "rank", pairs->rank[i]);
		add_text(member, "hostname", pairs->host[i]);
		json_object_array_add(members, member);
	}
	add_text(o, "of", pairs->nodes ? "nodes" : "ranks");
	add(o, "size", json_object_new_uint64(pairs->bytes));
	add(o, "members", members);
	if (sorted)
		add(o, "slowest", pair_json(pairs, &sorted[0]));
	add(o, "bandwidth", matrix_json(pairs->gbps, pairs->members));
	add(o, "latency", matrix_json(pairs->us, pairs->members));
	add(report->json, "pairs", o);
	free(sorted);
}

void fb_json_end(struct fb_report *report, const char *failure, const char *shortfall)
{
	struct json_object *bounds = json_object_new_object(), *bandwidth = json_object_new_object();

	add_int(bounds, "count", report->wrong);
	add(bounds, "okay", json_object_new_boolean(!report->wrong));
	add(bandwidth, "bandwidth", json_object_new_double(report->measured ? report->bus_bandwidths / report->measured : 0));
	add(report->json, "out_of_bounds", bounds);
	add(report->json, "average_bus_bandwidth", bandwidth);
	if (report->header->params->expect > 0 && !failure) {
		struct json_object *expect = json_object_new_object();
		add_number(expect, "percent", report->header->params->expect);
		add(expect, "okay", json_object_new_boolean(!shortfall));
		if (shortfall)
			add_text(expect, "why", shortfall);
		add(report->json, "expect", expect);
	}
	if (failure)
		add_text(report->json, "error", failure);
}
