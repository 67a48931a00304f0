/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One collective call: its tags, its waiting, and what ends it when data stops. */
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "coll/clock.h"
#include "coll/internal.h"

#define TRANSPORT_VERDICT_MS 3000 /* a lost connection is often a lost rank: the watch knows which */

/*
 * Tag: group (8 bits, 0 so far), sequence (20), step (14), signature (22). Ranks are never more than one call
 * apart, so a sequence that wraps is not ambiguous. Ranks that ask for different things do not match,
 * do not move, and the census tells them.
 */
#define STEP_SHIFT 22
#define SEQUENCE_SHIFT 36

static uint64_t make_tag(const struct fb_call_state *call)
{
	const uint64_t fields[] = { call->call, call->type, call->op, call->count, call->algorithm };
	uint64_t hash = 0xcbf29ce484222325u;

	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		hash = (hash ^ fields[i]) * 0x100000001b3u;
		hash ^= hash >> 29;
	}
	return (call->sequence & 0xfffff) << SEQUENCE_SHIFT | (hash >> 20 & 0x3fffff);
}

fb_coll_status_t fb_call_begin(struct fb_coll *c, const struct fb_call_state *call)
{
	struct fb_err again;

	if (c->failed) {
		again = c->why;
		fb_err_prefix(&again, "an earlier call failed");
		return fb_coll_publish(c->failed, &again);
	}
	c->why.text[0] = '\0';
	uint64_t sequence = c->call.sequence + 1;
	c->call = *call;
	c->call.sequence = sequence;
	c->tag = make_tag(&c->call);
	c->idle_since = 0;
	if (c->watch)
		fb_watch_begin(c->watch, &c->call);
	return FB_COLL_OK;
}

fb_coll_status_t fb_call_end(struct fb_coll *c, fb_coll_status_t status)
{
	if (c->watch)
		fb_watch_end(c->watch);
	c->failed = status;
	return fb_coll_publish(status, &c->why);
}

void fb_call_send(struct fb_coll *c, int rank, int step, const void *data, size_t bytes, struct fb_request *request)
{
	c->transport->ops->send(c->transport, rank, c->tag | (uint64_t)step << STEP_SHIFT, data, bytes, request);
}

void fb_call_receive(struct fb_coll *c, int step, void *data, size_t bytes, struct fb_request *request)
{
	c->transport->ops->receive(c->transport, c->tag | (uint64_t)step << STEP_SHIFT, data, bytes, request);
}

/* The verdict is the same on all ranks; what this rank was doing is added where it does not say so. */
static fb_coll_status_t take_failure(struct fb_coll *c)
{
	struct fb_err verdict;
	fb_coll_status_t status = fb_watch_failure(c->watch, &c->lost_rank, &verdict);
	char call[96];

	fb_call_describe(&c->call, call, sizeof(call));
	if (status == FB_COLL_ERR_MISMATCH || strstr(verdict.text, call))
		c->why = verdict;
	else
		fb_err_set(&c->why, "%s failed: %s", call, verdict.text);
	return status;
}

static fb_coll_status_t take_transport_failure(struct fb_coll *c)
{
	struct fb_transport *t = c->transport;
	int64_t until = fb_awake_ms(&c->awake, FB_POLL_GAP_MS) + TRANSPORT_VERDICT_MS;

	while (!fb_watch_failed(c->watch) && fb_awake_ms(&c->awake, FB_POLL_GAP_MS) < until)
		fb_clock_sleep_ms(5);
	if (t->failed_rank >= 0)
		fb_watch_report(c->watch, FB_COLL_ERR_TRANSPORT, t->failed_rank, t->why.text);
	else
		fb_watch_report(c->watch, FB_COLL_ERR_TRANSPORT, -1, "UCX could not complete a message");
	return take_failure(c);
}

/* Nothing came for a while. */
static void wait_slowly(struct fb_coll *c)
{
	int64_t now = fb_awake_ms(&c->awake, FB_POLL_GAP_MS);

	if (!c->idle_since) {
		c->idle_since = now;
		c->ask_at = now + FB_WATCH_ASK_MS;
	} else if (now >= c->ask_at) {
		fb_watch_idle(c->watch, (uint64_t)(now - c->idle_since));
		fb_watch_ask(c->watch);
		c->ask_at = now + FB_WATCH_ASK_MS;
	}
	sched_yield();
}

fb_coll_status_t fb_call_wait(struct fb_coll *c, struct fb_request *request)
{
	struct fb_transport *t = c->transport;
	int spins = 0;

	while (!request->done) {
		t->ops->progress(t);
		if (request->done)
			break;
		if (fb_watch_failed(c->watch))
			return take_failure(c);
		if (t->failed_rank >= 0)
			return take_transport_failure(c);
		if (++spins > c->spins) {
			wait_slowly(c);
			spins = 0;
		}
	}
	if (c->idle_since) {
		c->idle_since = 0;
		fb_watch_idle(c->watch, 0);
	}
	return request->status ? take_transport_failure(c) : FB_COLL_OK;
}

fb_coll_status_t fb_call_flush(struct fb_coll *c)
{
	struct fb_request flushed;

	c->transport->ops->flush(c->transport, &flushed);
	return fb_call_wait(c, &flushed);
}
