/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "coll/verdict.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "coll/settings.h"
#include "coll/type.h"

static const char *const names[] = {
	[FB_CALL_ALLREDUCE] = "allreduce",	     [FB_CALL_BARRIER] = "barrier",	[FB_CALL_FINALIZE] = "finalize",
	[FB_CALL_REDUCE_SCATTER] = "reduce_scatter", [FB_CALL_ALLGATHER] = "allgather", [FB_CALL_BROADCAST] = "broadcast",
	[FB_CALL_ALLOC] = "alloc",		     [FB_CALL_FREE] = "free",
	[FB_CALL_PAIR] = "pair",
};

/* What is asked for: "sum of 10 float", "10 float from its rank 1"; "" where there is nothing to say. */
static void describe_data(const struct fb_call_state *call, char *text, size_t size)
{
	const char *op = fb_op_name((fb_coll_op_t)call->op), *type = fb_type_name((fb_coll_type_t)call->type);

	type = type ? type : "?";
	op = op ? op : "?";
	text[0] = '\0';
	if (call->call == FB_CALL_ALLREDUCE)
		snprintf(text, size, " (%s of %" PRIu64 " %s)", op, call->count, type);
	else if (call->call == FB_CALL_REDUCE_SCATTER)
		snprintf(text, size, " (%s of %" PRIu64 " %s per rank)", op, call->count, type);
	else if (call->call == FB_CALL_ALLGATHER)
		snprintf(text, size, " (%" PRIu64 " %s per rank)", call->count, type);
	else if (call->call == FB_CALL_BROADCAST)
		snprintf(text, size, " (%" PRIu64 " %s from %srank %" PRIu64 ")", call->count, type, call->group ? "its " : "",
			 call->detail);
	else if (call->call == FB_CALL_ALLOC || call->call == FB_CALL_PAIR)
		snprintf(text, size, " (%" PRIu64 " bytes)", call->count);
	else if (call->call == FB_CALL_FREE)
		snprintf(text, size, " (of allocation %" PRIu64 ")", call->count);
}

void fb_call_describe(const struct fb_call_state *call, char *text, size_t size)
{
	char data[96], group[32] = "";

	if (call->call == FB_CALL_NONE || call->call >= sizeof(names) / sizeof(*names)) {
		snprintf(text, size, call->call == FB_CALL_ELSEWHERE ? "a call of another group" : "no call");
		return;
	}
	if (call->group)
		snprintf(group, sizeof(group), " of group %" PRIu32, call->group);
	describe_data(call, data, sizeof(data));
	if (call->call == FB_CALL_FINALIZE)
		snprintf(text, size, "finalize%s", group);
	else
		snprintf(text, size, "%s %" PRIu64 "%s%s", names[call->call], call->sequence, group, data);
}

bool fb_member_ask(struct fb_member *member, int64_t now)
{
	member->answered = false;
	if (member->asked_at)
		return false;
	member->asked_at = now;
	return true;
}

void fb_member_answer(struct fb_member *member, const struct fb_call_state *at, const struct fb_call_state *then)
{
	member->at = *at;
	member->then = *then;
	member->answered = true;
	member->asked_at = 0;
}

static bool same_call(const struct fb_call_state *a, const struct fb_call_state *b)
{
	if (a->call != b->call || a->history != b->history)
		return false;
	return a->call == FB_CALL_BARRIER || a->call == FB_CALL_FINALIZE ||
	       (a->type == b->type && a->op == b->op && a->count == b->count && a->algorithm == b->algorithm &&
		a->detail == b->detail && a->wire == b->wire);
}

static bool is_here(const struct fb_member *m)
{
	return m->state == FB_MEMBER_HERE && m->answered;
}

static bool is_inside(const struct fb_member *m)
{
	return is_here(m) && m->at.call != FB_CALL_NONE;
}

/* It told what it asked for. */
static bool has_asked(const struct fb_member *m)
{
	return is_here(m) && !m->outside && m->then.call != FB_CALL_NONE;
}

/* Between calls that read the same. */
static const char *difference(const struct fb_call_state *a, const struct fb_call_state *b)
{
	if (a->history != b->history)
		return " after other calls: the last broadcasts differ";
	if (a->algorithm != b->algorithm)
		return a->algorithm == FB_ALGORITHM_MAPPED || b->algorithm == FB_ALGORITHM_MAPPED ?
			       " as a request, or with another FLIGHTBASE_ALGORITHM" :
			       " with another FLIGHTBASE_ALGORITHM";
	return a->wire != b->wire ? " with another type on the wire" : " made of other parts";
}

/*
 * Against the lowest rank that told, whoever asks. The answers are not from one instant, but what a rank asked for under a
 * number never changes.
 */
static bool find_mismatch(const struct fb_member *members, int size, struct fb_verdict *verdict)
{
	char one[128], other[128];
	int first = 0;

	while (first < size && !has_asked(&members[first]))
		first++;
	for (int i = first + 1; i < size; i++) {
		const struct fb_call_state *a = &members[first].then, *b = &members[i].then;
		if (!has_asked(&members[i]) || same_call(a, b))
			continue;
		fb_call_describe(a, one, sizeof(one));
		fb_call_describe(b, other, sizeof(other));
		verdict->rank = i;
		verdict->status = fb_coll_fail(&verdict->why, FB_COLL_ERR_MISMATCH,
					       "ranks disagree: rank %d is in %s, rank %d in %s%s", first, one, i, other,
					       strcmp(one, other) ? "" : difference(a, b));
		return true;
	}
	return false;
}

/* What the members are held against. */
struct view {
	const struct fb_member *members;
	int size;
	uint64_t sequence;   /* of the call in question */
	int64_t silent_from; /* a question that is open since then, or longer, is a fault */
};

/* "rank 3", or "ranks 3, 5 and 12 others", of those members of the group that match; how many. */
static int list_ranks(const struct view *v, bool (*matches)(const struct view *, const struct fb_member *), char *text, size_t room,
		      int *first)
{
	int found = 0, listed = 0;

	*first = -1;
	for (int i = 0; i < v->size; i++)
		found += !v->members[i].outside && matches(v, &v->members[i]);
	snprintf(text, room, found == 1 ? "rank" : "ranks");
	for (int i = 0; i < v->size && listed < 8; i++) {
		if (v->members[i].outside || !matches(v, &v->members[i]))
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
	return is_here(m) && m->at.sequence < v->sequence && m->at.call == FB_CALL_NONE;
}

/* Still in an earlier call, which it cannot finish. */
static bool is_behind(const struct view *v, const struct fb_member *m)
{
	return is_inside(m) && m->at.sequence < v->sequence;
}

/* Not come yet, because it waits in another group's call. */
static bool is_elsewhere(const struct view *v, const struct fb_member *m)
{
	return is_behind(v, m) && m->at.call == FB_CALL_ELSEWHERE;
}

/* And data moves for it there. */
static bool is_busy_elsewhere(const struct view *v, const struct fb_member *m)
{
	return is_elsewhere(v, m) && !m->at.idle_ms;
}

static bool has_left(const struct view *v, const struct fb_member *m)
{
	(void)v;
	return m->state == FB_MEMBER_LEFT;
}

/* Data moves as long as one rank in a call saw some: one of the group, or where its members wait for others, any. */
static uint64_t shortest_idle(const struct view *v, bool any)
{
	uint64_t idle = UINT64_MAX;

	for (int i = 0; i < v->size; i++)
		if (is_inside(&v->members[i]) && (any || !v->members[i].outside) && v->members[i].at.idle_ms < idle)
			idle = v->members[i].at.idle_ms;
	return idle;
}

/* A rank outside any call may be the one that those inside a call of another group wait for. */
static bool all_inside(const struct fb_member *members, int size)
{
	for (int i = 0; i < size; i++)
		if (members[i].state != FB_MEMBER_LEFT && !is_inside(&members[i]))
			return false;
	return true;
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
	char ranks[96], what[256], earlier[128];

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

/*
 * A rank that waits in another group too asks there, and whom it waits for is the one to blame: by its own limit, which began
 * at another moment.
 */
static void judge_elsewhere(const struct view *v, const struct fb_inquiry *inquiry, uint64_t idle_ms, const char *call,
			    struct fb_verdict *verdict)
{
	char ranks[96];
	int first, limit_s = inquiry->late_s;

	if (!list_ranks(v, is_busy_elsewhere, ranks, sizeof(ranks), &first))
		limit_s *= 2;
	list_ranks(v, is_elsewhere, ranks, sizeof(ranks), &first);
	if (idle_ms >= (uint64_t)limit_s * 1000)
		blame(verdict, first, call, ranks, "in a call of another group", limit_s, "FLIGHTBASE_LATE_TIMEOUT");
}

/* Nobody is known to be at fault: who waits for whom? */
static void judge_waiting(const struct view *v, const struct fb_inquiry *inquiry, uint64_t idle_ms, const char *call,
			  struct fb_verdict *verdict)
{
	char ranks[96];
	int first;

	if (list_ranks(v, is_late, ranks, sizeof(ranks), &first)) {
		if (idle_ms >= (uint64_t)inquiry->late_s * 1000)
			blame(verdict, first, call, ranks, "not come", inquiry->late_s, "FLIGHTBASE_LATE_TIMEOUT");
		return;
	}
	const bool elsewhere = list_ranks(v, is_elsewhere, ranks, sizeof(ranks), &first) > 0;
	if (elsewhere && !all_inside(v->members, v->size)) {
		judge_elsewhere(v, inquiry, idle_ms, call, verdict);
		return;
	}
	if (!list_ranks(v, is_unknown, ranks, sizeof(ranks), &first) &&
	    shortest_idle(v, elsewhere) >= (uint64_t)inquiry->stall_s * 1000)
		blame_network(v, call, inquiry->stall_s, verdict);
}

void fb_verdict_reach(const struct fb_member *members, int size, const struct fb_inquiry *inquiry, struct fb_verdict *verdict)
{
	const struct fb_call_state *asked = &inquiry->call;
	const struct fb_member *asker = &members[inquiry->asker];
	const int64_t stall_ms = (int64_t)inquiry->stall_s * 1000;
	const struct view v = { members, size, asked->sequence, inquiry->now - stall_ms };
	char ranks[96], call[128];
	int first;

	*verdict = (struct fb_verdict){ .status = FB_COLL_OK, .rank = -1 };
	if (!is_inside(asker) || asker->at.sequence > asked->sequence || find_mismatch(members, size, verdict))
		return;
	const uint64_t idle_ms = asker->at.idle_ms;
	fb_call_describe(asked, call, sizeof(call));
	if (asked->call != FB_CALL_FINALIZE && list_ranks(&v, has_left, ranks, sizeof(ranks), &first)) {
		verdict->rank = first;
		verdict->status = fb_coll_fail(&verdict->why, FB_COLL_ERR_MISMATCH, "%s waits for %s, which left with fb_coll_finalize", call,
					       ranks);
	} else if (idle_ms >= (uint64_t)stall_ms && list_ranks(&v, is_silent, ranks, sizeof(ranks), &first)) {
		blame(verdict, first, call, ranks, "alive but not answering", inquiry->stall_s, "FLIGHTBASE_STALL_TIMEOUT");
	} else {
		judge_waiting(&v, inquiry, idle_ms, call, verdict);
	}
}
