/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a preflight's measurement says: flightbase-allreduce's JSON, and what it and srun wrote when it did not work. All of it
 * comes from the job's user, who may have written anything.
 */
#ifndef FB_COMMON_PREFLIGHT_JUDGE_H
#define FB_COMMON_PREFLIGHT_JUDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

#define FB_PREFLIGHT_OUTPUT_MAX ((size_t)8 << 20) /* bytes of the JSON: the pairs of 512 nodes */
#define FB_PREFLIGHT_WORDS_MAX ((size_t)64 << 10) /* bytes of the rest */

/* A node whose best pair gives less than this part of what other nodes' best pairs give is slow. */
#define FB_PREFLIGHT_SLOW_PART 0.7

/* Which node a rank is on: ranks are dealt out node by node. */
struct fb_preflight_layout {
	unsigned int nodes;
	const char *const *name;   /* [nodes] */
	const unsigned int *ranks; /* [nodes] */
};

/* The number of the node that a rank, from 0, is on; -1: there is no such rank. */
int fb_preflight_node_of(const struct fb_preflight_layout *layout, int64_t rank);

struct fb_preflight_measured {
	double gbps;	   /* bus bandwidth of the largest size */
	double model;	   /* 0: there is none */
	bool wrong;	   /* results were not the sums */
	char why[200];	   /* why there is no model; printable */
};

/* Read a whole run. 0, or -1 with err: it is none. */
int fb_preflight_read(const char *json, size_t size, struct fb_preflight_measured *measured, struct fb_err *err);

struct fb_preflight_slow {
	int node;	     /* -1: none is slower than the others */
	double gbps, others; /* the best pair of that node; the same of the node in the middle */
};

/*
 * Find the slowest node in pairs of nodes: one whose best pair is far below the median of the nodes' best pairs. Of two nodes
 * none can be told from the other. 0, or -1 with err: there are no such pairs in it.
 */
int fb_preflight_find_slow(const char *json, size_t size, const struct fb_preflight_layout *layout, struct fb_preflight_slow *slow,
			   struct fb_err *err);

/*
 * Whom what was said on standard error blames: a node that flightbase-allreduce names alone (itself or its rank), else the only
 * one whose task failed by itself, else the only one of which no task ended. Returns its number, or -1.
 */
int fb_preflight_find_broken(const char *words, const struct fb_preflight_layout *layout);

/* The line that says most of why it did not work, printable; "" where there is none. */
void fb_preflight_reason(const char *words, char *line, size_t size);

/* What passes from the user's part to root's. */
enum fb_preflight_outcome { FB_PREFLIGHT_SLOW_NODE = 1, FB_PREFLIGHT_BROKEN_NODE, FB_PREFLIGHT_UNBLAMED };

struct fb_preflight_message {
	int outcome;
	int node; /* its number among the job's nodes; -1 with UNBLAMED */
	double gbps, model;
};

/* Is it one that could be true of a job of so many nodes? 0, or -1 with err. */
int fb_preflight_message_check(const struct fb_preflight_message *message, unsigned int nodes, struct fb_err *err);

#endif
