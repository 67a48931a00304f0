/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A round of tests/soak/kills: all that its seed says. */
#ifndef FB_SOAK_PLAN_H
#define FB_SOAK_PLAN_H

#include <stdbool.h>
#include <stdint.h>

/* What goes wrong. To HARM_CUT from outside, by the script; the rest one rank does itself. */
enum harm {
	HARM_NONE,
	HARM_KILL,  /* SIGKILL to a rank */
	HARM_EARLY, /* before the ranks have met */
	HARM_STOP,  /* SIGSTOP */
	HARM_NODE,  /* SIGKILL to all ranks of a node */
	HARM_CUT,   /* a node's network */
	HARM_EXIT,  /* the process ends without a call */
	HARM_LEAVE, /* fb_coll_finalize while the others go on */
	HARM_ABSENT,
	HARM_COUNT, /* other arguments than the others' */
	HARM_TYPE,
	HARM_OP,
	HARM_ROOT,
	HARM_ORDER, /* another call */
	HARMS,
};

#define PLAN_RANKS_MAX 9

struct plan {
	uint64_t seed;
	enum harm harm;
	int nodes, ranks;
	const char *mpi, *distribution, *algorithm;
	bool mapped, mute; /* mute: a cut lets the node hear but not speak */
	bool hold;	   /* the cut comes before the first message to any other rank */
	int culprit;
	unsigned int moment_ms; /* after all ranks are ready, or after the first is there */
	int step;		/* at which the culprit does it */
	int steps;		/* of a round in which nothing goes wrong */
};

#define PLAN_LIMIT_S 2	/* FLIGHTBASE_STALL_TIMEOUT and _LATE_TIMEOUT */
#define PLAN_CUT_S 12	/* both, where a node is cut off: the kernel gives up a silent one after 6 s, and that is what is to be said */
#define PLAN_START_S 6	/* FLIGHTBASE_START_TIMEOUT */

/* nodes: that there are. */
void plan_make(uint64_t seed, int nodes, struct plan *plan);
const char *plan_harm_name(enum harm harm);

/* For the script: names and values that need no quoting. */
void plan_print(const struct plan *plan);

/* The plan's numbers: the same on every rank. */
uint64_t plan_stream(uint64_t seed, unsigned int number);

#endif
