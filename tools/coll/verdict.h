/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a census of the ranks means: pure logic, no sockets and no clock. A rank that waits for a call asks the hub (rank 0),
 * the hub asks every rank where it is in that call's group and what it asked for under that call's number, and the answers
 * say whether to go on waiting. Ranks are those of the job, whatever the group.
 */
#ifndef FB_COLL_VERDICT_H
#define FB_COLL_VERDICT_H

#include <stdbool.h>
#include <stdint.h>

#include "coll/status.h"

enum fb_call {
	FB_CALL_NONE,
	FB_CALL_ALLREDUCE,
	FB_CALL_BARRIER,
	FB_CALL_FINALIZE,
	FB_CALL_REDUCE_SCATTER,
	FB_CALL_ALLGATHER,
	FB_CALL_BROADCAST,
	FB_CALL_ALLOC,
	FB_CALL_FREE,
	FB_CALL_PAIR,
	FB_CALL_ELSEWHERE, /* waits, but not for a call of the group in question */
};

/* One collective call of a group. All its ranks make the same calls in the same order. */
struct fb_call_state {
	uint64_t sequence; /* of the call it is in, or of the last one that it finished; from 1 */
	uint64_t count;
	uint64_t detail;    /* what else must agree: a broadcast's root, how fused tensors are cut */
	uint64_t history;   /* and a hash of all calls before: of a broadcast not every rank notices that others disagree */
	uint32_t group;	    /* 0: the whole job */
	uint32_t call;	    /* enum fb_call; NONE: not in a call */
	uint32_t type, op;  /* of the elements */
	uint32_t algorithm; /* the environment may choose another one per rank */
	uint32_t wire;	    /* how they travel; the type where they are not converted */
	uint64_t idle_ms;   /* since data last moved while this rank waits */
};

enum fb_member_state { FB_MEMBER_EXPECTED, FB_MEMBER_HERE, FB_MEMBER_LEFT, FB_MEMBER_LOST };

struct fb_member {
	enum fb_member_state state;
	bool answered;	  /* in this census */
	bool outside;	  /* not a member of the group in question */
	int64_t asked_at; /* ms: since when a question to it is open, over this census or several; 0: none is */
	struct fb_call_state at;   /* where it is in the group in question */
	struct fb_call_state then; /* what it asked for under the number in question; NONE: not yet, or long ago */
};

struct fb_verdict {
	fb_coll_status_t status; /* OK: go on waiting */
	int rank;		 /* the first rank to blame, or -1 */
	struct fb_err why;
};

/* "allreduce 17 (sum of 1048576 float)", "broadcast 3 of group 2 (10 int32 from its rank 1)" */
void fb_call_describe(const struct fb_call_state *call, char *text, size_t size);

/*
 * A census begins: true when the member is to be sent a question, false when it has one already that it did not answer.
 * A short silence is no fault (a busy machine, a debugger): only a question that stays open for the stall limit is.
 */
bool fb_member_ask(struct fb_member *member, int64_t now);

/* Its answer, to the question that is open. */
void fb_member_answer(struct fb_member *member, const struct fb_call_state *at, const struct fb_call_state *then);

/* What is asked of the ranks of a job, and the limits (seconds). */
struct fb_inquiry {
	struct fb_call_state call; /* that a rank waits for */
	int asker;
	int64_t now; /* of the clock that gave the members' asked_at */
	int stall_s, late_s;
};

/* OK also when the asker does not wait for the call any more. */
void fb_verdict_reach(const struct fb_member *members, int size, const struct fb_inquiry *inquiry, struct fb_verdict *verdict);

#endif
