/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan.h"

#include <inttypes.h>
#include <stdio.h>

#include "../unit/draw.h"

static const char *const names[HARMS] = {
	[HARM_NONE] = "none",	[HARM_KILL] = "kill",	  [HARM_EARLY] = "early", [HARM_STOP] = "stop",	  [HARM_NODE] = "node",
	[HARM_CUT] = "cut",	[HARM_EXIT] = "exit",	  [HARM_LEAVE] = "leave", [HARM_ABSENT] = "absent", [HARM_COUNT] = "count",
	[HARM_TYPE] = "type",	[HARM_OP] = "op",	  [HARM_ROOT] = "root",	  [HARM_ORDER] = "order",
};

const char *plan_harm_name(enum harm harm)
{
	return names[harm];
}

/* splitmix64's finalizer: neighbouring seeds give unrelated streams, none of which is 0. */
uint64_t plan_stream(uint64_t from, unsigned int number)
{
	uint64_t x = from * 0x9e3779b97f4a7c15u + number * 0xd1b54a32d192ed03u + 1;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return (x ^ x >> 31) | 1;
}

/* Rounds of neighbouring seeds have all harms in turn. */
static enum harm draw_harm(uint64_t from, int nodes)
{
	enum harm harm = (enum harm)(from % HARMS);

	return (harm == HARM_CUT || harm == HARM_NODE) && nodes < 2 ? HARM_KILL : harm;
}

void plan_make(uint64_t from, int nodes, struct plan *plan)
{
	static const char *const algorithms[] = { "auto", "auto", "auto", "ring", "doubling", "halving", "rails" };
	const enum harm harm = draw_harm(from, nodes);
	const bool apart = harm == HARM_CUT || harm == HARM_NODE;

	seed = plan_stream(from, 0);
	*plan = (struct plan){ .seed = from, .harm = harm };
	/* One node is where memory is mapped. */
	plan->nodes = apart ? 2 + (int)draw((unsigned int)nodes - 1) : draw(3) ? 1 + (int)draw((unsigned int)nodes) : 1;
	const int least = plan->nodes > 2 ? plan->nodes : 2;
	plan->ranks = least + (int)draw((unsigned int)(PLAN_RANKS_MAX + 1 - least));
	plan->mpi = draw(2) ? "pmi2" : "pmix";
	plan->distribution = draw(2) ? "block" : "cyclic";
	plan->algorithm = algorithms[draw(sizeof(algorithms) / sizeof(*algorithms))];
	plan->mapped = draw(4);
	plan->mute = draw(2);
	plan->hold = harm == HARM_CUT && draw(2);
	plan->culprit = (int)draw((unsigned int)plan->ranks);
	plan->moment_ms = harm == HARM_EARLY ? draw(120) : draw(800);
	plan->step = (int)draw(60);
	plan->steps = 40 + (int)draw(80);
}

void plan_print(const struct plan *plan)
{
	const int limit_s = plan->harm == HARM_CUT ? PLAN_CUT_S : PLAN_LIMIT_S;

	printf("harm=%s nodes=%d ranks=%d mpi=%s distribution=%s culprit=%d moment=%u.%03u mute=%d hold=%d\n", names[plan->harm], plan->nodes,
	       plan->ranks, plan->mpi, plan->distribution, plan->culprit, plan->moment_ms / 1000, plan->moment_ms % 1000, plan->mute,
	       plan->hold);
	printf("FLIGHTBASE_ALGORITHM=%s FLIGHTBASE_MAPPED=%s FLIGHTBASE_STALL_TIMEOUT=%d FLIGHTBASE_LATE_TIMEOUT=%d "
	       "FLIGHTBASE_START_TIMEOUT=%d\n",
	       plan->algorithm, plan->mapped ? "yes" : "no", limit_s, limit_s, PLAN_START_S);
}
