/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a handle holds, and what the algorithms stand on. */
#ifndef FB_COLL_INTERNAL_H
#define FB_COLL_INTERNAL_H

#include "coll/clock.h"
#include "coll/schedule.h"
#include "coll/settings.h"
#include "coll/transport.h"
#include "coll/watch.h"

/* Scratch memory of a handle: allocated once, because a rank that runs out of memory in a call would stop all others. */
#define FB_SCRATCH_BYTES ((size_t)2 << 20)

#define FB_POLL_GAP_MS 500 /* more than this between two polls, and the process was stopped: that is no waiting */

struct fb_coll {
	struct fb_settings settings;
	struct fb_bootstrap *bootstrap;
	struct fb_transport *transport;
	struct fb_watch *watch; /* NULL with one rank */
	struct fb_card *cards;	/* [size] */
	int rank, size, local_rank, local_size;
	bool remote; /* there is more than one node */
	int spins; /* polls before the core is given to another process */
	void *scratch;

	/* The call under way. */
	struct fb_call_state call;
	uint64_t tag;	    /* without the step */
	struct fb_awake awake;
	int64_t idle_since; /* ms of awake, 0: data moves */
	int64_t ask_at;

	fb_coll_status_t failed; /* sticky */
	int lost_rank;
	struct fb_err why;
};

struct fb_allreduce {
	const void *send;
	void *recv;
	size_t count;
	fb_coll_type_t type;
	fb_coll_op_t op;
};

/* An algorithm moves and reduces; FB_COLL_OK, or a failure with c->why set. */
typedef fb_coll_status_t (*fb_allreduce_function)(struct fb_coll *c, const struct fb_allreduce *a);

fb_coll_status_t fb_allreduce_ring(struct fb_coll *c, const struct fb_allreduce *a);
/* count * element size at most FB_SCRATCH_BYTES; count may be 0: then it is a barrier. */
fb_coll_status_t fb_allreduce_doubling(struct fb_coll *c, const struct fb_allreduce *a);

/* The last call of a handle: a barrier under a name of its own. */
fb_coll_status_t fb_allreduce_last(struct fb_coll *c);

/* The same choice on every rank: by the setting, the bytes and the number of ranks only. */
enum fb_algorithm_kind fb_algorithm_choose(enum fb_algorithm_kind asked, size_t bytes, int size);

/* Begin and end a call: what the watch tells others, and the tags. end returns status, made sticky and published. */
fb_coll_status_t fb_call_begin(struct fb_coll *c, const struct fb_call_state *call);
fb_coll_status_t fb_call_end(struct fb_coll *c, fb_coll_status_t status);

/* Messages of the call under way; a step has one sender and one receiver per rank, steps are below 1 << 14. */
void fb_call_send(struct fb_coll *c, int rank, int step, const void *data, size_t bytes, struct fb_request *request);
void fb_call_receive(struct fb_coll *c, int step, void *data, size_t bytes, struct fb_request *request);

/* Have all that was sent leave this process: a rank may compute for an hour before it comes back. */
fb_coll_status_t fb_call_flush(struct fb_coll *c);

/* Wait for one; returns at the latest when the watch or a limit says so. */
fb_coll_status_t fb_call_wait(struct fb_coll *c, struct fb_request *request);

#endif
