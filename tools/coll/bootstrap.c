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

/* One rank has its own card, and there is nobody else's to read. */
static fb_coll_status_t single_share(struct fb_bootstrap *bootstrap, const struct fb_blob *mine, struct fb_err *err)
{
	(void)bootstrap;
	(void)mine;
	(void)err;
	return FB_COLL_OK;
}

static void single_close(struct fb_bootstrap *bootstrap)
{
	(void)bootstrap;
}

const struct fb_bootstrap_ops fb_bootstrap_single = {
	.name = "single", .open = single_open, .share = single_share, .close = single_close
};

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

#define GRACE_MS 10000 /* for a bootstrap that ends by itself to do so, on a busy machine */

/* What a call works with is its own: it may go on after it was given up. */
struct call {
	struct fb_bootstrap *bootstrap;
	struct fb_blob mine, *blobs;
	int first, count;
};

static fb_coll_status_t call_open(void *argument, struct fb_err *err)
{
	struct call *call = argument;

	return call->bootstrap->ops->open(call->bootstrap, err);
}

static fb_coll_status_t call_share(void *argument, struct fb_err *err)
{
	struct call *call = argument;

	return call->bootstrap->ops->share(call->bootstrap, &call->mine, err);
}

static fb_coll_status_t call_read(void *argument, struct fb_err *err)
{
	struct call *call = argument;
	fb_coll_status_t status = FB_COLL_OK;

	for (int i = 0; i < call->count && !status; i++)
		status = call->bootstrap->ops->read(call->bootstrap, call->first + i, &call->blobs[i], err);
	return status;
}

static fb_coll_status_t run_timed(struct call *call, fb_timed_function function, bool *abandoned, struct fb_err *err)
{
	struct fb_bootstrap *b = call->bootstrap;
	const char *name = b->ops->name;
	int start_s = b->start_s;
	fb_coll_status_t status =
		fb_timed_call(function, call, (int64_t)start_s * 1000 + (b->ops->names_missing ? GRACE_MS : 0), abandoned, err);

	if (*abandoned)
		fb_coll_fail(err, status,
			     "%s: the ranks did not all arrive within %d s (FLIGHTBASE_START_TIMEOUT): did one die? With srun "
			     "--kill-on-bad-exit a step ends when a task does",
			     name, start_s);
	return status;
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
	status = run_timed(call, call_open, &abandoned, err);
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

static void call_destroy(struct call *call)
{
	if (!call)
		return;
	fb_blobs_destroy(call->blobs, call->count);
	free(call->mine.data);
	free(call);
}

fb_coll_status_t fb_bootstrap_share(struct fb_bootstrap *bootstrap, const struct fb_blob *mine, struct fb_err *err)
{
	struct call *call = calloc(1, sizeof(*call));
	bool abandoned = false;

	if (call)
		call->mine.data = malloc(mine->size);
	if (!call || !call->mine.data) {
		call_destroy(call);
		return fb_coll_fail(err, FB_COLL_ERR_MEMORY, "no memory for a card of %zu bytes", mine->size);
	}
	call->bootstrap = bootstrap;
	call->mine.size = mine->size;
	memcpy(call->mine.data, mine->data, mine->size);
	fb_coll_status_t status = run_timed(call, call_share, &abandoned, err);
	if (abandoned)
		bootstrap->abandoned = true;
	else
		call_destroy(call);
	return status;
}

fb_coll_status_t fb_bootstrap_read(struct fb_bootstrap *bootstrap, int first, int count, struct fb_blob **blobs, struct fb_err *err)
{
	struct call *call = calloc(1, sizeof(*call));
	bool abandoned = false;

	if (call)
		call->blobs = calloc((size_t)count + 1, sizeof(*call->blobs));
	if (!call || !call->blobs) {
		call_destroy(call);
		return fb_coll_fail(err, FB_COLL_ERR_MEMORY, "no memory for the cards of %d ranks", count);
	}
	call->bootstrap = bootstrap;
	call->first = first;
	call->count = count;
	fb_coll_status_t status = run_timed(call, call_read, &abandoned, err);
	if (abandoned) {
		bootstrap->abandoned = true;
		return status;
	}
	if (!status) {
		*blobs = call->blobs;
		call->blobs = NULL;
	}
	call_destroy(call);
	return status;
}

void fb_bootstrap_close(struct fb_bootstrap *bootstrap)
{
	/* An abandoned call is still at work: its memory stays. */
	if (!bootstrap || bootstrap->abandoned)
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
