/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a census of the ranks means: pure logic, no sockets and no clock. A rank that waits asks the hub (rank 0), the hub
 * asks every rank where it is, and the answers say whether to go on waiting.
 */
#ifndef FB_COLL_VERDICT_H
#define FB_COLL_VERDICT_H

#include <stdbool.h>
#include <stdint.h>

#include "coll/status.h"

enum fb_call { FB_CALL_NONE, FB_CALL_ALLREDUCE, FB_CALL_BARRIER, FB_CALL_FINALIZE };

/* One collective call. All ranks make the same calls in the same order. */
struct fb_call_state {
	uint64_t sequence; /* of the call it is in, or of the last one that it finished; from 1 */
	uint64_t count;
	uint32_t call;	    /* enum fb_call; NONE: not in a call */
	uint32_t type, op;  /* of an allreduce */
	uint32_t algorithm; /* the environment may choose another one per rank */
	uint64_t idle_ms;   /* since data last moved in this call */
};

enum fb_member_state { FB_MEMBER_EXPECTED, FB_MEMBER_HERE, FB_MEMBER_LEFT, FB_MEMBER_LOST };

struct fb_member {
	enum fb_member_state state;
	bool answered;	  /* in this census */
	int64_t asked_at; /* ms: since when a question to it is open, over this census or several; 0: none is */
	struct fb_call_state at;
};

struct fb_verdict {
	fb_coll_status_t status; /* OK: go on waiting */
	int rank;		 /* the first rank to blame, or -1 */
	struct fb_err why;
};

/* "allreduce 17 (sum of 1048576 float)" */
void fb_call_describe(const struct fb_call_state *call, char *text, size_t size);

/*
 * A census begins: true when the member is to be sent a question, false when it has one already that it did not answer.
 * A short silence is no fault (a busy machine, a debugger): only a question that stays open for the stall limit is.
 */
bool fb_member_ask(struct fb_member *member, int64_t now);

/* Its answer, to whichever census. */
void fb_member_answer(struct fb_member *member, const struct fb_call_state *at);

/* now: of the clock that gave the members' asked_at. */
void fb_verdict_reach(const struct fb_member *members, int size, int64_t now, int stall_s, int late_s, struct fb_verdict *verdict);

#endif
