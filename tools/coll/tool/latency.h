/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Percentiles and histogram of the times of single iterations. */
#ifndef FB_ALLREDUCE_LATENCY_H
#define FB_ALLREDUCE_LATENCY_H

#include <stddef.h>
#include <stdint.h>

/* Buckets by 1, 2, 5, 10 ...: [0, 0.1) us, [0.1, 0.2) us ... [50, 100) s, [100 s, infinity) */
#define FB_LATENCY_BUCKETS 29

struct fb_latency {
	size_t count;
	double min, mean, p50, p90, p99, max; /* us; percentiles by nearest rank, as nccl-tests */
	double variation;		      /* standard deviation in percent of the mean */
	uint64_t bucket[FB_LATENCY_BUCKETS];
};

/* us[count], count > 0, which are sorted. */
void fb_latency_summarize(double *us, size_t count, struct fb_latency *latency);

/* The bucket that a time falls into, and where a bucket begins and ends (INFINITY: the last). */
size_t fb_latency_bucket(double us);
void fb_latency_edges(size_t bucket, double *from, double *to);

#endif
