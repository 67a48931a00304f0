/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Life of a handle, and what it says about itself. */
#include "fb_config.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "coll/clock.h"
#include "coll/internal.h"
#include "coll/mapped.h"
#include "coll/mapped_spin.h"
#include "coll/net.h"
#include "coll/reduce.h"
#include "coll/region.h"
#include "coll/work.h"

#define SPINS 50	/* polls, a few microseconds: longer only delays who shares the core (NOTES.md) */
#define SPINS_SHARED 20 /* more ranks than cores: the one that we wait for may need this core */
#define PART_MS 5000

/*
 * The algorithms that all ranks will take. A file that the user names has to be right; the site's, which is nobody's mistake here,
 * may be missing, and where it is broken the job runs as if it was.
 */
static fb_coll_status_t read_tuning(const struct fb_settings *settings, struct fb_card *card, struct fb_err *err)
{
	if (settings->tuning && !strcmp(settings->tuning, "none"))
		return FB_COLL_OK;
	if (!settings->tuning && access(FB_TUNING_FILE, F_OK))
		return FB_COLL_OK;
	card->tuning = malloc(sizeof(*card->tuning));
	if (!card->tuning)
		return fb_coll_fail(err, FB_COLL_ERR_MEMORY, "no memory for a handle");
	if (!fb_tuning_read(settings->tuning ? settings->tuning : FB_TUNING_FILE, card->tuning, err))
		return FB_COLL_OK;
	if (settings->tuning) {
		fb_err_prefix(err, "environment variable FLIGHTBASE_TUNING");
		return FB_COLL_ERR_ARGUMENT;
	}
	fprintf(stderr, "flightbase: %s: not used; tell the administrator\n", err->text);
	return FB_COLL_OK;
}

/* All that can fail on this rank alone, so that the others can be told. */
static fb_coll_status_t make_card(struct fb_coll *c, struct fb_card *card, int *listening, struct fb_err *err)
{
	struct fb_blob address;
	fb_coll_status_t status;

	*listening = -1;
	c->scratch = malloc(FB_SCRATCH_BYTES);
	c->cards = calloc((size_t)c->size, sizeof(*c->cards));
	c->order = calloc((size_t)c->size, 2 * sizeof(*c->order));
	if (!c->scratch || !c->cards || !c->order)
		return fb_coll_fail(err, FB_COLL_ERR_MEMORY, "no memory for %d ranks", c->size);
	fb_card_identify(card);
	fb_offer_make(&card->offer);
	status = fb_transport_ucx.open(c->size, &c->transport, &address, err);
	if (status)
		return status;
	if (address.size > UINT16_MAX) {
		free(address.data);
		return fb_coll_fail(err, FB_COLL_ERR_TRANSPORT, "the UCX address has %zu bytes", address.size);
	}
	card->worker = address.data;
	card->worker_size = (uint16_t)address.size;
	if (c->rank || c->size == 1)
		return FB_COLL_OK;
	status = read_tuning(&c->settings, card, err);
	return status ? status : fb_net_listen(card, listening, err);
}

/* The cards of [first, first + count) but my own. */
static fb_coll_status_t read_cards(struct fb_coll *c, int first, int count, struct fb_err *err)
{
	struct fb_blob *blobs;
	struct fb_err why;
	fb_coll_status_t status = fb_bootstrap_read(c->bootstrap, first, count, &blobs, err);

	if (status)
		return status;
	for (int i = 0; i < count && !status; i++)
		if (first + i != c->rank && (status = fb_card_unpack(&c->cards[first + i], &blobs[i], &why)))
			fb_coll_fail(err, status, "rank %d: %s", first + i, why.text);
	fb_blobs_destroy(blobs, count);
	return status;
}

/* So that the others do not wait for me: they get my failure in place of my card. */
static void share_failure(struct fb_coll *c, fb_coll_status_t status, const struct fb_err *why)
{
	struct fb_blob mine;
	struct fb_err ignored;

	if (fb_card_pack_failure(status, why, &mine, &ignored))
		return;
	fb_bootstrap_share(c->bootstrap, &mine, &ignored);
	free(mine.data);
}

/* Afterwards everyone's card can be read; my own and rank 0's are. */
static fb_coll_status_t share_card(struct fb_coll *c, int *listening, struct fb_err *err)
{
	struct fb_card card = { .port = 0, .offer.fd = -1 };
	struct fb_blob mine;
	fb_coll_status_t status = make_card(c, &card, listening, err);

	if (!status)
		status = fb_card_pack(&card, &mine, err);
	c->offered = card.offer.fd;
	fb_card_clear(&card);
	if (status) {
		share_failure(c, status, err);
		return status;
	}
	status = fb_bootstrap_share(c->bootstrap, &mine, err);
	if (!status)
		status = fb_card_unpack(&c->cards[c->rank], &mine, err);
	free(mine.data);
	return status || !c->rank ? status : read_cards(c, 0, 1, err);
}

/*
 * Exchange cards: afterwards c->cards is complete. The watch begins in the middle: reading thousands of cards
 * takes its time, and a rank that dies meanwhile must be noticed.
 */
static fb_coll_status_t meet(struct fb_coll *c, struct fb_err *err)
{
	int listening;
	fb_coll_status_t status = share_card(c, &listening, err);

	if (status) {
		if (listening >= 0)
			close(listening);
		return status;
	}
	if (c->size == 1)
		return FB_COLL_OK;
	status = fb_watch_create(c->rank, c->size, c->cards, listening, &c->settings, &c->watch, err);
	if (status)
		return status;
	c->ledger = fb_watch_open_ledger(c->watch, 0, 0);
	if (c->ledger)
		status = read_cards(c, 1, c->size - 1, err);
	else
		status = fb_coll_fail(err, FB_COLL_ERR_MEMORY, "no memory for the watch");
	if (status)
		fb_watch_report(c->watch, status, -1, err->text);
	else
		fb_watch_introduce(c->watch);
	return status;
}

void fb_coll_find_place(struct fb_coll *c)
{
	cpu_set_t cores;
	int usable = sched_getaffinity(0, sizeof(cores), &cores) ? 1 : CPU_COUNT(&cores);

	for (int i = 0; i < c->size; i++)
		if (fb_card_same_node(&c->cards[i], &c->cards[c->rank])) {
			c->local_rank += i < c->rank;
			c->local_size++;
		}
	c->remote = c->local_size < c->size;
	fb_layout_find(c->cards, c->size, c->rank, c->order, c->order + c->size, &c->layout);
	if (c->job->cards[0].tuning)
		c->tuned = fb_tuning_find(c->job->cards[0].tuning, &c->layout);
	/* Under srun each rank may be bound to cores of its own. */
	long online = sysconf(_SC_NPROCESSORS_ONLN);
	c->spins = usable >= c->local_size || (usable < online && online >= c->local_size) ? SPINS : SPINS_SHARED;
	c->looks = c->looks_most = c->spins == SPINS ? FB_LOOKS_MOST : FB_LOOKS_LEAST;
}

static void destroy(struct fb_coll *c, bool orderly)
{
	if (c->transport)
		c->transport->ops->close(c->transport, orderly);
	fb_watch_destroy(c->watch);
	fb_bootstrap_close(c->bootstrap);
	if (c->offered >= 0)
		close(c->offered);
	/* What an abandoned transport may still touch stays. */
	if (c->transport && !orderly)
		return;
	fb_regions_destroy(c);
	fb_mapped_destroy(c->mapped);
	for (int i = 0; c->cards && i < c->size; i++)
		fb_card_clear(&c->cards[i]);
	free(c->cards);
	free(c->order);
	free(c->scratch);
	free(c);
}

/* Wait until no rank has anything under way. Who dies here dies after the last call: nobody's error. */
static void part(struct fb_coll *c)
{
	int64_t until = fb_awake_ms(&c->awake, FB_POLL_GAP_MS) + PART_MS;

	if (!c->watch)
		return;
	fb_watch_part(c->watch);
	while (!fb_watch_parted(c->watch) && !fb_watch_failed(c->watch) && fb_awake_ms(&c->awake, FB_POLL_GAP_MS) < until) {
		c->transport->ops->progress(c->transport);
		usleep(50);
	}
}

static fb_coll_status_t start(struct fb_coll *c, struct fb_err *err)
{
	fb_coll_status_t status;

	c->job = c;
	c->lost_rank = c->offered = -1;
	if ((status = fb_settings_read(&c->settings, err)) || (status = fb_reduce_select(c->settings.simd, err)) ||
	    (status = fb_bootstrap_open(&c->settings, &c->bootstrap, err)))
		return status;
	c->rank = c->bootstrap->rank;
	c->size = c->bootstrap->size;
	if ((status = meet(c, err)))
		return status;
	fb_coll_find_place(c);
	c->transport->ops->introduce(c->transport, c->cards, c->rank, c->size);
	status = fb_mapped_join(c);
	if (status)
		*err = c->why;
	return status;
}

fb_coll_status_t fb_coll_init(fb_coll_t **coll)
{
	struct fb_coll *c = calloc(1, sizeof(*c));
	struct fb_err err;
	fb_coll_status_t status;

	if (!c)
		return fb_coll_publish(fb_coll_fail(&err, FB_COLL_ERR_MEMORY, "no memory for a handle"), &err);
	status = start(c, &err);
	if (status) {
		if (c->bootstrap)
			c->bootstrap->failed = true;
		destroy(c, !c->failed);
		return fb_coll_publish(status, &err);
	}
	*coll = c;
	return FB_COLL_OK;
}

/* Every rank has made the same calls: what was never waited for comes to its end. */
static fb_coll_status_t finish_calls(struct fb_coll *c)
{
	fb_coll_status_t status = FB_COLL_OK;

	while (c->first && !status)
		status = fb_work_wait(c->first);
	return status;
}

static fb_coll_status_t finalize_group(struct fb_coll *c)
{
	bool failed = c->job->failed != FB_COLL_OK;
	fb_coll_status_t status = FB_COLL_OK;

	if (!failed && !(status = finish_calls(c)))
		status = fb_coll_last(c);
	fb_group_destroy(c, !failed && !status);
	return status;
}

static fb_coll_status_t finalize_job(struct fb_coll *c)
{
	bool failed = c->failed != FB_COLL_OK;
	fb_coll_status_t status = FB_COLL_OK;

	for (struct fb_coll *group = c->next_group; group && !failed && !status; group = group->next_group)
		status = finish_calls(group);
	if (!failed && !status && !(status = finish_calls(c)))
		status = fb_coll_last(c);
	if (!failed && !status)
		part(c);
	while (c->next_group)
		fb_group_destroy(c->next_group, !failed && !status);
	destroy(c, !failed && !status);
	return status;
}

fb_coll_status_t fb_coll_finalize(fb_coll_t *coll)
{
	if (!coll)
		return FB_COLL_OK;
	return coll->job == coll ? finalize_job(coll) : finalize_group(coll);
}

int fb_coll_rank(const fb_coll_t *coll)
{
	return coll->rank;
}

int fb_coll_size(const fb_coll_t *coll)
{
	return coll->size;
}

int fb_coll_local_rank(const fb_coll_t *coll)
{
	return coll->local_rank;
}

int fb_coll_local_size(const fb_coll_t *coll)
{
	return coll->local_size;
}

int fb_coll_lost_rank(const fb_coll_t *coll)
{
	return coll->job->lost_rank;
}

const char *fb_coll_host(const fb_coll_t *coll, int rank)
{
	return rank >= 0 && rank < coll->size ? coll->cards[rank].host : NULL;
}

const char *fb_coll_bootstrap(const fb_coll_t *coll)
{
	return coll->job->bootstrap->ops->name;
}

size_t fb_coll_transports(const fb_coll_t *coll, char *text, size_t size)
{
	static const char mapped[] = "mapped/memory";
	size_t length = coll->mapped ? sizeof(mapped) - 1 : 0;

	if (!length)
		return coll->transport->ops->describe(coll->transport, text, size);
	/* UCX has carried no more than the ranks' agreement about that. */
	if (size)
		snprintf(text, size, "%s", mapped);
	return length;
}

const char *fb_coll_version(void)
{
	return PACKAGE_VERSION;
}
