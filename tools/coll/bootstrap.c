/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "coll/bootstrap.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "coll/timed.h"

static fb_coll_status_t single_open(struct fb_bootstrap *bootstrap, struct fb_err *err)
{
	(void)err;
	bootstrap->rank = 0;
	bootstrap->size = 1;
	return FB_COLL_OK;
}

static fb_coll_status_t single_exchange(struct fb_bootstrap *bootstrap, const struct fb_blob *mine, struct fb_blob *blobs,
					struct fb_err *err)
{
	(void)bootstrap;
	blobs[0].data = malloc(mine->size);
	if (!blobs[0].data)
		return fb_coll_fail(err, FB_COLL_ERR_MEMORY, "no memory for a card of %zu bytes", mine->size);
	memcpy(blobs[0].data, mine->data, mine->size);
	blobs[0].size = mine->size;
	return FB_COLL_OK;
}

static void single_close(struct fb_bootstrap *bootstrap)
{
	(void)bootstrap;
}

const struct fb_bootstrap_ops fb_bootstrap_single = { "single", single_open, single_exchange, single_close };

fb_coll_status_t fb_bootstrap_choose(const struct fb_settings *settings, const struct fb_bootstrap_ops **ops,
				     struct fb_err *err)
{
	static const struct fb_bootstrap_ops *const asked[] = {
		[FB_BOOTSTRAP_PMI2] = &fb_bootstrap_pmi2,
		[FB_BOOTSTRAP_PMIX] = &fb_bootstrap_pmix,
		[FB_BOOTSTRAP_FILE] = &fb_bootstrap_file,
		[FB_BOOTSTRAP_SINGLE] = &fb_bootstrap_single,
	};
	const char *tasks = getenv("SLURM_STEP_NUM_TASKS");

	if (settings->bootstrap != FB_BOOTSTRAP_AUTO)
		*ops = asked[settings->bootstrap];
	else if (getenv("PMI_FD"))
		*ops = &fb_bootstrap_pmi2;
	else if (getenv("PMIX_NAMESPACE"))
		*ops = &fb_bootstrap_pmix;
	else if (getenv("FLIGHTBASE_RENDEZVOUS"))
		*ops = &fb_bootstrap_file;
	else if (tasks && strcmp(tasks, "1") != 0 && getenv("SLURM_PROCID"))
		/* As many programs of one rank each would look like success. */
		return fb_coll_fail(err, FB_COLL_ERR_BOOTSTRAP,
				    "one of %.20s tasks of a step, but srun offers neither PMI2 nor PMIx: use srun --mpi=pmi2, "
				    "or set FLIGHTBASE_RENDEZVOUS to a folder that all nodes share",
				    tasks);
	else
		*ops = &fb_bootstrap_single;
	return FB_COLL_OK;
}

struct call {
	struct fb_bootstrap *bootstrap;
	struct fb_blob mine, *blobs;
};

static fb_coll_status_t call_open(void *argument, struct fb_err *err)
{
	struct call *call = argument;

	return call->bootstrap->ops->open(call->bootstrap, err);
}

static fb_coll_status_t call_exchange(void *argument, struct fb_err *err)
{
	struct call *call = argument;

	return call->bootstrap->ops->exchange(call->bootstrap, &call->mine, call->blobs, err);
}

fb_coll_status_t fb_bootstrap_open(const struct fb_settings *settings, struct fb_bootstrap **bootstrap, struct fb_err *err)
{
	const struct fb_bootstrap_ops *ops;
	fb_coll_status_t status = fb_bootstrap_choose(settings, &ops, err);
	bool abandoned = false;

	if (status)
		return status;
	struct call *call = calloc(1, sizeof(*call));
	struct fb_bootstrap *b = calloc(1, sizeof(*b));
	if (!call || !b) {
		status = fb_coll_fail(err, FB_COLL_ERR_MEMORY, "no memory for the bootstrap");
		goto out;
	}
	b->ops = ops;
	b->start_s = settings->start_s;
	call->bootstrap = b;
	status = fb_timed_call(call_open, call, ops->name, settings->start_s, &abandoned, err);
	if (!status && (b->size < 1 || b->size > FB_RANKS_MAX || b->rank < 0 || b->rank >= b->size)) {
		status = fb_coll_fail(err, FB_COLL_ERR_BOOTSTRAP, "%s: rank %d of %d: at most %d ranks are possible", ops->name,
				      b->rank, b->size, FB_RANKS_MAX);
		ops->close(b);
	}
out:
	if (status == FB_COLL_OK)
		*bootstrap = b;
	else if (!abandoned)
		free(b);
	/* Whoever still works with an abandoned call keeps its memory. */
	if (!abandoned)
		free(call);
	return status;
}

fb_coll_status_t fb_bootstrap_exchange(struct fb_bootstrap *bootstrap, const struct fb_blob *mine,
				       struct fb_blob **blobs, struct fb_err *err)
{
	struct call *call = calloc(1, sizeof(*call));
	struct fb_blob *all = calloc((size_t)bootstrap->size, sizeof(*all)), copy = { malloc(mine->size), mine->size };
	fb_coll_status_t status = FB_COLL_ERR_MEMORY;
	bool abandoned = false;

	if (!call || !all || !copy.data) {
		fb_coll_fail(err, status, "no memory for the cards of %d ranks", bootstrap->size);
		goto out;
	}
	memcpy(copy.data, mine->data, mine->size);
	*call = (struct call){ bootstrap, copy, all };
	/* The file rendezvous names who is missing at its own deadline: let it speak first. */
	status = fb_timed_call(call_exchange, call, bootstrap->ops->name, bootstrap->start_s + 1, &abandoned, err);
	if (abandoned) {
		bootstrap->ops = NULL;
		return status;
	}
	if (!status) {
		*blobs = all;
		all = NULL;
	}
out:
	fb_blobs_destroy(all, bootstrap->size);
	free(copy.data);
	free(call);
	return status;
}

void fb_bootstrap_close(struct fb_bootstrap *bootstrap)
{
	/* Without ops a call was abandoned and is still at work: its memory stays. */
	if (!bootstrap || !bootstrap->ops)
		return;
	bootstrap->ops->close(bootstrap);
	free(bootstrap);
}

void fb_blobs_destroy(struct fb_blob *blobs, int count)
{
	for (int i = 0; blobs && i < count; i++)
		free(blobs[i].data);
	free(blobs);
}
