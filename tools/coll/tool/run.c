/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "coll/tool/run.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "coll/clock.h"
#include "coll/tool/values.h"
#include "common/number.h"

#define ALIGNMENT 4096
#define ELEMENT_MAX 8 /* bytes of the largest type */

/* What one measurement works on. */
struct job {
	const struct fb_backend *backend;
	const struct fb_world *world;
	const struct fb_params *params;
	const void *send; /* recv where in place */
	void *input, *recv;
	size_t count;
	fb_coll_type_t type;
	fb_coll_op_t op;
	double *times;
	int64_t clock_cost; /* ns */
	int iters;
};

/* ns over all timed iterations. */
struct spent {
	int64_t time, cpu;
};

double fb_bus_bandwidth(double algbw, int ranks)
{
	return algbw * 2.0 * (ranks - 1) / ranks;
}

/* MemAvailable of the node, or 0 where it is not told. */
static uint64_t available_memory(void)
{
	FILE *file = fopen("/proc/meminfo", "re");
	char line[128], *number;
	struct fb_err err;
	int64_t kib = 0;

	while (file && fgets(line, sizeof(line), file)) {
		if (strncmp(line, "MemAvailable:", 13) != 0)
			continue;
		number = line + 13 + strspn(line + 13, " ");
		number[strcspn(number, " \n")] = '\0';
		if (fb_number_parse(number, 0, INT64_MAX >> 10, &kib, &err))
			kib = 0;
	}
	if (file)
		fclose(file);
	return (uint64_t)kib << 10;
}

static int fits(const struct fb_world *world, size_t bytes, struct fb_err *err)
{
	uint64_t available = available_memory(), ranks = (uint64_t)world->local_size;

	if (!available || bytes <= available / 2 / ranks)
		return 0;
	return fb_err_set(err,
			  "size %zu: host %s has %llu MiB of memory available, its %d ranks need two buffers of that size each; "
			  "choose a smaller --maxbytes",
			  bytes, world->host, (unsigned long long)(available >> 20), world->local_size);
}

static bool theirs(const struct fb_backend *backend, const struct fb_params *params)
{
	return params->library_memory || backend->load;
}

static int allocate(const struct fb_world *world, const struct fb_params *params, bool own, struct fb_buffers *b, struct fb_err *err)
{
	size_t bytes = params->max_bytes, rounded = ((bytes + params->unalign * ELEMENT_MAX) / ALIGNMENT + 1) * ALIGNMENT;

	if (fits(world, bytes, err))
		return -1;
	if (fb_params_keeps_times(params))
		b->times = calloc((size_t)params->iters, sizeof(*b->times));
	if (own) {
		b->send = aligned_alloc(ALIGNMENT, rounded);
		b->recv = aligned_alloc(ALIGNMENT, rounded);
	}
	if ((own && (!b->send || !b->recv)) || (fb_params_keeps_times(params) && !b->times))
		return fb_err_set(err, "size %zu: rank %d on %s cannot allocate two buffers of it", bytes, world->rank, world->host);
	if (b->send) {
		memset(b->send, 0, rounded);
		memset(b->recv, 0, rounded);
	}
	return 0;
}

/* The library's, when all ranks know that there is room. */
static int allocate_there(const struct fb_backend *backend, size_t bytes, struct fb_buffers *b, struct fb_err *err)
{
	if (!backend->allocate)
		return fb_err_set(err, "option '--memory': backend '%s' gives out no memory; use own", backend->name);
	if (backend->allocate(bytes, &b->send, err))
		return -1;
	if (backend->allocate(bytes, &b->recv, err)) {
		backend->release(b->send);
		return -1;
	}
	memset(b->send, 0, bytes);
	memset(b->recv, 0, bytes);
	return 0;
}

static void free_own(struct fb_buffers *b)
{
	free(b->send);
	free(b->recv);
	free(b->times);
}

int fb_buffers_create(const struct fb_backend *backend, const struct fb_world *world, const struct fb_params *params,
		      struct fb_buffers *buffers, struct fb_err *err)
{
	struct fb_buffers b = { .send = NULL };
	int64_t failures = allocate(world, params, !theirs(backend, params), &b, err) ? 1 : 0;
	bool here = failures;
	struct fb_err why;

	/* One rank without memory would leave the others waiting. */
	if (backend->allreduce(&failures, &failures, 1, FB_COLL_INT64, FB_COLL_SUM, &why)) {
		*err = why;
		failures = 1;
	} else if (failures && !here) {
		fb_err_set(err, "size %zu: there is no memory for it on %lld of %d ranks", params->max_bytes, (long long)failures,
			   world->size);
	}
	if (failures) {
		free_own(&b);
		return -1;
	}
	if (theirs(backend, params) &&
	    allocate_there(backend, params->max_bytes + params->unalign * ELEMENT_MAX + ALIGNMENT, &b, err)) {
		free(b.times);
		return -1;
	}
	*buffers = b;
	return 0;
}

void fb_buffers_destroy(const struct fb_backend *backend, const struct fb_params *params, struct fb_buffers *buffers)
{
	if (theirs(backend, params) && buffers->send) {
		backend->release(buffers->send);
		backend->release(buffers->recv);
		buffers->send = buffers->recv = NULL;
	}
	free_own(buffers);
	*buffers = (struct fb_buffers){ .send = NULL };
}

static int once(const struct job *job, struct fb_err *err)
{
	return job->backend->allreduce(job->send, job->recv, job->count, job->type, job->op, err);
}

static size_t job_bytes(const struct job *job)
{
	return job->count * fb_coll_type_size(job->type);
}

static int load(const struct job *job, const void *memory, struct fb_err *err)
{
	return job->backend->load ? job->backend->load(memory, job_bytes(job), err) : 0;
}

static int refill(const struct job *job, uint64_t iteration, struct fb_err *err)
{
	fb_values_fill(job->input, job->count, job->type, job->op, job->world->rank, iteration);
	return load(job, job->input, err);
}

static int64_t cpu_ns(const struct job *job)
{
	struct timespec t;

	if (!job->params->cpu_time || clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t))
		return 0;
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* The allreduces of one iteration, and the barriers that its time includes. */
static int iterate(const struct job *job, struct fb_err *err)
{
	for (int i = 0; i < job->params->agg_iters; i++)
		if (once(job, err) || (job->params->blocking == 1 && job->backend->barrier(err)))
			return -1;
	return 0;
}

/* What a look at the clock takes, the least of many: a call on a few bytes takes little more. */
static int64_t clock_cost(void)
{
	int64_t least = INT64_MAX, before = fb_clock_ns();

	for (int i = 0; i < 1000; i++) {
		int64_t now = fb_clock_ns();
		if (now - before < least)
			least = now - before;
		before = now;
	}
	return least;
}

/* One iteration, timed by itself. */
static int iterate_timed(const struct job *job, int i, struct spent *spent, struct fb_err *err)
{
	int64_t cpu = cpu_ns(job), begin = fb_clock_ns();

	if (iterate(job, err))
		return -1;
	int64_t took = fb_clock_ns() - begin;
	took = took > job->clock_cost ? took - job->clock_cost : 0;
	spent->time += took;
	spent->cpu += cpu_ns(job) - cpu;
	if (job->times)
		job->times[i] = (double)took / 1e3 / job->params->agg_iters;
	return 0;
}

/* Inputs rewritten before each iteration: the caches hold what a training step leaves, not a result of the last call. */
static int time_dirty(const struct job *job, struct spent *spent, struct fb_err *err)
{
	for (int i = 0; i < job->iters; i++) {
		if (refill(job, (uint64_t)i + 1000, err) || job->backend->barrier(err) || iterate_timed(job, i, spent, err))
			return -1;
	}
	return 0;
}

/* nccl-tests' loop: back to back on the same buffers. Two readings of the clock for each iteration only where they are needed. */
static int time_clean(const struct job *job, struct spent *spent, struct fb_err *err)
{
	if (refill(job, 1000, err) || job->backend->barrier(err))
		return -1;
	if (job->times || job->params->blocking == 3) {
		for (int i = 0; i < job->iters; i++)
			if (iterate_timed(job, i, spent, err) || (job->params->blocking == 3 && job->backend->barrier(err)))
				return -1;
		return 0;
	}
	int64_t cpu = cpu_ns(job), begin = fb_clock_ns();
	for (int i = 0; i < job->iters; i++)
		if (iterate(job, err))
			return -1;
	spent->time = fb_clock_ns() - begin;
	spent->cpu = cpu_ns(job) - cpu;
	return 0;
}

/* Of values that each rank has, over the ranks as --average says. */
static int average(const struct job *job, double *values, size_t count, struct fb_err *err)
{
	static const fb_coll_op_t ops[] = {
		[FB_AVERAGE_RANK0] = FB_COLL_SUM, [FB_AVERAGE_MEAN] = FB_COLL_AVG,
		[FB_AVERAGE_MIN] = FB_COLL_MIN, [FB_AVERAGE_MAX] = FB_COLL_MAX,
	};

	if (job->params->average == FB_AVERAGE_RANK0 && job->world->rank)
		memset(values, 0, count * sizeof(*values));
	return job->backend->allreduce(values, values, count, FB_COLL_FLOAT64, ops[job->params->average], err);
}

static int summarize(const struct job *job, struct fb_latency *latency, struct fb_err *err)
{
	size_t count = (size_t)job->iters, skip = (size_t)job->params->per_iter_skip;

	if (average(job, job->times, count, err))
		return -1;
	fb_latency_summarize(job->times + skip, count - skip, latency);
	return 0;
}

/* New inputs, and outputs that hold nothing of a result. */
static int prepare(const struct job *job, uint64_t iteration, struct fb_err *err)
{
	if (job->input != job->recv) {
		memset(job->recv, 0xa5, job_bytes(job));
		if (load(job, job->recv, err))
			return -1;
	}
	return refill(job, iteration, err);
}

static int check(const struct job *job, int64_t *wrong, struct fb_err *err)
{
	int64_t found = 0;

	for (int i = 0; i < job->params->check; i++) {
		if (prepare(job, (uint64_t)i + 1, err) || once(job, err) ||
		    (job->backend->fetch && job->backend->fetch(job->recv, job_bytes(job), err)))
			return -1;
		found += (int64_t)fb_values_check(job->recv, job->count, job->type, job->op, job->world->size, (uint64_t)i + 1);
	}
	int64_t all = found;
	if (job->backend->allreduce(&all, &all, 1, FB_COLL_INT64, FB_COLL_SUM, err))
		return -1;
	/* Where the sum itself is wrong, this rank still knows what it found. */
	*wrong = !job->params->check ? -1 : all > found ? all : found;
	return 0;
}

/* How many iterations fit, by the slowest rank's time for one with all that goes with it. */
static int fit_iters(struct job *job, struct fb_err *err)
{
	int64_t begin = fb_clock_ns();
	struct spent spent = { 0, 0 };
	double took;

	if (refill(job, 1, err) || job->backend->barrier(err) || iterate_timed(job, 0, &spent, err))
		return -1;
	took = (double)(fb_clock_ns() - begin) / 1e9;
	if (job->backend->allreduce(&took, &took, 1, FB_COLL_FLOAT64, FB_COLL_MAX, err))
		return -1;
	/* A row is measured in two places. */
	double fit = took > 0 ? job->params->seconds / 2 / took : job->params->iters;
	job->iters = fit < 1 ? 1 : fit < job->params->iters ? (int)fit : job->params->iters;
	return 0;
}

static int measure(struct job *job, struct fb_timing *timing, struct fb_err *err)
{
	struct spent spent = { 0, 0 };

	if (refill(job, 0, err))
		return -1;
	for (int i = 0; i < job->params->warmup_iters; i++)
		if (once(job, err))
			return -1;
	if (job->params->seconds > 0 && fit_iters(job, err))
		return -1;
	if (job->params->clean ? time_clean(job, &spent, err) : time_dirty(job, &spent, err))
		return -1;
	double calls = (double)job->iters * job->params->agg_iters;
	double seconds[] = { (double)spent.time / 1e9 / calls, (double)spent.cpu / 1e9 / calls };
	if (average(job, seconds, 2, err) || (job->times && summarize(job, &timing->latency, err)) ||
	    check(job, &timing->wrong, err))
		return -1;
	double bytes = (double)job_bytes(job);
	timing->time_us = seconds[0] * 1e6;
	timing->cpu_us = seconds[1] * 1e6;
	timing->algbw = seconds[0] > 0 ? bytes / 1e9 / seconds[0] : 0;
	timing->busbw = fb_bus_bandwidth(timing->algbw, job->world->size);
	return 0;
}

int fb_row_measure(const struct fb_backend *backend, const struct fb_world *world, const struct fb_params *params,
		   const struct fb_buffers *buffers, struct fb_row *row, struct fb_err *err)
{
	size_t element = fb_coll_type_size(row->type), offset = params->unalign * element;
	struct job job = {
		.backend = backend, .world = world, .params = params, .type = row->type, .op = row->op, .times = buffers->times,
		.clock_cost = clock_cost(), .iters = params->iters,
		.input = (char *)buffers->send + offset, .recv = (char *)buffers->recv + offset,
	};

	job.count = row->bytes / element;
	job.send = job.input;
	row->count = job.count;
	row->bytes = job.count * element;
	if (measure(&job, &row->out_of_place, err))
		return -1;
	job.send = job.input = job.recv;
	return measure(&job, &row->in_place, err);
}
