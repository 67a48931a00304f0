/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "coll/tool/latency.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double percentile(const double *sorted, size_t count, size_t percent)
{
	size_t rank = (count * percent + 99) / 100;

	return sorted[rank ? rank - 1 : 0];
}

/* Of edge 0, 0.1 us, on. */
static double edge(size_t i)
{
	static const double steps[] = { 1, 2, 5 };
	double decade = 0.1;

	for (size_t d = 0; d < i / 3; d++)
		decade *= 10;
	return decade * steps[i % 3];
}

void fb_latency_edges(size_t bucket, double *from, double *to)
{
	*from = bucket ? edge(bucket - 1) : 0;
	*to = bucket < FB_LATENCY_BUCKETS - 1 ? edge(bucket) : INFINITY;
}

size_t fb_latency_bucket(double us)
{
	size_t bucket = 0;

	while (bucket < FB_LATENCY_BUCKETS - 1 && us >= edge(bucket))
		bucket++;
	return bucket;
}

void fb_latency_summarize(double *us, size_t count, struct fb_latency *latency)
{
	double sum = 0, squares = 0;

	memset(latency, 0, sizeof(*latency));
	qsort(us, count, sizeof(*us), compare);
	for (size_t i = 0; i < count; i++) {
		sum += us[i];
		latency->bucket[fb_latency_bucket(us[i])]++;
	}
	latency->count = count;
	latency->mean = sum / (double)count;
	for (size_t i = 0; i < count; i++)
		squares += (us[i] - latency->mean) * (us[i] - latency->mean);
	latency->variation = latency->mean > 0 ? 100 * sqrt(squares / (double)count) / latency->mean : 0;
	latency->min = us[0];
	latency->max = us[count - 1];
	latency->p50 = percentile(us, count, 50);
	latency->p90 = percentile(us, count, 90);
	latency->p99 = percentile(us, count, 99);
}
