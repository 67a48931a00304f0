/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "coll/tool/session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "coll/tool/model.h"
#include "coll/tool/report.h"
#include "coll/tool/size.h"
#include "coll/tool/svg.h"

extern char **environ;

struct session {
	const struct fb_params *params;
	const struct fb_backend *backend;
	struct fb_world world;
	struct fb_buffers buffers;
	struct fb_rank_info *infos; /* [world.size] */
	const char **hosts;	    /* [world.size] in infos */
	struct fb_header header;
	struct fb_report report; /* of which only rank 0 has a header */
	struct fb_expect expect;
	struct fb_pairs pairs;
	struct fb_err no_model;
	char shortfall[512]; /* "" where there is none */
	bool usage;	     /* what failed is a wrong use */
};

static int wrong_use(struct session *s, int rc)
{
	s->usage = true;
	return rc;
}

static void fill_info(const struct session *s, struct fb_rank_info *mine)
{
	const char *model = getenv("FLIGHTBASE_MODEL");

	mine->rank = s->world.rank;
	mine->pid = (int)getpid();
	mine->environment = fb_environment_hash(&s->header.environment);
	snprintf(mine->host, sizeof(mine->host), "%s", s->world.host);
	snprintf(mine->model, sizeof(mine->model), "%s", !model ? "" : strlen(model) < sizeof(mine->model) ? model : "?");
	s->backend->transports(mine->transports, sizeof(mine->transports));
	if (!mine->transports[0])
		snprintf(mine->transports, sizeof(mine->transports), "nothing (one rank)");
}

/* Gather by a sum in which every rank fills in its own part. */
static int gather_infos(struct session *s, struct fb_err *err)
{
	size_t size = (size_t)s->world.size;

	s->infos = calloc(size, sizeof(*s->infos));
	s->hosts = calloc(size, sizeof(*s->hosts));
	if (!s->infos || !s->hosts || fb_environment_create(environ, &s->header.environment))
		return fb_err_set(err, "no memory for %d ranks", s->world.size);
	fill_info(s, &s->infos[s->world.rank]);
	if (s->backend->allreduce(s->infos, s->infos, size * sizeof(*s->infos) / sizeof(int64_t), FB_COLL_INT64, FB_COLL_SUM, err))
		return -1;
	for (size_t i = 0; i < size; i++)
		s->hosts[i] = s->infos[i].host;
	return 0;
}
_Static_assert(sizeof(struct fb_rank_info) % sizeof(int64_t) == 0, "it is summed as 64-bit words");

/* UCX connects when ranks first talk: a small and a large sum use the connections of every algorithm. */
static int connect_ranks(const struct session *s, struct fb_err *err)
{
	/* Where time is short, not more of it than the first size needs. */
	size_t count = (s->params->seconds > 0 ? s->params->min_bytes : s->params->max_bytes) / sizeof(float);

	if (s->backend->barrier(err))
		return -1;
	return s->backend->allreduce(s->buffers.send, s->buffers.recv, count, FB_COLL_FLOAT32, FB_COLL_SUM, err);
}

/* The same on all ranks. */
static int find_model(struct session *s, struct fb_err *err)
{
	struct fb_header *h = &s->header;
	struct fb_model_part *parts = calloc((size_t)s->world.size, sizeof(*parts));

	if (!parts)
		return fb_err_set(err, "out of memory");
	for (int i = 0; i < s->world.size; i++)
		parts[i] = (struct fb_model_part){ s->infos[i].host, s->infos[i].model };
	h->model_from = s->no_model.text;
	if (s->world.size == 1) {
		fb_err_set(&s->no_model, "one rank sends nothing");
	} else if (s->params->model > 0) {
		h->model = s->params->model;
		h->model_from = "--model";
	} else if (!fb_model_combine(parts, s->world.size, &h->model, &s->no_model)) {
		if (h->model > 0)
			h->model_from = "FLIGHTBASE_MODEL of the job's nodes";
		else
			fb_err_set(&s->no_model, "the step has one GPU");
	}
	free(parts);
	s->expect = (struct fb_expect){ .percent = s->params->expect, .model = h->model, .from = s->params->expect_from };
	return 0;
}

static bool takes(const struct session *s, int type)
{
	return s->params->types[type] && (!s->backend->takes || s->backend->takes((fb_coll_type_t)type));
}

/* Of several types those that the back end lacks are left out. */
static int check_types(const struct session *s, struct fb_err *err)
{
	for (int type = 0; type < FB_COLL_TYPES; type++)
		if (takes(s, type))
			return 0;
	return fb_err_set(err, "option '--datatype': backend '%s' has no such type", s->backend->name);
}

/* What only the whole group can tell of the options. */
static int check_use(struct session *s, struct fb_err *err)
{
	const struct fb_params *p = s->params;

	if (check_types(s, err))
		return wrong_use(s, -1);
	if (p->expect > 0 && s->header.model <= 0)
		return wrong_use(s, fb_err_set(err, "option '--expect': there is no model to hold the results against: %s; give "
						    "--model GBPS", s->no_model.text));
	if (p->pairs == FB_PAIRS_NONE)
		return 0;
	if (!s->backend->pair)
		return wrong_use(s, fb_err_set(err, "option '--pairs': backend '%s' cannot measure pairs", s->backend->name));
	return wrong_use(s, fb_pairs_create(&s->pairs, p->pairs, s->hosts, s->world.size, p->max_bytes, err));
}

static int measure_row(struct session *s, struct fb_row *row, struct fb_err *err)
{
	if (fb_row_measure(s->backend, &s->world, s->params, &s->buffers, row, err))
		return -1;
	fb_report_row(&s->report, row);
	fb_expect_row(&s->expect, row->bytes, fb_row_busbw(row));
	return 0;
}

/* By what the last size took, which all ranks know alike: would one allreduce of the next one take longer than it may? */
static bool too_long(const struct fb_params *p, const struct fb_row *last, size_t bytes)
{
	double us = last->in_place.time_us > last->out_of_place.time_us ? last->in_place.time_us : last->out_of_place.time_us;

	return p->seconds > 0 && last->bytes && us / 1e6 * (double)bytes / (double)last->bytes > p->seconds / 2;
}

static int sweep(struct session *s, int cycle, struct fb_err *err)
{
	const struct fb_params *p = s->params;

	for (int type = 0; type < FB_COLL_TYPES; type++)
		for (int op = 0; op < FB_COLL_OPS; op++) {
			if (!takes(s, type) || !p->ops[op])
				continue;
			size_t bytes = p->min_bytes;
			bool more = true;
			while (more) {
				struct fb_row row = { .cycle = cycle, .bytes = bytes, .type = (fb_coll_type_t)type,
						      .op = (fb_coll_op_t)op };
				if (measure_row(s, &row, err))
					return -1;
				bytes = fb_size_next(bytes, p->max_bytes, p->step_factor, p->step_bytes);
				more = bytes && !too_long(p, &row, bytes);
			}
		}
	return 0;
}

static int draw(const struct session *s, struct fb_err *err)
{
	const char *path = s->params->svg;
	FILE *file = fopen(path, "we");

	if (!file)
		return fb_err_set(err, "file '%.200s': %s", path, strerror(errno));
	fb_svg_print(file, &s->pairs, s->backend->name);
	int bad = ferror(file);
	if (fclose(file) || bad)
		return fb_err_set(err, "file '%.200s': %s", path, strerror(errno));
	return 0;
}

static int measure_pairs(struct session *s, struct fb_err *err)
{
	if (fb_pairs_measure(&s->pairs, s->backend, &s->world, &s->buffers, err))
		return -1;
	fb_report_pairs(&s->report, &s->pairs);
	return 0;
}

static void judge(struct session *s)
{
	size_t count = 0;
	struct fb_pair *sorted = s->pairs.members ? fb_pairs_sorted(&s->pairs, &count) : NULL;
	char slowest[256] = "";

	if (sorted)
		fb_pair_describe(&s->pairs, &sorted[0], slowest, sizeof(slowest));
	if (!fb_expect_met(&s->expect))
		fb_expect_describe(&s->expect, sorted ? slowest : NULL, s->shortfall, sizeof(s->shortfall));
	free(sorted);
}

/* Everything that is measured needs all ranks; rank 0 alone reports. */
static int measure(struct session *s, struct fb_err *err)
{
	const struct fb_params *p = s->params;

	if (fb_buffers_create(s->backend, &s->world, p, &s->buffers, err) || connect_ranks(s, err) || gather_infos(s, err) ||
	    find_model(s, err) || check_use(s, err))
		return -1;
	s->usage = false;
	s->header.params = p;
	s->header.backend = s->backend;
	s->header.world = &s->world;
	s->header.infos = s->infos;
	if (!s->world.rank && fb_report_begin(&s->report, &s->header, err))
		return -1;
	for (int cycle = 0; !p->cycles || cycle < p->cycles; cycle++)
		if (sweep(s, cycle, err))
			return -1;
	if (p->pairs != FB_PAIRS_NONE && measure_pairs(s, err))
		return -1;
	judge(s);
	return 0;
}

/*
 * A failure reaches all ranks with the same text: one of them says it. That is rank 0, or when rank 0 is what was
 * lost, the first rank of another node, or rank 1 where there is one node.
 */
static bool speaks(const struct session *s)
{
	int lost = s->backend->lost_rank(), speaker = lost == 0 ? 1 : 0;

	if (lost == 0 && !s->infos)
		return true;
	for (int i = 1; lost == 0 && i < s->world.size; i++)
		if (strcmp(s->infos[i].host, s->infos[0].host) != 0) {
			speaker = i;
			break;
		}
	return s->world.rank == speaker;
}

static int complain(const struct session *s, const char *text)
{
	if (speaks(s))
		fprintf(stderr, "flightbase-allreduce: %s\n", text);
	return -1;
}

/* The report, the drawing and the good-bye; failure NULL: all was measured. */
static int finish(struct session *s, const char *failure)
{
	struct fb_err err;
	int rc = 0;

	if (failure)
		rc = complain(s, failure);
	if (fb_report_end(&s->report, failure, *s->shortfall ? s->shortfall : NULL, &err) && !failure)
		rc = complain(s, err.text);
	if (!failure && s->params->svg && !s->world.rank && draw(s, &err))
		rc = complain(s, err.text);
	if (*s->shortfall && !failure)
		rc = complain(s, s->shortfall);
	fb_buffers_destroy(s->backend, s->params, &s->buffers);
	if (s->backend->finish(&err) && !rc)
		rc = complain(s, err.text);
	return rc;
}

int fb_session_run(const struct fb_params *params, const struct fb_backend *backend)
{
	struct session s = { .params = params, .backend = backend };
	struct fb_err err;

	/* Each rank may have a reason of its own, and none knows the others. */
	if (backend->start(&s.world, &err)) {
		fprintf(stderr, "flightbase-allreduce: %s\n", err.text);
		return EXIT_FAILURE;
	}
	int rc = measure(&s, &err) ? finish(&s, err.text) : finish(&s, NULL);
	fb_pairs_destroy(&s.pairs);
	fb_environment_destroy(&s.header.environment);
	free(s.hosts);
	free(s.infos);
	if (rc && s.usage)
		return 2;
	return rc || s.report.wrong ? EXIT_FAILURE : EXIT_SUCCESS;
}
