/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The measuring of --tune: for all nodes of the step, and for their first half, quarter and so on down to two, each algorithm in
 * turn at each size, in a group of its own. Ranks outside of it wait in the next call of all.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "coll/plan.h"
#include "coll/private.h"
#include "coll/tool/backend_coll.h"
#include "coll/tool/latency.h"
#include "coll/tool/run.h"
#include "coll/tool/tune.h"
#include "common/file.h"

#define ROUNDS 5
#define SHAPES_MAX 16 /* 65,535 nodes and its halves */
#define MEASURE_US 40e3 /* of one algorithm, size and round */
#define ITERS_LEAST 3

struct tuner {
	const struct fb_params *params;
	fb_coll_t *job;
	struct fb_world all;
	int nodes, per_node, node; /* of this rank */
	struct fb_buffers buffers;
	struct fb_tune_shape shapes[SHAPES_MAX];
	size_t count;
	struct fb_tuning tuning; /* rank 0's: the file, with what was measured */
};

/* The group that is measured, behind a back end's functions, so that a row of the tool measures and checks it. */
static fb_coll_t *group;

static int group_allreduce(const void *send, void *recv, size_t count, fb_coll_type_t type, fb_coll_op_t op, struct fb_err *err)
{
	return fb_backend_result(fb_coll_allreduce(group, send, recv, count, type, op), err);
}

static int group_barrier(struct fb_err *err)
{
	return fb_backend_result(fb_coll_barrier(group), err);
}

static const struct fb_backend measured = { .name = "tune", .allreduce = group_allreduce, .barrier = group_barrier };

/* Which of the step's nodes this rank is on, and whether all have as many ranks; nodes come in the order of their first ranks. */
static int find_nodes(struct tuner *t, struct fb_err *err)
{
	const int size = t->all.size;
	int *node = calloc((size_t)size, sizeof(*node)), *ranks = calloc((size_t)size, sizeof(*ranks)), rc = 0;

	for (int i = 0; node && ranks && i < size; i++) {
		node[i] = t->nodes;
		for (int k = 0; k < i && node[i] == t->nodes; k++)
			if (!strcmp(fb_coll_host(t->job, k), fb_coll_host(t->job, i)))
				node[i] = node[k];
		t->nodes += node[i] == t->nodes;
		ranks[node[i]]++;
	}
	if (!node || !ranks)
		rc = fb_err_set(err, "out of memory");
	for (int i = 1; !rc && i < t->nodes; i++)
		if (ranks[i] != ranks[0])
			rc = fb_err_set(err, "option '--tune': nodes have %d and %d ranks; give each the same number "
					     "(--ntasks-per-node)", ranks[0], ranks[i]);
	if (!rc) {
		t->node = node[t->all.rank];
		t->per_node = ranks[0];
	}
	free(node);
	free(ranks);
	return rc;
}

/* Rank 0: what the file has, and whether it can be written, before an hour is spent. */
static int open_file(struct tuner *t, struct fb_err *err)
{
	const char *path = t->params->tune;
	char folder[4096];

	if (!access(path, F_OK))
		return fb_tuning_read(path, &t->tuning, err);
	const char *slash = strrchr(path, '/');
	snprintf(folder, sizeof(folder), "%.*s", slash ? (int)(slash - path + 1) : 1, slash ? path : ".");
	return access(folder, W_OK) ? fb_err_set(err, "file '%.200s': %s", path, strerror(errno)) : 0;
}

/* What rank 0 has found is everyone's end. */
static int agree(const struct tuner *t, int rc, struct fb_err *err)
{
	int64_t failed = t->all.rank ? 0 : -rc;

	if (fb_coll_allreduce(t->job, &failed, &failed, 1, FB_COLL_INT64, FB_COLL_SUM))
		return fb_backend_result(FB_COLL_ERR_TRANSPORT, err);
	if (failed && t->all.rank)
		err->text[0] = '\0'; /* rank 0 says it */
	return failed ? -1 : 0;
}

/* Whether the algorithm exists for a shape and size, by what the library would do with it. */
static bool exists(const struct fb_tune_shape *shape, enum fb_algorithm_kind kind, size_t bytes)
{
	const struct fb_layout layout = { .nodes = shape->nodes, .per_node = shape->per_node };

	return bytes && fb_algorithm_choose(kind, bytes, shape->nodes * shape->per_node, &layout) == kind;
}

/* Microseconds of an allreduce, the same on all ranks: the slowest one's, in and out of place. */
static int time_one(struct tuner *t, size_t bytes, int iters, int check, double *us, struct fb_err *err)
{
	struct fb_world world = { .rank = fb_coll_rank(group), .size = fb_coll_size(group) };
	struct fb_params params = *t->params;
	struct fb_row row = { .bytes = bytes, .type = FB_COLL_FLOAT32, .op = FB_COLL_SUM };

	params.iters = iters;
	params.check = check;
	params.average = FB_AVERAGE_MAX;
	if (fb_row_measure(&measured, &world, &params, &t->buffers, &row, err))
		return -1;
	if (row.out_of_place.wrong > 0 || row.in_place.wrong > 0)
		return fb_err_set(err, "size %zu: wrong elements in the result: nothing is written", bytes);
	*us = (row.out_of_place.time_us + row.in_place.time_us) / 2;
	return 0;
}

/* The median of rounds in which the algorithms take turns; a first look says how many iterations one takes. */
static int measure_size(struct tuner *t, struct fb_tune_shape *shape, size_t i, struct fb_err *err)
{
	double us[FB_TUNE_KINDS][ROUNDS];
	int iters[FB_TUNE_KINDS] = { 0 };
	struct fb_latency latency;

	for (int round = -1; round < ROUNDS; round++)
		for (int kind = FB_ALGORITHM_RING; kind <= FB_ALGORITHM_RAILS; kind++) {
			double look;
			if (!exists(shape, (enum fb_algorithm_kind)kind, shape->bytes[i]))
				continue;
			fb_coll_take(t->job, kind);
			if (time_one(t, shape->bytes[i], round < 0 ? ITERS_LEAST : iters[kind], round < 0, round < 0 ? &look : &us[kind][round],
				     err))
				return -1;
			if (round < 0)
				iters[kind] = (int)fmax(ITERS_LEAST, fmin(t->params->iters, MEASURE_US / fmax(look, 0.01)));
		}
	for (int kind = FB_ALGORITHM_RING; kind <= FB_ALGORITHM_RAILS; kind++)
		if (iters[kind]) {
			fb_latency_summarize(us[kind], ROUNDS, &latency);
			shape->us[i][kind] = latency.p50;
		}
	return 0;
}

static int measure_group(struct tuner *t, struct fb_tune_shape *shape, struct fb_err *err)
{
	const struct fb_layout layout = { .nodes = shape->nodes, .per_node = shape->per_node };

	for (size_t i = 0; i < shape->sizes; i++) {
		shape->shipped[i] = fb_algorithm_choose(FB_ALGORITHM_AUTO, shape->bytes[i], shape->nodes * shape->per_node, &layout);
		if (measure_size(t, shape, i, err))
			return -1;
		if (!t->all.rank && isatty(STDERR_FILENO))
			fprintf(stderr, "\r%d nodes: %zu of %zu sizes ", shape->nodes, i + 1, shape->sizes);
	}
	return 0;
}

/* The first `nodes` nodes. */
static int measure_shape(struct tuner *t, int nodes, struct fb_err *err)
{
	struct fb_tune_shape *shape = &t->shapes[t->count++];
	int rc = 0;

	if (fb_tune_begin(shape, t->params, nodes, t->per_node, err))
		return -1;
	fb_coll_take(t->job, FB_ALGORITHM_RING);
	if (fb_coll_split(t->job, t->node < nodes ? 0 : FB_COLL_NO_COLOR, t->all.rank, &group))
		return fb_backend_result(FB_COLL_ERR_TRANSPORT, err);
	if (group)
		rc = measure_group(t, shape, err);
	fb_coll_take(t->job, FB_ALGORITHM_RING);
	if (!rc && group && fb_coll_finalize(group))
		rc = fb_backend_result(FB_COLL_ERR_TRANSPORT, err);
	group = NULL;
	if (rc)
		return rc;
	/* Those outside of the group wait here. */
	return fb_backend_result(fb_coll_barrier(t->job), err);
}

static int measure_all(struct tuner *t, struct fb_err *err)
{
	int nodes = t->nodes, half = 1;

	while (half * 2 < nodes)
		half *= 2;
	while (nodes > 1 || (t->per_node > 1 && nodes == 1)) {
		if (measure_shape(t, nodes, err))
			return -1;
		nodes = nodes > half ? half : nodes / 2;
	}
	return 0;
}

static int write_file(const struct tuner *t, struct fb_err *err)
{
	char *text = NULL, when[64];
	size_t size;
	time_t now = time(NULL);
	FILE *file = open_memstream(&text, &size);

	if (!file)
		return fb_err_set(err, "out of memory");
	strftime(when, sizeof(when), "%Y-%m-%d", localtime(&now));
	fprintf(file, "# Algorithms of allreduce by shape and size, measured by flightbase-allreduce --tune, last on %s.\n", when);
	fprintf(file, "# nodes, ranks per node, up to bytes, algorithm\n");
	fb_tuning_print(file, &t->tuning);
	if (fclose(file)) {
		free(text);
		return fb_err_set(err, "out of memory");
	}
	int rc = fb_file_replace(t->params->tune, text, size, 0644, true, err);
	free(text);
	return rc;
}

/* Rank 0. */
static int report(struct tuner *t, struct fb_err *err)
{
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r\033[K");
	for (size_t i = 0; i < t->count; i++) {
		fb_tune_pick(&t->shapes[i]);
		if (fb_tune_enter(&t->shapes[i], &t->tuning, err))
			return -1;
		if (t->params->format == FB_FORMAT_TABLE)
			fb_tune_print(stdout, &t->shapes[i]);
	}
	if (t->params->format == FB_FORMAT_JSON) {
		char *text = fb_tune_json(t->shapes, t->count);
		if (!text)
			return fb_err_set(err, "out of memory");
		puts(text);
		free(text);
	}
	if (fflush(stdout))
		return fb_err_set(err, "standard output: %s", strerror(errno));
	return write_file(t, err);
}

static int tune(struct tuner *t, struct fb_err *err)
{
	int rc;

	if (t->all.size < 2)
		return fb_err_set(err, "option '--tune': one rank alone sends nothing; ask srun for more tasks or nodes");
	if (find_nodes(t, err))
		return -1;
	group = t->job;
	rc = t->all.rank ? 0 : open_file(t, err);
	if (agree(t, rc, err) || fb_buffers_create(&measured, &t->all, t->params, &t->buffers, err) || measure_all(t, err))
		return -1;
	rc = t->all.rank ? 0 : report(t, err);
	return agree(t, rc, err);
}

int fb_tune_run(const struct fb_params *params)
{
	struct tuner *t = calloc(1, sizeof(*t));
	struct fb_err err;
	int rc;

	if (!t || fb_coll_init(&t->job)) {
		fprintf(stderr, "flightbase-allreduce: %s\n", t ? fb_coll_error_text() : "out of memory");
		free(t);
		return EXIT_FAILURE;
	}
	t->params = params;
	fb_backend_world(t->job, &t->all);
	rc = tune(t, &err);
	/* The same text on all ranks, but rank 0 may be the one that was lost. */
	if (rc && *err.text && t->all.rank == (fb_coll_lost_rank(t->job) == 0))
		fprintf(stderr, "flightbase-allreduce: %s\n", err.text);
	fb_buffers_destroy(&measured, params, &t->buffers);
	if (fb_coll_finalize(t->job) && !rc)
		rc = -1;
	free(t);
	return rc ? EXIT_FAILURE : EXIT_SUCCESS;
}
