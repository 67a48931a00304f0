/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One collective call: its number and tag, and what ends it when data stops. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "coll/clock.h"
#include "coll/internal.h"
#include "coll/net.h"
#include "coll/work.h"

/* A lost connection is often a lost rank, or a node that was cut off, of which the watch hears later: it knows which. */
#define TRANSPORT_VERDICT_MS (FB_NET_SILENCE_MS + 2000)

/*
 * Tag: group (8 bits), sequence (20), step (14), signature (22). Ranks are never many calls apart (ledger.h), so a sequence
 * that wraps is not ambiguous. Ranks that ask for different things do not match, do not move, and the census tells them.
 */
#define SEQUENCE_SHIFT 36
#define GROUP_SHIFT 56

/* Over what all ranks must agree upon. */
static uint64_t make_signature(const struct fb_call_state *call)
{
	const uint64_t fields[] = { call->call, call->type, call->op, call->count, call->algorithm, call->detail, call->wire };
	uint64_t hash = 0xcbf29ce484222325u ^ call->history;

	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		hash = (hash ^ fields[i]) * 0x100000001b3u;
		hash ^= hash >> 29;
	}
	return hash;
}

static uint64_t make_tag(const struct fb_call_state *call, uint64_t signature)
{
	return (uint64_t)call->group << GROUP_SHIFT | (call->sequence & 0xfffff) << SEQUENCE_SHIFT | (signature >> 20 & 0x3fffff);
}

fb_coll_status_t fb_call_refuse(struct fb_coll *c)
{
	struct fb_err again;

	if (!c->job->failed)
		return FB_COLL_OK;
	again = c->job->why;
	fb_err_prefix(&again, "an earlier call failed");
	return fb_coll_publish(c->job->failed, &again);
}

fb_coll_status_t fb_call_post(struct fb_coll *c, const struct fb_call_state *call)
{
	if (c->job->failed)
		return fb_call_refuse(c);
	uint64_t sequence = c->call.sequence + 1;
	uint32_t group = c->call.group;
	c->call = *call;
	c->call.sequence = sequence;
	c->call.group = group;
	c->call.history = c->history;
	c->history = make_signature(&c->call);
	c->tag = make_tag(&c->call, c->history);
	if (c->ledger)
		fb_ledger_post(c->ledger, &c->call);
	return FB_COLL_OK;
}

void fb_call_settle(struct fb_coll *c)
{
	if (c->ledger)
		fb_ledger_settle(c->ledger, c->first ? c->first->call.sequence : c->call.sequence + 1);
}

fb_coll_status_t fb_call_begin(struct fb_coll *c, const struct fb_call_state *call)
{
	fb_coll_status_t status = fb_call_post(c, call);

	if (!status && c->watch)
		fb_watch_inside(c->watch, true);
	return status;
}

fb_coll_status_t fb_call_end(struct fb_coll *c, fb_coll_status_t status)
{
	fb_call_moved(c);
	if (c->watch)
		fb_watch_inside(c->watch, false);
	if (status) {
		c->job->failed = status;
		return fb_coll_publish(status, &c->job->why);
	}
	fb_call_settle(c);
	return FB_COLL_OK;
}

/* The verdict is the same on all ranks; what this rank was doing is added where it does not say so. */
static fb_coll_status_t take_failure(struct fb_coll *c, const struct fb_call_state *at)
{
	struct fb_coll *job = c->job;
	struct fb_err verdict;
	fb_coll_status_t status = fb_watch_failure(c->watch, &job->lost_rank, &verdict);
	char call[128];

	fb_call_describe(at, call, sizeof(call));
	if (status == FB_COLL_ERR_MISMATCH || strstr(verdict.text, call))
		job->why = verdict;
	else
		fb_err_set(&job->why, "%s failed: %s", call, verdict.text);
	return status;
}

static fb_coll_status_t take_transport_failure(struct fb_coll *c, const struct fb_call_state *call)
{
	struct fb_transport *t = c->transport;
	struct fb_awake *awake = &c->job->awake;
	int64_t until = fb_awake_ms(awake, FB_POLL_GAP_MS) + TRANSPORT_VERDICT_MS;

	/* It goes on asking: the connection's other end may have left because it heard of a failure first. */
	while (!fb_watch_failed(c->watch) && fb_awake_ms(awake, FB_POLL_GAP_MS) < until) {
		fb_call_unmoved(c, call);
		fb_clock_sleep_ms(5);
	}
	if (t->failed_rank >= 0)
		fb_watch_report(c->watch, FB_COLL_ERR_TRANSPORT, t->failed_rank, t->why.text);
	else
		fb_watch_report(c->watch, FB_COLL_ERR_TRANSPORT, -1, "UCX could not complete a message");
	return take_failure(c, call);
}

fb_coll_status_t fb_call_check(struct fb_coll *c, const struct fb_call_state *call)
{
	if (fb_watch_failed(c->watch))
		return take_failure(c, call);
	if (c->transport->failed)
		return take_transport_failure(c, call);
	return FB_COLL_OK;
}

void fb_call_unmoved(struct fb_coll *c, const struct fb_call_state *call)
{
	struct fb_coll *job = c->job;
	int64_t now = fb_awake_ms(&job->awake, FB_POLL_GAP_MS);

	if (!c->watch)
		return;
	if (!job->idle_since) {
		job->idle_since = now;
		job->ask_at = now + FB_WATCH_ASK_MS;
	} else if (now >= job->ask_at) {
		fb_watch_idle(c->watch, (uint64_t)(now - job->idle_since));
		fb_watch_ask(c->watch, call, c->membership);
		job->ask_at = now + FB_WATCH_ASK_MS;
	}
}

void fb_call_moved(struct fb_coll *c)
{
	fb_patience_end(&c->job->patience);
	if (!c->job->idle_since)
		return;
	c->job->idle_since = 0;
	fb_watch_idle(c->watch, 0);
}

fb_coll_status_t fb_call_idle(struct fb_coll *c)
{
	if (!fb_work_progress(c->job))
		fb_call_unmoved(c, &c->call);
	fb_patience_yield(&c->job->patience);
	return fb_call_check(c, &c->call);
}
