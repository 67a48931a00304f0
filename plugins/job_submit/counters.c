/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "job_submit/counters.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* Buckets grow by 1/16 of a power of two: 16 linear steps in each octave of nanoseconds. */
#define STEPS 16
#define OCTAVES 40
#define BUCKETS (OCTAVES * STEPS)

static atomic_uint_least64_t verdicts[3]; /* refused, not ours, granted */
static atomic_uint_least64_t histogram[BUCKETS];

uint64_t fb_counters_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static size_t bucket_of(uint64_t nanoseconds)
{
	if (nanoseconds < STEPS)
		return (size_t)nanoseconds;
	unsigned octave = 63u - (unsigned)__builtin_clzll(nanoseconds); /* at least 4 */
	size_t bucket = (octave - 3) * STEPS + ((nanoseconds >> (octave - 4)) & (STEPS - 1));

	return bucket < BUCKETS ? bucket : BUCKETS - 1;
}

/* The upper end of a bucket, in nanoseconds. */
static double bucket_end(size_t bucket)
{
	if (bucket < STEPS)
		return (double)bucket + 1;
	unsigned octave = (unsigned)(bucket / STEPS) + 3;

	return (double)((uint64_t)(STEPS + bucket % STEPS + 1) << (octave - 4));
}

void fb_counters_add(enum fb_verdict verdict, uint64_t nanoseconds)
{
	atomic_fetch_add_explicit(&verdicts[verdict + 1], 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&histogram[bucket_of(nanoseconds)], 1, memory_order_relaxed);
}

uint64_t fb_counters_total(void)
{
	uint64_t total = 0;

	for (size_t i = 0; i < 3; i++)
		total += atomic_load_explicit(&verdicts[i], memory_order_relaxed);
	return total;
}

static double quantile(double q)
{
	uint64_t count[BUCKETS], total = 0, seen = 0;

	for (size_t i = 0; i < BUCKETS; i++)
		total += count[i] = atomic_load_explicit(&histogram[i], memory_order_relaxed);
	for (size_t i = 0; total && i < BUCKETS; i++) {
		seen += count[i];
		if ((double)seen >= q * (double)total)
			return bucket_end(i) / 1000;
	}
	return 0;
}

int fb_counters_format(char *text, size_t size, size_t broken_now, uint64_t load_failures)
{
	memset(text, 0, size);
	return snprintf(text, size,
			"{\"granted\":%" PRIuLEAST64 ",\"refused\":%" PRIuLEAST64 ",\"not_ours\":%" PRIuLEAST64
			",\"settings_broken\":%zu,\"settings_failures\":%" PRIu64
			",\"decision_us\":{\"p50\":%.3f,\"p90\":%.3f,\"p99\":%.3f,\"max\":%.3f}}\n",
			atomic_load(&verdicts[2]), atomic_load(&verdicts[0]), atomic_load(&verdicts[1]), broken_now,
			load_failures, quantile(0.5), quantile(0.9), quantile(0.99), quantile(1));
}
