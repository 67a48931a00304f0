/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a handle holds: of the job, or of a group of its ranks. */
#ifndef FB_COLL_INTERNAL_H
#define FB_COLL_INTERNAL_H

#include "coll/clock.h"
#include "coll/patience.h"
#include "coll/plan.h"
#include "coll/settings.h"
#include "coll/transport.h"
#include "coll/tuning.h"
#include "coll/watch.h"

#define FB_ACTIVE 4 /* calls of a group whose data moves at the same time; more of them wait */
/* Scratch memory of a handle: allocated once, because a rank that runs out of memory in a call would stop all others. */
#define FB_SCRATCH_BYTES (FB_ACTIVE * FB_SLICE_BYTES)

#define FB_POLL_GAP_MS 500 /* more than this between two polls, and the process was stopped: that is no waiting */

struct fb_work;
struct fb_mapped;
struct fb_region;

struct fb_coll {
	struct fb_coll *job; /* itself, unless it is a group's */
	struct fb_transport *transport;
	struct fb_watch *watch; /* NULL with one rank in the job */
	struct fb_card *cards;	/* [size] */
	int rank, size, local_rank, local_size;
	bool remote; /* there is more than one node */
	struct fb_layout layout;
	struct fb_tuned_shape tuned; /* for it, in the job's table */
	int *order; /* [2 * size] of layout */
	int spins; /* polls before the core is given to another process */
	char *scratch;
	unsigned slices; /* of it in use, one bit each */
	struct fb_ledger *ledger; /* NULL with one rank */
	struct fb_work *first, *last; /* calls under way, in their order */
	int requests;		      /* of them, those of the user's */
	fb_coll_type_t wire;	      /* of allreduces of FLOAT32 */
	int looks, looks_most; /* the same for words in mapped memory, now and at most: mapped_spin.h */
	int offered; /* the memory file on this rank's card, until all have opened it; -1 */
	struct fb_mapped *mapped; /* NULL where not all ranks are in one node or one cannot map it */
	struct fb_region *regions; /* of fb_coll_alloc */
	size_t region_count, region_room;
	uint32_t last_region;

	/* The last call that was begun, and its tag without the step. */
	struct fb_call_state call;
	uint64_t tag, history;

	/* A group's, otherwise not used. */
	const int *ranks; /* [size], of the job; NULL: the same */
	struct fb_membership *membership;
	struct fb_coll *next_group; /* from the job on */

	/* The job's, otherwise not used. */
	struct fb_settings settings;
	struct fb_bootstrap *bootstrap;
	struct fb_coll *groups[FB_GROUPS_MAX]; /* by number; [0] is the job */
	struct fb_awake awake;
	struct fb_patience patience;
	int64_t idle_since; /* ms of awake, 0: data moves */
	int64_t ask_at;
	fb_coll_status_t failed; /* sticky */
	int lost_rank;
	struct fb_err why;
};

/* A blocking call by the way that fits; its arguments are right. */
fb_coll_status_t fb_coll_run(struct fb_coll *c, const struct fb_task *task);

/* The last call of a handle: a barrier under a name of its own. */
fb_coll_status_t fb_coll_last(struct fb_coll *c);

/* Free a group's handle; orderly: no rank has anything under way in it. */
void fb_group_destroy(struct fb_coll *group, bool orderly);

/* Places among the ranks of a node, and the patience that they allow. c->cards is complete. */
void fb_coll_find_place(struct fb_coll *c);

/* A call gets its number and its tag: c->call, c->tag. Not after a failure. */
fb_coll_status_t fb_call_post(struct fb_coll *c, const struct fb_call_state *call);

/*
 * The same for one that is waited for at once, outside of c's list; in fb_call_end, status is made sticky and published.
 */
fb_coll_status_t fb_call_begin(struct fb_coll *c, const struct fb_call_state *call);
fb_coll_status_t fb_call_end(struct fb_coll *c, fb_coll_status_t status);

/* Fail with the failure of an earlier call, if there was one. */
fb_coll_status_t fb_call_refuse(struct fb_coll *c);

/*
 * While a call is waited for: what else ends it. FB_COLL_OK, or the failure with job->why set. No more than a load
 * and a compare while all is well.
 */
fb_coll_status_t fb_call_check(struct fb_coll *c, const struct fb_call_state *call);

/* Nothing came for a while, or something did. */
void fb_call_unmoved(struct fb_coll *c, const struct fb_call_state *call);
void fb_call_moved(struct fb_coll *c);

/*
 * A look in vain at something else than a message, between fb_call_begin and fb_call_end: calls under way move on, and the
 * core is another's for a moment. FB_COLL_OK, or what ends the call.
 */
fb_coll_status_t fb_call_idle(struct fb_coll *c);

/* Which calls are finished, for those who ask. */
void fb_call_settle(struct fb_coll *c);

/* How a tag carries the step. */
#define FB_TAG_STEP_SHIFT 22

#endif
