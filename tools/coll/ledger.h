/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What this rank asked for in one group: its last calls under their numbers, and how far it is. The data path writes,
 * without ever waiting; the watch's thread reads, for ranks that wait for this one.
 */
#ifndef FB_COLL_LEDGER_H
#define FB_COLL_LEDGER_H

#include <stdatomic.h>

#include "coll/verdict.h"

/*
 * A broadcast's root does not wait for the others, but in each FB_AHEAD_CALLS-th call; of those FB_ACTIVE may be waiting at the
 * same time (internal.h), and FB_REQUESTS_MAX calls behind them. What another rank asks about is still in the ledger.
 */
#define FB_AHEAD_CALLS 64
#define FB_REQUESTS_MAX 256
#define FB_LEDGER_CALLS 1024

struct fb_ledger_line {
	_Atomic uint64_t count, detail, history;
	_Atomic uint32_t call, type, op, algorithm, wire;
};

struct fb_ledger {
	atomic_uint version; /* odd while the rest changes */
	_Atomic uint32_t leader; /* rank of the job that is rank 0 of the group */
	_Atomic uint64_t posted; /* the number of the last call; 0: none yet */
	_Atomic uint64_t oldest; /* the first call that is not finished; posted + 1: all are */
	struct fb_ledger_line lines[FB_LEDGER_CALLS];
};

/* A group begins; a ledger is used again when its group is gone. */
void fb_ledger_open(struct fb_ledger *ledger, uint32_t leader);

/* A call with its number, one more than the last one's. */
void fb_ledger_post(struct fb_ledger *ledger, const struct fb_call_state *call);

/* All calls before this number are finished. */
static inline void fb_ledger_settle(struct fb_ledger *ledger, uint64_t oldest)
{
	atomic_store_explicit(&ledger->oldest, oldest, memory_order_release);
}

/*
 * From any thread. at: where this rank is in the group, inside saying whether it waits in the library, for whatever
 * call: the oldest unfinished call, or that it is not in one (fb_call_state). then: what it asked for under the number;
 * FB_CALL_NONE when that is yet to come or long gone. ledger may be NULL: nothing was asked for.
 */
void fb_ledger_look(struct fb_ledger *ledger, uint32_t leader, bool inside, uint64_t number, struct fb_call_state *at,
		    struct fb_call_state *then);

#endif
