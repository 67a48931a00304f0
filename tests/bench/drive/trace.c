/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "trace.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define LINES_MAX 10000000
#define FILL 1.15 /* so much of the cluster's GPUs is asked for before the first arrival, so that it is full */
#define ROUNDS 60 /* of the search for the factor: beyond what a double holds */

struct line {
	double at, duration;
	unsigned int gpus;
};

struct lines {
	size_t count;
	struct line *line;
};

uint64_t drive_random(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545F4914F6CDD1DULL;
}

double drive_random_unit(uint64_t *state)
{
	return (double)(drive_random(state) >> 11) * 0x1p-53;
}

static int line_read(const char *text, struct line *line)
{
	char end;

	if (sscanf(text, "%lf,%lf,%u%c", &line->at, &line->duration, &line->gpus, &end) != 4 || end != '\n' || !line->gpus ||
	    line->gpus > 100000 || !(line->at >= 0) || !(line->duration >= 0) || line->at > 1e10 || line->duration > 1e9)
		return -1;
	return 0;
}

static int lines_read(struct lines *lines, const char *path, struct fb_err *err)
{
	FILE *file = fopen(path, "r");
	char *text = NULL;
	size_t size = 0, number = 0;
	int rc = file ? 0 : fb_err_set(err, "%s: %m", path);

	while (!rc && getline(&text, &size, file) > 0) {
		struct line line;

		number++;
		if (text[0] == '#')
			continue;
		if (line_read(text, &line) || number > LINES_MAX) {
			rc = fb_err_set(err, "%s:%zu: not a line SECONDS,SECONDS,GPUS", path, number);
			break;
		}
		if (!(lines->count & (lines->count - 1)) || !lines->count) {
			struct line *grown = realloc(lines->line, (lines->count ? lines->count * 2 : 1) * sizeof(*grown));

			if (!grown) {
				rc = fb_err_set(err, "out of memory");
				break;
			}
			lines->line = grown;
		}
		lines->line[lines->count++] = line;
	}
	free(text);
	if (file)
		fclose(file);
	return rc;
}

static struct drive_job shaped(const struct line *line, const struct drive_shape *shape)
{
	struct drive_job job = { .duration = fmax(line->duration, 1), .gpus = line->gpus, .nodes = 1 };

	if (line->gpus == 1)
		job.duration *= shape->thin;
	if (line->gpus > shape->node_gpus) {
		job.nodes = (line->gpus + shape->node_gpus - 1) / shape->node_gpus;
		if (job.nodes > shape->nodes_max)
			job.nodes = shape->nodes_max;
		job.gpus = job.nodes * shape->node_gpus;
	}
	return job;
}

/* Leaves one in thin of the jobs of one GPU. */
static void lines_thin(struct lines *lines, unsigned int thin)
{
	size_t kept = 0, ones = 0;

	for (size_t l = 0; l < lines->count; l++)
		if (lines->line[l].gpus != 1 || !(ones++ % thin))
			lines->line[kept++] = lines->line[l];
	lines->count = kept;
}

static int slice(struct drive_trace *trace, const struct lines *lines, const struct drive_shape *shape, uint64_t *random,
		 struct fb_err *err)
{
	double at = 0;
	size_t first;

	if (!(trace->job = calloc(shape->jobs + 1, sizeof(trace->job[0]))))
		return fb_err_set(err, "out of memory");
	if (lines->count < shape->jobs + 2)
		return fb_err_set(err, "the trace has only %zu jobs", lines->count);
	first = drive_random(random) % (lines->count - shape->jobs - 1);
	for (size_t j = 0; j < shape->jobs; j++) {
		at += (lines->line[first + j + 1].at - lines->line[first + j].at) * (0.9 + 0.2 * drive_random_unit(random));
		trace->job[j] = shaped(&lines->line[first + j], shape);
		trace->job[j].submit = at;
	}
	trace->jobs = shape->jobs;
	return 0;
}

/* A job that runs at some moment: the longer, the likelier. sum[l]: durations of the lines before l. */
static struct drive_job draw(const struct lines *lines, const double *sum, const struct drive_shape *shape, uint64_t *random)
{
	double at = drive_random_unit(random) * sum[lines->count];
	size_t low = 0, high = lines->count;

	while (high - low > 1) {
		size_t middle = (low + high) / 2;

		if (sum[middle] <= at)
			low = middle;
		else
			high = middle;
	}
	struct drive_job job = shaped(&lines->line[low], shape);

	job.duration *= drive_random_unit(random);
	return job;
}

static int standing(struct drive_trace *trace, const struct lines *lines, const struct drive_shape *shape, uint64_t *random,
		    struct fb_err *err)
{
	double stay = shape->load * shape->cluster_gpus, leave = (FILL - shape->load) * shape->cluster_gpus;
	size_t room = (size_t)(shape->cluster_gpus * FILL) + shape->node_gpus;
	double *sum = calloc(lines->count + 1, sizeof(*sum));

	trace->there = calloc(room, sizeof(trace->there[0]));
	if (!sum || !trace->there) {
		free(sum);
		return fb_err_set(err, "out of memory");
	}
	for (size_t l = 0; l < lines->count; l++)
		sum[l + 1] = sum[l] + shaped(&lines->line[l], shape).duration;
	while (stay + leave >= 1 && trace->standing < room) {
		struct drive_there there = { draw(lines, sum, shape, random), drive_random_unit(random) * (stay + leave) >= stay };
		double *left = there.leaves ? &leave : &stay;

		/* The last one may be too large. */
		if (there.job.gpus > *left) {
			there.job.gpus = *left < shape->node_gpus ? (unsigned int)*left : shape->node_gpus;
			there.job.nodes = 1;
		}
		*left -= there.job.gpus;
		if (*left < 1)
			*left = 0;
		if (there.job.gpus)
			trace->there[trace->standing++] = there;
	}
	free(sum);
	return 0;
}

/* GPU time between 0 and the last arrival, with the gaps times factor, less the part of it that is wanted. */
static double excess(const struct drive_trace *trace, const struct drive_shape *shape, double factor)
{
	double end = trace->job[trace->jobs - 1].submit * factor, used = 0;

	for (size_t j = 0; j < trace->standing; j++)
		if (!trace->there[j].leaves)
			used += trace->there[j].job.gpus * fmin(trace->there[j].job.duration, end);
	for (size_t j = 0; j < trace->jobs; j++)
		used += trace->job[j].gpus * fmin(trace->job[j].duration, end - trace->job[j].submit * factor);
	return used - shape->load * shape->cluster_gpus * end;
}

static int stretch(struct drive_trace *trace, const struct drive_shape *shape, struct fb_err *err)
{
	double low = 1e-6, high = 1e6;

	if (trace->job[trace->jobs - 1].submit <= 0 || excess(trace, shape, high) > 0)
		return fb_err_set(err, "no stretch of the slice gives the load");
	for (int round = 0; round < ROUNDS; round++) {
		double middle = sqrt(low * high);

		if (excess(trace, shape, middle) > 0)
			low = middle;
		else
			high = middle;
	}
	for (size_t j = 0; j < trace->jobs; j++)
		trace->job[j].submit *= high;
	return 0;
}

int drive_trace_load(struct drive_trace *trace, const char *path, const struct drive_shape *shape, struct fb_err *err)
{
	struct lines lines = { 0 };
	uint64_t random = shape->seed * 0x9E3779B97F4A7C15ULL + 1;
	int rc;

	*trace = (struct drive_trace){ 0 };
	rc = lines_read(&lines, path, err);
	if (!rc && !lines.count)
		rc = fb_err_set(err, "%s: no jobs", path);
	if (!rc) {
		lines_thin(&lines, shape->thin);
		drive_random(&random);
		rc = slice(trace, &lines, shape, &random, err);
		if (!rc && !shape->idle)
			rc = standing(trace, &lines, shape, &random, err);
		if (!rc)
			rc = stretch(trace, shape, err);
	}
	free(lines.line);
	return rc;
}

void drive_trace_free(struct drive_trace *trace)
{
	free(trace->job);
	free(trace->there);
	*trace = (struct drive_trace){ 0 };
}
