/* SPDX-License-Identifier: GPL-2.0-or-later */
/* flightbase-allreduce: exits 0 when all results are right, 1 on failures and wrong results, 2 on usage errors. */
#include "fb_config.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "coll/tool/report.h"
#include "coll/tool/size.h"

static int complain(const struct fb_err *err, int status)
{
	fprintf(stderr, "flightbase-allreduce: %s\n", err->text);
	return status;
}

/* Gather by a sum in which every rank fills in its own part. */
static int gather_infos(const struct fb_backend *backend, const struct fb_world *world, struct fb_rank_info **infos,
			struct fb_err *err)
{
	struct fb_rank_info *all = calloc((size_t)world->size, sizeof(*all));

	if (!all)
		return fb_err_set(err, "no memory for %d ranks", world->size);
	struct fb_rank_info *mine = &all[world->rank];
	mine->rank = world->rank;
	mine->pid = (int)getpid();
	snprintf(mine->host, sizeof(mine->host), "%s", world->host);
	backend->transports(mine->transports, sizeof(mine->transports));
	if (!mine->transports[0])
		strcpy(mine->transports, "nothing (one rank)");
	if (backend->allreduce(all, all, (size_t)world->size * sizeof(*all) / sizeof(int64_t), FB_COLL_INT64, FB_COLL_SUM, err)) {
		free(all);
		return -1;
	}
	*infos = all;
	return 0;
}
_Static_assert(sizeof(struct fb_rank_info) % sizeof(int64_t) == 0, "it is summed as 64-bit words");

/* UCX connects when ranks first talk: a small and a large sum use the connections of every algorithm. */
static int connect_ranks(const struct fb_backend *backend, const struct fb_buffers *buffers, size_t bytes, struct fb_err *err)
{
	size_t count = bytes / sizeof(float);

	if (backend->barrier(err))
		return -1;
	return backend->allreduce(buffers->send, buffers->recv, count, FB_COLL_FLOAT32, FB_COLL_SUM, err);
}

static int sweep(const struct fb_backend *backend, const struct fb_world *world, const struct fb_params *p,
		 const struct fb_buffers *buffers, struct fb_report *report, struct fb_err *err)
{
	for (int type = 0; type < FB_COLL_TYPES; type++)
		for (int op = 0; op < FB_COLL_OPS; op++) {
			if (!p->types[type] || !p->ops[op])
				continue;
			size_t bytes = p->min_bytes;
			do {
				struct fb_row row = { .bytes = bytes, .type = (fb_coll_type_t)type, .op = (fb_coll_op_t)op };
				if (fb_row_measure(backend, world, p, buffers, &row, err))
					return -1;
				fb_report_row(report, &row);
				bytes = fb_size_next(bytes, p->max_bytes, p->step_factor, p->step_bytes);
			} while (bytes);
		}
	return 0;
}

/* Everything that is measured needs all ranks; rank 0 alone reports. */
static int measure(const struct fb_backend *backend, const struct fb_world *world, const struct fb_params *params,
		   struct fb_report *report, struct fb_rank_info **infos, struct fb_err *err)
{
	struct fb_buffers buffers;
	int rc = -1;

	if (fb_buffers_create(backend, world, params, &buffers, err))
		return -1;
	if (connect_ranks(backend, &buffers, params->max_bytes, err) || gather_infos(backend, world, infos, err))
		goto out;
	if (!world->rank)
		fb_report_begin(report, params, backend, world, *infos);
	rc = sweep(backend, world, params, &buffers, report, err);
out:
	fb_buffers_destroy(backend, params, &buffers);
	return rc;
}

/*
 * A failure reaches all ranks with the same text: one of them says it. That is rank 0, or when rank 0 is what was
 * lost, the first rank of another node, or rank 1 where there is one node.
 */
static bool speaks(const struct fb_world *world, const struct fb_rank_info *infos, int lost)
{
	int speaker = lost == 0 ? 1 : 0;

	if (lost == 0 && !infos)
		return true;
	for (int i = 1; lost == 0 && i < world->size; i++)
		if (strcmp(infos[i].host, infos[0].host) != 0) {
			speaker = i;
			break;
		}
	return world->rank == speaker;
}

static int run(const struct fb_params *params, const struct fb_backend *backend)
{
	struct fb_world world = { .rank = 0 };
	struct fb_report report = { .params = params };
	struct fb_rank_info *infos = NULL;
	struct fb_err err, why;

	/* Each rank may have a reason of its own, and none knows the others. */
	if (backend->start(&world, &err))
		return complain(&err, EXIT_FAILURE);
	int rc = measure(backend, &world, params, &report, &infos, &err);
	if (rc) {
		if (speaks(&world, infos, backend->lost_rank()))
			complain(&err, EXIT_FAILURE);
		fb_report_end(&report, err.text, &why);
	} else if (fb_report_end(&report, NULL, &err)) {
		rc = complain(&err, -1);
	}
	if (backend->finish(&why) && !rc) {
		if (speaks(&world, infos, backend->lost_rank()))
			complain(&why, EXIT_FAILURE);
		rc = -1;
	}
	free(infos);
	return rc || report.wrong ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* Before the ranks know each other, their launcher's numbers say who speaks. */
static bool first_task(void)
{
	const char *rank = getenv("FLIGHTBASE_RANK");

	if (!rank)
		rank = getenv("SLURM_PROCID");
	return !rank || !strcmp(rank, "0");
}

int main(int argc, char **argv)
{
	struct fb_params params;
	struct fb_err err;

	if (fb_params_parse(argc, argv, &params, &err)) {
		if (first_task())
			fprintf(stderr, "flightbase-allreduce: %s; see --help\n", err.text);
		return 2;
	}
	if (params.help || params.version) {
		if (first_task())
			printf("%s", params.help ? fb_params_usage : "flightbase-allreduce " PACKAGE_VERSION "\n");
		return EXIT_SUCCESS;
	}
	const struct fb_backend *backend = fb_backend_find(params.backend, &err);
	if (!backend)
		return first_task() ? complain(&err, EXIT_FAILURE) : EXIT_FAILURE;
	return run(&params, backend);
}
