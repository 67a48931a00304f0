/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether every rank of a round ended as it must: what is promised in flightbase/coll.h and flightbase-coll(7). */
#include "judge.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "coll/flightbase/coll.h"
#include "report.h"

#define LAST_MS 15000 /* that the calls after a failure may take: they wait for nobody */

struct round {
	const struct plan *plan;
	const char *folder;
	char hosts[PLAN_RANKS_MAX][64];
	int wrong;
};

static void __attribute__((format(printf, 3, 4))) complain(struct round *round, int rank, const char *format, ...)
{
	va_list arguments;

	round->wrong++;
	printf("rank %d: ", rank);
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	printf("\n");
}

/* Whether rank is one of those that the others lose. */
static bool is_victim(const struct round *round, int rank)
{
	const struct plan *p = round->plan;

	if (p->harm == HARM_NODE || p->harm == HARM_CUT)
		return !strcmp(round->hosts[rank], round->hosts[p->culprit]);
	return rank == p->culprit;
}

/* Nobody hears of it again. */
static bool is_gone(const struct round *round, int rank)
{
	const enum harm harm = round->plan->harm;

	return (harm == HARM_KILL || harm == HARM_EARLY || harm == HARM_NODE || harm == HARM_EXIT) && is_victim(round, rank);
}

static bool names(const char *text, const char *format, int rank)
{
	char part[128];

	snprintf(part, sizeof(part), format, rank);
	return strstr(text, part) != NULL;
}

/* "lost rank 3 (on n2, process 7)", "lost ranks 3, 5 (the first on n2, ..." */
static void judge_lost(struct round *round, int rank, const struct report *r)
{
	const bool far = round->plan->harm == HARM_CUT;
	const char *at = strstr(r->text, " lost rank");
	int other = 0;

	if (r->status != FB_COLL_ERR_PEER_LOST || !at || r->lost < 0 || r->lost >= round->plan->ranks) {
		complain(round, rank, "not a lost rank: status %d, lost %d: %s", r->status, r->lost, r->text);
		return;
	}
	if (is_victim(round, r->lost) == is_victim(round, rank))
		complain(round, rank, "the wrong rank: lost %d: %s", r->lost, r->text);
	if (far && !strstr(r->text, "node does not answer"))
		complain(round, rank, "not a node that does not answer: %s", r->text);
	for (at += strcspn(at, "0123456789"); *at && *at != '('; at += strspn(at, ", ")) {
		char *end;
		other = (int)strtol(at, &end, 10);
		if (end == at)
			break;
		if (other < 0 || other >= round->plan->ranks || is_victim(round, other) == is_victim(round, rank))
			complain(round, rank, "names a wrong rank, %d: %s", other, r->text);
		at = end;
	}
}

static void judge_stalled(struct round *round, int rank, const struct report *r)
{
	const int culprit = round->plan->culprit;
	const bool stopped = round->plan->harm == HARM_STOP;
	bool right = names(r->text, stopped ? "waits for rank %d: alive but not answering for 2 s" : "waits for rank %d: not come for 2 s",
			   culprit);

	/* Rank 0 is who is asked. */
	if (stopped && !culprit)
		right = strstr(r->text, "rank 0 (on ") && strstr(r->text, "is there but has not answered for 2 s");
	/* Once it goes on it hears what the others found, or that they are gone. */
	if (rank == culprit ? !r->status : r->status != FB_COLL_ERR_STALLED || !right)
		complain(round, rank, "not a stall of rank %d: status %d: %s", culprit, r->status, r->text);
}

/* All others may wait for it in another group's call: then nothing moves, and that is what is seen. */
static void judge_left(struct round *round, int rank, const struct report *r)
{
	const int culprit = round->plan->culprit;

	if ((r->status != FB_COLL_ERR_MISMATCH && r->status != FB_COLL_ERR_STALLED) || !names(r->text, "rank %d", culprit))
		complain(round, rank, "not a leave of rank %d: status %d: %s", culprit, r->status, r->text);
}

static void judge_mismatch(struct round *round, int rank, const struct report *r)
{
	const int culprit = round->plan->culprit;

	if (r->status != FB_COLL_ERR_MISMATCH || !strstr(r->text, "ranks disagree: ") || !names(r->text, "rank %d in ", culprit))
		if (r->status != FB_COLL_ERR_MISMATCH || !names(r->text, "rank %d is in ", culprit))
			complain(round, rank, "not a mismatch with rank %d: status %d: %s", culprit, r->status, r->text);
}

/* Where the ranks agree on what failed, the text names the call that this rank was in. */
static void judge_operation(struct round *round, int rank, const struct report *r)
{
	static const char *const calls[] = { "allreduce",	  "barrier", "finalize", "reduce_scatter", "allgather",
					     "broadcast", "alloc",   "free" };

	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
		char call[32];
		snprintf(call, sizeof(call), "%s ", calls[i]);
		if (strstr(r->text, call) && (r->status == FB_COLL_ERR_MISMATCH || strstr(r->calls, calls[i])))
			return;
	}
	complain(round, rank, "names none of its calls (%s): %s", r->calls, r->text);
}

static void judge_failure(struct round *round, int rank, const struct report *r)
{
	if (round->plan->harm == HARM_EARLY) {
		/* Those who never met know no more than that. */
		if (!r->status || !r->text[0])
			complain(round, rank, "went on without rank %d", round->plan->culprit);
		return;
	}
	switch (round->plan->harm) {
	case HARM_STOP:
	case HARM_ABSENT:
		judge_stalled(round, rank, r);
		break;
	case HARM_LEAVE:
		judge_left(round, rank, r);
		break;
	case HARM_KILL:
	case HARM_NODE:
	case HARM_CUT:
	case HARM_EXIT:
		judge_lost(round, rank, r);
		break;
	default:
		judge_mismatch(round, rank, r);
	}
	if (r->status && strncmp(r->text, "an earlier call failed", 22) != 0)
		judge_operation(round, rank, r);
	if (r->again != r->status && !(round->plan->harm == HARM_LEAVE && rank == round->plan->culprit))
		complain(round, rank, "failed with status %d, and the next call with %d", r->status, r->again);
	if (r->last_ms > LAST_MS)
		complain(round, rank, "took %lld ms to give up after its failure", (long long)r->last_ms);
}

static void judge_rank(struct round *round, int rank)
{
	struct report r;

	if (is_gone(round, rank))
		return;
	if (report_read(round->folder, rank, &r)) {
		/* srun may have ended them all when one died that was not ready. */
		if (round->plan->harm != HARM_EARLY)
			complain(round, rank, "did not end, or not by itself");
	} else if (round->plan->harm != HARM_NONE) {
		judge_failure(round, rank, &r);
	} else if (r.status) {
		complain(round, rank, "failed without a reason: status %d: %s", r.status, r.text);
	} else if (r.left > 0) {
		complain(round, rank, "has %d descriptors more than before", r.left);
	}
}

int judge(const struct plan *plan, const char *folder)
{
	struct round round = { .plan = plan, .folder = folder };
	int pid;

	for (int rank = 0; rank < plan->ranks; rank++)
		if (report_read_place(folder, plan->harm == HARM_EARLY ? "here" : "ready", rank, round.hosts[rank],
				      sizeof(round.hosts[rank]), &pid) &&
		    plan->harm != HARM_EARLY)
			complain(&round, rank, "was never ready");
	for (int rank = 0; rank < plan->ranks; rank++)
		judge_rank(&round, rank);
	return round.wrong;
}
