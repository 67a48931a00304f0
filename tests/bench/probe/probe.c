/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench-probe distance: nanoseconds of a round trip of one cache line between the first two cores that this process may use.
 * bench-probe triad: GB/s of McCalpin's STREAM triad (a = b + s * c, 24 bytes an element) on those two cores.
 * Both print one number: the best of several trials.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TRIPS 20000
#define TRIALS 7
#define ELEMENTS ((size_t)16 << 20) /* 128 MiB an array, beyond every cache */

static int cores[2];
static _Alignas(128) _Atomic uint32_t ball;
static double *a, *b, *c;
static pthread_barrier_t meet;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int find_cores(void)
{
	cpu_set_t set;
	int found = 0;

	if (sched_getaffinity(0, sizeof(set), &set))
		return -1;
	for (int i = 0; i < CPU_SETSIZE && found < 2; i++)
		if (CPU_ISSET(i, &set))
			cores[found++] = i;
	return found == 2 ? 0 : -1;
}

static void settle(int which)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cores[which], &set);
	if (pthread_setaffinity_np(pthread_self(), sizeof(set), &set))
		exit(1);
	pthread_barrier_wait(&meet);
}

/* Each waits for its turn; the other one's core may be taken by somebody else for a while, so it lets go now and then. */
static double play(int which)
{
	double begin = now();

	for (uint32_t i = 0; i < TRIPS; i++) {
		for (int looks = 0; atomic_load_explicit(&ball, memory_order_acquire) != 2 * i + (uint32_t)which; looks++)
			if (looks > 100000)
				sched_yield();
		atomic_store_explicit(&ball, 2 * i + (uint32_t)which + 1, memory_order_release);
	}
	return (now() - begin) / TRIPS;
}

static double triad(int which)
{
	const size_t first = which ? ELEMENTS / 2 : 0, end = which ? ELEMENTS : ELEMENTS / 2;
	double begin = now();

	for (size_t i = first; i < end; i++)
		a[i] = b[i] + 3.0 * c[i];
	pthread_barrier_wait(&meet);
	return 24.0 * (double)ELEMENTS / (now() - begin);
}

struct job {
	int which;
	double (*trial)(int which);
	double best; /* least or greatest */
	int greatest;
};

static void *work(void *argument)
{
	struct job *job = argument;

	settle(job->which);
	for (int i = 0; i < TRIALS; i++) {
		pthread_barrier_wait(&meet);
		if (!job->which)
			atomic_store(&ball, 0);
		pthread_barrier_wait(&meet);
		const double got = job->trial(job->which);
		if (!i || (job->greatest ? got > job->best : got < job->best))
			job->best = got;
	}
	return NULL;
}

static int make_arrays(void)
{
	double **arrays[] = { &a, &b, &c };

	for (size_t i = 0; i < 3; i++) {
		*arrays[i] = aligned_alloc(4096, ELEMENTS * sizeof(double));
		if (!*arrays[i])
			return -1;
		memset(*arrays[i], 0, ELEMENTS * sizeof(double));
	}
	return 0;
}

int main(int argc, char **argv)
{
	const int streams = argc == 2 && !strcmp(argv[1], "triad");
	struct job jobs[2] = { { 0, streams ? triad : play, 0, streams }, { 1, streams ? triad : play, 0, streams } };
	pthread_t other;

	if (argc != 2 || (!streams && strcmp(argv[1], "distance") != 0)) {
		fprintf(stderr, "usage: bench-probe distance|triad\n");
		return 2;
	}
	if (find_cores() || (streams && make_arrays()) || pthread_barrier_init(&meet, NULL, 2) ||
	    pthread_create(&other, NULL, work, &jobs[1])) {
		fprintf(stderr, "bench-probe: there are not two cores, or there is no memory\n");
		return 1;
	}
	work(&jobs[0]);
	pthread_join(other, NULL);
	printf("%.1f\n", jobs[0].best);
	return 0;
}
