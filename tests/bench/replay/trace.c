/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Traces: reading one, and drawing others like it. */
#include <inttypes.h>
#include <stdlib.h>

#include "replay.h"

static int job_add(struct trace *trace, size_t *room, const struct trace_job *job)
{
	if (trace->jobs == *room) {
		size_t more = *room ? *room * 2 : 4096;
		struct trace_job *at = realloc(trace->job, more * sizeof(*at));

		if (!at)
			return -1;
		trace->job = at;
		*room = more;
	}
	trace->job[trace->jobs++] = *job;
	return 0;
}

int trace_read(struct trace *trace, FILE *file)
{
	char line[256];
	size_t room = 0;

	*trace = (struct trace){ 0 };
	while (fgets(line, sizeof(line), file)) {
		struct trace_job job;
		char *end = line;

		if (line[0] == '#')
			continue;
		job.submit = strtod(end, &end);
		job.duration = *end == ',' ? strtod(end + 1, &end) : 0;
		job.gpus = *end == ',' ? (uint32_t)strtoul(end + 1, &end, 10) : 0;
		if (job.duration <= 0 || !job.gpus || job.gpus > REPLAY_JOB_GPUS_MAX || job_add(trace, &room, &job))
			goto error;
	}
	if (trace->jobs)
		return 0;
error:
	trace_free(trace);
	return -1;
}

void trace_free(struct trace *trace)
{
	free(trace->job);
	*trace = (struct trace){ 0 };
}

static uint64_t draw(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed >> 11;
}

int trace_draw(const struct trace *from, uint64_t seed, size_t count, unsigned int gpus, double load, struct trace *trace)
{
	double work = 0, stretch;

	trace->jobs = count && count < from->jobs ? count : from->jobs;
	trace->job = malloc(trace->jobs * sizeof(*trace->job));
	if (!trace->job)
		return -1;
	seed = seed * 0x9e3779b97f4a7c15u + 88172645463325252u;
	for (size_t i = 0; i < trace->jobs; i++) {
		const struct trace_job *like = &from->job[draw(&seed) % from->jobs];

		trace->job[i] = (struct trace_job){ from->job[i].submit, like->duration, like->gpus };
		work += like->duration * like->gpus;
	}
	stretch = work / (load * gpus) / trace->job[trace->jobs - 1].submit;
	for (size_t i = 0; i < trace->jobs; i++)
		trace->job[i].submit *= stretch;
	return 0;
}
