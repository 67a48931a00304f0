/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "coll/ledger.h"

/* A sequence lock: one writer, which never waits; a reader tries again. */
static unsigned begin_change(struct fb_ledger *ledger)
{
	unsigned version = atomic_load_explicit(&ledger->version, memory_order_relaxed);

	atomic_store_explicit(&ledger->version, version + 1, memory_order_relaxed);
	atomic_thread_fence(memory_order_release);
	return version;
}

static void end_change(struct fb_ledger *ledger, unsigned version)
{
	atomic_store_explicit(&ledger->version, version + 2, memory_order_release);
}

void fb_ledger_open(struct fb_ledger *ledger, uint32_t leader)
{
	unsigned version = begin_change(ledger);

	atomic_store_explicit(&ledger->leader, leader, memory_order_relaxed);
	atomic_store_explicit(&ledger->posted, 0, memory_order_relaxed);
	atomic_store_explicit(&ledger->oldest, 1, memory_order_relaxed);
	end_change(ledger, version);
}

void fb_ledger_post(struct fb_ledger *ledger, const struct fb_call_state *call)
{
	struct fb_ledger_line *line = &ledger->lines[call->sequence % FB_LEDGER_CALLS];
	unsigned version = begin_change(ledger);

	atomic_store_explicit(&line->count, call->count, memory_order_relaxed);
	atomic_store_explicit(&line->detail, call->detail, memory_order_relaxed);
	atomic_store_explicit(&line->history, call->history, memory_order_relaxed);
	atomic_store_explicit(&line->call, call->call, memory_order_relaxed);
	atomic_store_explicit(&line->type, call->type, memory_order_relaxed);
	atomic_store_explicit(&line->op, call->op, memory_order_relaxed);
	atomic_store_explicit(&line->algorithm, call->algorithm, memory_order_relaxed);
	atomic_store_explicit(&line->wire, call->wire, memory_order_relaxed);
	atomic_store_explicit(&ledger->posted, call->sequence, memory_order_relaxed);
	end_change(ledger, version);
}

static void read_line(struct fb_ledger *ledger, uint64_t number, struct fb_call_state *call)
{
	struct fb_ledger_line *line = &ledger->lines[number % FB_LEDGER_CALLS];

	call->sequence = number;
	call->count = atomic_load_explicit(&line->count, memory_order_relaxed);
	call->detail = atomic_load_explicit(&line->detail, memory_order_relaxed);
	call->history = atomic_load_explicit(&line->history, memory_order_relaxed);
	call->call = atomic_load_explicit(&line->call, memory_order_relaxed);
	call->type = atomic_load_explicit(&line->type, memory_order_relaxed);
	call->op = atomic_load_explicit(&line->op, memory_order_relaxed);
	call->algorithm = atomic_load_explicit(&line->algorithm, memory_order_relaxed);
	call->wire = atomic_load_explicit(&line->wire, memory_order_relaxed);
}

static void read_all(struct fb_ledger *ledger, uint32_t leader, bool inside, uint64_t number, struct fb_call_state *at,
		     struct fb_call_state *then)
{
	uint64_t posted = atomic_load_explicit(&ledger->posted, memory_order_relaxed);
	uint64_t oldest = atomic_load_explicit(&ledger->oldest, memory_order_relaxed);

	if (atomic_load_explicit(&ledger->leader, memory_order_relaxed) != leader)
		return;
	if (oldest > posted)
		at->sequence = posted;
	else if (inside)
		read_line(ledger, oldest, at);
	else
		at->sequence = oldest - 1;
	if (number && number <= posted && posted - number < FB_LEDGER_CALLS)
		read_line(ledger, number, then);
}

void fb_ledger_look(struct fb_ledger *ledger, uint32_t leader, bool inside, uint64_t number, struct fb_call_state *at,
		    struct fb_call_state *then)
{
	const struct fb_call_state nothing = { .call = inside ? FB_CALL_ELSEWHERE : FB_CALL_NONE };
	unsigned before, after;

	do {
		*at = nothing;
		*then = (struct fb_call_state){ .call = FB_CALL_NONE };
		if (!ledger)
			return;
		before = atomic_load_explicit(&ledger->version, memory_order_acquire);
		read_all(ledger, leader, inside, number, at, then);
		atomic_thread_fence(memory_order_acquire);
		after = atomic_load_explicit(&ledger->version, memory_order_relaxed);
	} while (before != after || before & 1);
}
