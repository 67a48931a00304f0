/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The queue in virtual time, and what is measured of it. */
#include <stdlib.h>
#include <string.h>

#include "replay.h"

#define DEPTH 100 /* jobs behind the first that backfill looks at */
#define HOUR 3600.0

struct running {
	double end;
	uint32_t gpus;
	struct placed placed;
};

struct sim {
	const struct cluster *cluster;
	const struct trace *trace;
	enum rule rule;
	struct rule_room room;
	fb_gpuset idle[REPLAY_NODES_MAX];
	double now, sampled;
	struct running *running; /* by end, the earliest last */
	size_t runs;
	uint32_t *queue; /* jobs that wait, in order */
	size_t queued, next;
	double possible[REPLAY_JOB_GPUS_MAX + 1], got, could, samples;
	double *wait;
	struct result *result;
};

static void idle_take(fb_gpuset *idle, const struct placed *placed, bool back)
{
	for (size_t i = 0; i < placed->places; i++) {
		fb_gpuset *at = &idle[placed->place[i].node];

		*at = (fb_gpuset)(back ? *at | placed->place[i].gpus : *at & ~placed->place[i].gpus);
	}
}

static double placed_gbps(const struct cluster *cluster, const struct placed *placed)
{
	struct fb_engine_held held[REPLAY_JOB_NODES_MAX];

	for (size_t i = 0; i < placed->places; i++) {
		uint32_t n = placed->place[i].node;

		held[i] = (struct fb_engine_held){ cluster->type[cluster->type_of[n]], placed->place[i].gpus,
						   cluster->group_of[n], cluster->net[cluster->type_of[n]] };
	}
	return fb_engine_held_gbps(&cluster->fabric, held, placed->places);
}

/* What the cluster could give this size when it is idle. */
static double possible_gbps(struct sim *sim, uint32_t gpus)
{
	fb_gpuset idle[REPLAY_NODES_MAX];
	struct placed placed;

	memset(idle, 0xff, sizeof(idle));
	for (size_t n = 0; n < sim->cluster->nodes; n++)
		idle[n] = 0xff;
	if (sim->possible[gpus] <= 0 && rule_place(&sim->room, RULE_VALUE, idle, gpus, &placed))
		sim->possible[gpus] = placed_gbps(sim->cluster, &placed);
	return sim->possible[gpus];
}

static bool in_islands(const struct cluster *cluster, const struct placed *placed)
{
	for (size_t i = 0; i < placed->places; i++)
		if (!fb_engine_p2p(cluster->type[cluster->type_of[placed->place[i].node]], placed->place[i].gpus))
			return false;
	return true;
}

static bool in_one_group(const struct cluster *cluster, const struct placed *placed)
{
	for (size_t i = 1; i < placed->places; i++)
		if (cluster->group_of[placed->place[i].node] != cluster->group_of[placed->place[0].node])
			return false;
	return true;
}

static void start_measure(struct sim *sim, const struct trace_job *job, const struct placed *placed)
{
	struct result *r = sim->result;
	double work = job->gpus * job->duration;

	if (job->gpus < 2)
		return;
	sim->could += work;
	sim->got += work * placed_gbps(sim->cluster, placed) / possible_gbps(sim, job->gpus);
	if (placed->places > 1) {
		r->multi++;
		r->multi_one_group += in_one_group(sim->cluster, placed);
		return;
	}
	bool free_island = cluster_island_free(sim->cluster, sim->idle, job->gpus);
	bool island = in_islands(sim->cluster, placed);
	r->small++;
	r->small_island += island;
	r->small_free += free_island;
	r->small_free_island += island && free_island;
}

static void job_start(struct sim *sim, uint32_t index, const struct placed *placed)
{
	const struct trace_job *job = &sim->trace->job[index];
	struct running run = { sim->now + job->duration, job->gpus, *placed };
	size_t at = sim->runs;

	start_measure(sim, job, placed);
	sim->wait[index] = sim->now - job->submit;
	idle_take(sim->idle, placed, false);
	for (; at > 0 && sim->running[at - 1].end < run.end; at--)
		;
	memmove(&sim->running[at + 1], &sim->running[at], (sim->runs - at) * sizeof(run));
	sim->running[at] = run;
	sim->runs++;
}

/* When the first job of the queue can start at the latest, and what is idle then. */
static double shadow_find(const struct sim *sim, uint32_t gpus, fb_gpuset *idle)
{
	memcpy(idle, sim->idle, sizeof(sim->idle));
	for (size_t i = sim->runs; i-- > 0;) {
		idle_take(idle, &sim->running[i].placed, true);
		if (cluster_fits(sim->cluster, idle, gpus))
			return sim->running[i].end;
	}
	return sim->now;
}

static void queue_remove(struct sim *sim, size_t at)
{
	memmove(&sim->queue[at], &sim->queue[at + 1], (sim->queued - at - 1) * sizeof(sim->queue[0]));
	sim->queued--;
}

/* Jobs behind the first that end before it can start, or leave it room. */
static void backfill(struct sim *sim)
{
	fb_gpuset later[REPLAY_NODES_MAX], without[REPLAY_NODES_MAX];
	uint32_t first = sim->trace->job[sim->queue[0]].gpus;
	double shadow = shadow_find(sim, first, later);
	bool failed[REPLAY_JOB_GPUS_MAX + 1] = { 0 };

	for (size_t q = 1; q < sim->queued && q <= DEPTH;) {
		const struct trace_job *job = &sim->trace->job[sim->queue[q]];
		struct placed placed;

		if (failed[job->gpus] || !cluster_fits(sim->cluster, sim->idle, job->gpus) ||
		    !rule_place(&sim->room, sim->rule, sim->idle, job->gpus, &placed)) {
			failed[job->gpus] = true;
			q++;
			continue;
		}
		memcpy(without, later, sizeof(later));
		idle_take(without, &placed, false);
		if (sim->now + job->duration > shadow) {
			if (!cluster_fits(sim->cluster, without, first)) {
				q++;
				continue;
			}
			memcpy(later, without, sizeof(later));
		}
		job_start(sim, sim->queue[q], &placed);
		queue_remove(sim, q);
	}
}

static void schedule(struct sim *sim)
{
	struct placed placed;

	while (sim->queued) {
		uint32_t gpus = sim->trace->job[sim->queue[0]].gpus;

		if (!cluster_fits(sim->cluster, sim->idle, gpus) ||
		    !rule_place(&sim->room, sim->rule, sim->idle, gpus, &placed))
			break;
		job_start(sim, sim->queue[0], &placed);
		queue_remove(sim, 0);
	}
	if (sim->queued > 1)
		backfill(sim);
}

/* Islands that are wholly idle, and GPUs in use, once an hour while jobs still come. */
static void sample(struct sim *sim)
{
	fb_gpuset islands[FB_ENGINE_GPUS_MAX];
	double all = 0, whole = 0, used = 0;

	for (size_t n = 0; n < sim->cluster->nodes; n++) {
		unsigned int count = fb_engine_islands(sim->cluster->type[sim->cluster->type_of[n]], FB_LINK_PXB, islands);

		all += count;
		used += 8 - __builtin_popcount(sim->idle[n]);
		for (unsigned int i = 0; i < count; i++)
			whole += (islands[i] & sim->idle[n]) == islands[i];
	}
	sim->result->intact += whole / all;
	sim->result->used += used / cluster_gpus(sim->cluster);
	sim->samples++;
}

static void advance(struct sim *sim)
{
	double arrival = sim->next < sim->trace->jobs ? sim->trace->job[sim->next].submit : 1e18;
	double end = sim->runs ? sim->running[sim->runs - 1].end : 1e18;
	double next = arrival < end ? arrival : end;

	for (; sim->next < sim->trace->jobs && sim->sampled < next; sim->sampled += HOUR)
		sample(sim);
	sim->now = next;
	while (sim->runs && sim->running[sim->runs - 1].end <= sim->now)
		idle_take(sim->idle, &sim->running[--sim->runs].placed, true);
	while (sim->next < sim->trace->jobs && sim->trace->job[sim->next].submit <= sim->now)
		sim->queue[sim->queued++] = (uint32_t)sim->next++;
}

static int ascending(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void waits_measure(struct sim *sim)
{
	double *sorted = malloc(sim->trace->jobs * sizeof(*sorted));

	for (int c = 0; sorted && c < SIZES; c++) {
		size_t count = 0;

		for (size_t j = 0; j < sim->trace->jobs; j++) {
			uint32_t gpus = sim->trace->job[j].gpus;

			if ((gpus < 2 ? SIZE_ONE : gpus <= 8 ? SIZE_NODE : SIZE_MORE) == (enum size_class)c)
				sorted[count++] = sim->wait[j];
		}
		qsort(sorted, count, sizeof(*sorted), ascending);
		sim->result->wait[c][0] = count ? sorted[count / 2] : 0;
		sim->result->wait[c][1] = count ? sorted[count * 95 / 100] : 0;
	}
	free(sorted);
}

int replay_run(const struct cluster *cluster, const struct trace *trace, enum rule rule, const struct fb_engine_mix *mix,
	       struct result *result)
{
	struct sim sim = { .cluster = cluster, .trace = trace, .rule = rule, .result = result };
	int rc = -1;

	*result = (struct result){ .jobs = trace->jobs };
	sim.room = (struct rule_room){ .cluster = cluster, .mix = mix };
	sim.room.scratch = malloc(fb_engine_scratch_size(cluster->nodes, cluster->fabric.groups));
	sim.running = calloc(cluster_gpus(cluster) + 1, sizeof(*sim.running));
	sim.queue = calloc(trace->jobs, sizeof(*sim.queue));
	sim.wait = calloc(trace->jobs, sizeof(*sim.wait));
	if (!sim.room.scratch || !sim.running || !sim.queue || !sim.wait)
		goto out;
	for (size_t n = 0; n < cluster->nodes; n++)
		sim.idle[n] = 0xff;
	while (sim.next < trace->jobs || sim.runs) {
		advance(&sim);
		schedule(&sim);
	}
	waits_measure(&sim);
	result->bandwidth = sim.could > 0 ? sim.got / sim.could : 0;
	result->intact /= sim.samples > 0 ? sim.samples : 1;
	result->used /= sim.samples > 0 ? sim.samples : 1;
	result->choice_us = sim.room.choices > 0 ? sim.room.seconds / sim.room.choices * 1e6 : 0;
	rc = 0;
out:
	free(sim.wait);
	free(sim.queue);
	free(sim.running);
	free(sim.room.scratch);
	return rc;
}
