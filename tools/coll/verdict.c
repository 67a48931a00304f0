/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "coll/verdict.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "coll/type.h"

void fb_call_describe(const struct fb_call_state *call, char *text, size_t size)
{
	const char *op = fb_op_name((fb_coll_op_t)call->op), *type = fb_type_name((fb_coll_type_t)call->type);

	if (call->call == FB_CALL_ALLREDUCE)
		snprintf(text, size, "allreduce %" PRIu64 " (%s of %" PRIu64 " %s)", call->sequence, op ? op : "?", call->count,
			 type ? type : "?");
	else if (call->call == FB_CALL_BARRIER)
		snprintf(text, size, "barrier %" PRIu64, call->sequence);
	else if (call->call == FB_CALL_FINALIZE)
		snprintf(text, size, "finalize");
	else
		snprintf(text, size, "no call");
}

bool fb_member_ask(struct fb_member *member, int64_t now)
{
	member->answered = false;
	if (member->asked_at)
		return false;
	member->asked_at = now;
	return true;
}

void fb_member_answer(struct fb_member *member, const struct fb_call_state *at)
{
	member->at = *at;
	member->answered = true;
	member->asked_at = 0;
}

static bool same_call(const struct fb_call_state *a, const struct fb_call_state *b)
{
	return a->call == b->call && (a->call != FB_CALL_ALLREDUCE || (a->type == b->type && a->op == b->op && a->count == b->count &&
									 a->algorithm == b->algorithm));
}

static bool inside(const struct fb_member *m)
{
	return m->state == FB_MEMBER_HERE && m->answered && m->at.call != FB_CALL_NONE;
}

/*
 * Against the lowest rank in the call, which there is. The answers are not from one instant, but what a rank asked
 * for under a number never changes.
 */
static bool find_mismatch(const struct fb_member *members, int size, uint64_t sequence, struct fb_verdict *verdict)
{
	char one[96], other[96];
	int first = 0;

	while (!inside(&members[first]) || members[first].at.sequence != sequence)
		first++;
	const struct fb_call_state *a = &members[first].at;
	for (int i = 0; i < size; i++) {
		const struct fb_call_state *b = &members[i].at;
		if (!inside(&members[i]) || b->sequence != a->sequence || same_call(a, b))
			continue;
		fb_call_describe(a, one, sizeof(one));
		fb_call_describe(b, other, sizeof(other));
		verdict->rank = i;
		verdict->status = fb_coll_fail(&verdict->why, FB_COLL_ERR_MISMATCH,
					       "ranks disagree: rank %d is in %s, rank %d in %s%s", first, one, i, other,
					       a->algorithm != b->algorithm && !strcmp(one, other) ?
						       " with another FLIGHTBASE_ALGORITHM" :
						       "");
		return true;
	}
	return false;
}

/* What the members are held against. */
struct view {
	const struct fb_member *members;
	int size;
	uint64_t sequence;   /* of the newest call */
	int64_t silent_from; /* a question that is open since then, or longer, is a fault */
};

/* "rank 3", or "ranks 3, 5 and 12 others", of those that match; how many. */
static int list_ranks(const struct view *v, bool (*matches)(const struct view *, const struct fb_member *), char *text, size_t room,
		      int *first)
{
	int found = 0, listed = 0;

	*first = -1;
	for (int i = 0; i < v->size; i++)
		found += matches(v, &v->members[i]);
	snprintf(text, room, found == 1 ? "rank" : "ranks");
	for (int i = 0; i < v->size && listed < 8; i++) {
		if (!matches(v, &v->members[i]))
			continue;
		if (!listed)
			*first = i;
		snprintf(text + strlen(text), room - strlen(text), "%s %d", listed ? "," : "", i);
		listed++;
	}
	if (found > listed)
		snprintf(text + strlen(text), room - strlen(text), " and %d others", found - listed);
	return found;
}

static bool is_silent(const struct view *v, const struct fb_member *m)
{
	return m->state == FB_MEMBER_HERE && !m->answered && m->asked_at <= v->silent_from;
}

/* Nothing can be said yet about who did not answer, or has not even said hello (the hub has a limit of its own for that). */
static bool is_unknown(const struct view *v, const struct fb_member *m)
{
	(void)v;
	return m->state == FB_MEMBER_EXPECTED || (m->state == FB_MEMBER_HERE && !m->answered);
}

static bool is_late(const struct view *v, const struct fb_member *m)
{
	return m->state == FB_MEMBER_HERE && m->answered && m->at.sequence < v->sequence && m->at.call == FB_CALL_NONE;
}

/* Still in an earlier call, which it cannot finish. */
static bool is_behind(const struct view *v, const struct fb_member *m)
{
	return inside(m) && m->at.sequence < v->sequence;
}

static bool has_left(const struct view *v, const struct fb_member *m)
{
	(void)v;
	return m->state == FB_MEMBER_LEFT;
}

/* The rank that has waited longest in the newest call, or -1. */
static int find_waiting(const struct fb_member *members, int size)
{
	int found = -1;

	for (int i = 0; i < size; i++)
		if (inside(&members[i]) &&
		    (found < 0 || members[i].at.sequence > members[found].at.sequence ||
		     (members[i].at.sequence == members[found].at.sequence && members[i].at.idle_ms > members[found].at.idle_ms)))
			found = i;
	return found;
}

/* Data moves as long as one rank in a call saw some. */
static uint64_t shortest_idle(const struct fb_member *members, int size)
{
	uint64_t idle = UINT64_MAX;

	for (int i = 0; i < size; i++)
		if (inside(&members[i]) && members[i].at.idle_ms < idle)
			idle = members[i].at.idle_ms;
	return idle;
}

static void blame(struct fb_verdict *verdict, int rank, const char *call, const char *ranks, const char *what, int limit_s,
		  const char *variable)
{
	verdict->rank = rank;
	verdict->status = fb_coll_fail(&verdict->why, FB_COLL_ERR_STALLED, "%s waits for %s: %s for %d s (%s)", call, ranks, what,
				       limit_s, variable);
}

/* Every rank is in a call, and waits. */
static void blame_network(const struct view *v, const char *call, int stall_s, struct fb_verdict *verdict)
{
	char ranks[96], what[224], earlier[96];

	if (list_ranks(v, is_behind, ranks, sizeof(ranks), &verdict->rank)) {
		fb_call_describe(&v->members[verdict->rank].at, earlier, sizeof(earlier));
		snprintf(what, sizeof(what), " waits for %s, still in %s:", ranks, earlier);
	} else {
		snprintf(what, sizeof(what), ": all ranks came, but");
	}
	verdict->status = fb_coll_fail(&verdict->why, FB_COLL_ERR_STALLED,
				       "%s%s no data moved for %d s (FLIGHTBASE_STALL_TIMEOUT): is the network between the nodes "
				       "working?",
				       call, what, stall_s);
}

void fb_verdict_reach(const struct fb_member *members, int size, int64_t now, int stall_s, int late_s, struct fb_verdict *verdict)
{
	int waiting = find_waiting(members, size), first;
	const uint64_t stall_ms = (uint64_t)stall_s * 1000;
	char ranks[96], call[96];

	*verdict = (struct fb_verdict){ .status = FB_COLL_OK, .rank = -1 };
	if (waiting < 0 || find_mismatch(members, size, members[waiting].at.sequence, verdict))
		return;
	const struct fb_call_state *at = &members[waiting].at;
	const struct view v = { members, size, at->sequence, now - (int64_t)stall_ms };
	fb_call_describe(at, call, sizeof(call));
	if (at->call != FB_CALL_FINALIZE && list_ranks(&v, has_left, ranks, sizeof(ranks), &first)) {
		verdict->rank = first;
		verdict->status = fb_coll_fail(&verdict->why, FB_COLL_ERR_MISMATCH, "%s waits for %s, which left with fb_coll_finalize", call,
					       ranks);
	} else if (at->idle_ms >= stall_ms && list_ranks(&v, is_silent, ranks, sizeof(ranks), &first)) {
		blame(verdict, first, call, ranks, "alive but not answering", stall_s, "FLIGHTBASE_STALL_TIMEOUT");
	} else if (list_ranks(&v, is_late, ranks, sizeof(ranks), &first)) {
		if (at->idle_ms >= (uint64_t)late_s * 1000)
			blame(verdict, first, call, ranks, "not come", late_s, "FLIGHTBASE_LATE_TIMEOUT");
	} else if (!list_ranks(&v, is_unknown, ranks, sizeof(ranks), &first) && shortest_idle(members, size) >= stall_ms) {
		blame_network(&v, call, stall_s, verdict);
	}
}
