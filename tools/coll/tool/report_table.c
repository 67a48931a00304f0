/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nccl-tests' table, and what is ours below its lines. */
#include "fb_config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "coll/tool/model.h"
#include "coll/tool/report.h"

#define VALUE_MAX 160 /* characters of a variable's line */
#define BAR 40
#define SLOWEST 10 /* pairs in the table */

static void put_options(FILE *f, const struct fb_params *p)
{
	fprintf(f, "# minBytes %zu maxBytes %zu step: %zu(%s) warmup iters: %d iters: %d agg iters: %d validation: %d buffers: %s\n",
		p->min_bytes, p->max_bytes, p->step_factor > 1 ? p->step_factor : p->step_bytes,
		p->step_factor > 1 ? "factor" : "bytes", p->warmup_iters, p->iters, p->agg_iters, p->check,
		p->clean ? "clean" : "dirty");
}

static void put_environment(FILE *f, const struct fb_header *h)
{
	int first = 0, differing = fb_header_differing(h, &first);

	fprintf(f, "# Environment of rank 0%s\n", h->environment.count ? "" : ": nothing that matters is set");
	for (size_t i = 0; i < h->environment.count; i++)
		fprintf(f, "#  %.*s%s\n", VALUE_MAX, h->environment.entry[i],
			strlen(h->environment.entry[i]) > VALUE_MAX ? "..." : "");
	if (differing)
		fprintf(f, "#  other settings on %d rank%s, the first of them rank %d on %s\n", differing, differing > 1 ? "s" : "", first,
			h->infos[first].host);
}

/* The words over one of the two places, and their units. */
static void put_columns(FILE *f, const struct fb_params *p, const char *time, const char *us, const char *gbps, bool names)
{
	fprintf(f, "  %7s  %6s  %6s  %6s", time, names ? "algbw" : gbps, names ? "busbw" : gbps, names ? "#wrong" : "");
	if (p->per_iter)
		fprintf(f, "  %7s  %7s  %7s  %6s", names ? "i_min" : us, names ? "i_max" : us, names ? "i_p99" : us, names ? "i_cv%" : "");
}

static void put_names(FILE *f, const struct fb_header *h)
{
	const struct fb_params *p = h->params;

	fprintf(f, "# %10s  %12s  %8s  %6s  %6s", "size", "count", "type", "redop", "root");
	for (int i = 0; i < 2; i++)
		put_columns(f, p, p->cpu_time ? "cputime" : "time", "", "", true);
	fprintf(f, "%s\n# %10s  %12s  %8s  %6s  %6s", h->model > 0 ? "  verdict" : "", "(B)", "(elements)", "", "", "");
	for (int i = 0; i < 2; i++)
		put_columns(f, p, "(us)", "(us)", "(GB/s)", false);
	fprintf(f, "\n");
}

void fb_table_begin(FILE *f, const struct fb_header *h)
{
	int wide = h->params->per_iter ? 71 : 33;

	fprintf(f, "# flightbase-allreduce version %s backend: %s bootstrap: %s ranks: %d\n", PACKAGE_VERSION, h->backend->name,
		h->world->bootstrap, h->world->size);
	put_options(f, h->params);
	fprintf(f, "#\n# Using ranks\n");
	for (int i = 0; i < h->world->size; i++)
		fprintf(f, "#  Rank %2d Pid %6d on %10s via %s\n", h->infos[i].rank, h->infos[i].pid, h->infos[i].host,
			h->infos[i].transports);
	put_environment(f, h);
	if (h->model > 0)
		fprintf(f, "# Model: %.3g GB/s bus bandwidth, from %s\n", h->model, h->model_from);
	else
		fprintf(f, "# No model to judge by: %s\n", h->model_from);
	fprintf(f, "#\n# %10s  %12s  %8s  %6s  %6s  %*s  %*s\n", "", "", "", "", "", wide / 2 + 6, "out-of-place", wide, "in-place");
	put_names(f, h);
	fflush(f);
}

/* nccl-tests' getFloatStr: as many decimals as the width allows. */
static void format_number(double value, int width, char *text, size_t size)
{
	for (int decimals = 2; decimals >= 0; decimals--)
		if (snprintf(text, size, "%*.*f", width, decimals, value) <= width)
			return;
	snprintf(text, size, "%*.*e", width, width >= 7 ? 1 : 0, value);
}

static void put_number(FILE *f, double value, int width)
{
	char text[32];

	format_number(value, width, text, sizeof(text));
	fprintf(f, "  %*s", width, text);
}

static void put_timing(FILE *f, const struct fb_params *p, const struct fb_timing *t)
{
	put_number(f, p->cpu_time ? t->cpu_us : t->time_us, 7);
	put_number(f, t->algbw, 6);
	put_number(f, t->busbw, 6);
	if (t->wrong >= 0)
		fprintf(f, "  %6g", (double)t->wrong);
	else
		fprintf(f, "     N/A");
	if (!p->per_iter)
		return;
	put_number(f, t->latency.min, 7);
	put_number(f, t->latency.max, 7);
	put_number(f, t->latency.p99, 7);
	put_number(f, t->latency.variation, 6);
}

static void put_timestamp(FILE *f)
{
	char text[32];
	struct tm tm;
	time_t now = time(NULL);

	if (localtime_r(&now, &tm) && strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm))
		fprintf(f, "  %s", text);
}

static void put_histogram(FILE *f, const char *place, const struct fb_latency *l)
{
	uint64_t most = 1;
	double from, to;

	fprintf(f, "#  %s: %zu iterations, p50 %.2f p90 %.2f p99 %.2f max %.2f us\n", place, l->count, l->p50, l->p90, l->p99, l->max);
	for (size_t b = 0; b < FB_LATENCY_BUCKETS; b++)
		most = l->bucket[b] > most ? l->bucket[b] : most;
	for (size_t b = 0; b < FB_LATENCY_BUCKETS; b++) {
		if (!l->bucket[b])
			continue;
		fb_latency_edges(b, &from, &to);
		fprintf(f, "#  %9g to", from);
		if (isinf(to))
			fprintf(f, "  longer    |");
		else
			fprintf(f, " %9g us |", to);
		for (uint64_t i = 0; i < (l->bucket[b] * BAR + most - 1) / most; i++)
			putc('#', f);
		fprintf(f, " %llu\n", (unsigned long long)l->bucket[b]);
	}
}

void fb_table_row(FILE *f, const struct fb_header *h, const struct fb_row *row)
{
	char verdict[64];

	fprintf(f, "%12zu  %12zu  %8s  %6s  %6d", row->bytes, row->count, fb_type_name(row->type), fb_op_name(row->op), -1);
	put_timing(f, h->params, &row->out_of_place);
	put_timing(f, h->params, &row->in_place);
	if (h->model > 0) {
		fb_model_verdict(fb_row_busbw(row), h->model, verdict, sizeof(verdict));
		fprintf(f, "  %s", verdict);
	}
	if (h->params->timestamps)
		put_timestamp(f);
	fprintf(f, "\n");
	if (h->params->histogram) {
		put_histogram(f, "out-of-place", &row->out_of_place.latency);
		put_histogram(f, "in-place", &row->in_place.latency);
	}
	fflush(f);
}

void fb_table_pairs(FILE *f, const struct fb_pairs *pairs)
{
	size_t count = 0;
	struct fb_pair *sorted = fb_pairs_sorted(pairs, &count);

	fprintf(f, "#\n# Pairs of %s: %d, each pair exchanges %zu bytes both ways (GB/s of one direction) and %d bytes (us);\n"
		"# %d rounds, in each of which every %s meets one other, all at the same time. The slowest:\n", pairs->nodes ?
		"nodes (the first rank of each)" : "ranks", pairs->members, pairs->bytes, FB_PAIRS_SMALL,
		fb_tournament_rounds(pairs->members), pairs->nodes ? "node" : "rank");
	fprintf(f, "# %6s  %-16s  %6s  %-16s  %8s  %8s  %s\n", "rank", "host", "rank", "host", "GB/s", "us", "of the median of its like");
	for (size_t i = 0; sorted && i < count && i < SLOWEST; i++)
		fprintf(f, "# %6d  %-16s  %6d  %-16s  %8.3g  %8.3g  %3.0f%% %s\n", pairs->rank[sorted[i].a], pairs->host[sorted[i].a],
			pairs->rank[sorted[i].b], pairs->host[sorted[i].b], sorted[i].gbps, sorted[i].us, 100 * sorted[i].of_median,
			strcmp(pairs->host[sorted[i].a], pairs->host[sorted[i].b]) ? "between nodes" : "within nodes");
	if (count > SLOWEST)
		fprintf(f, "#  and %zu faster\n", count - SLOWEST);
	free(sorted);
	fflush(f);
}

void fb_table_end(FILE *f, const struct fb_report *report, const char *shortfall)
{
	double mean = report->measured ? report->bus_bandwidths / report->measured : 0;

	fprintf(f, "# %-20s : %lld %s\n", "Out of bounds values", (long long)report->wrong, report->wrong ? "FAILED" : "OK");
	fprintf(f, "# %-20s : %g \n", "Avg bus bandwidth", mean);
	if (report->header->params->expect > 0)
		fprintf(f, "# %-20s : %g%% of the model %s\n", "Expected", report->header->params->expect, shortfall ? "FAILED" : "OK");
	fprintf(f, "#\n");
}
