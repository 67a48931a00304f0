/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the search by equal shares have in common: cluster_even.c, cluster_lists.c, cluster_deal.c. */
#ifndef FB_TOPOLOGY_ENGINE_CLUSTER_EVEN_H
#define FB_TOPOLOGY_ENGINE_CLUSTER_EVEN_H

#include "topology/engine/cluster_parts.h"

#define REQUIRED_FIRST 1e9 /* taken off the cost of a required node */
#define SHAPES 4	   /* numbers of nodes that are tried for a job of so many GPUs, from the least on */
#define COUNTS (2 * SHAPES) /* of GPUs on a node: each shape's own and its rest */

struct shape {
	uint32_t nodes; /* that take count */
	uint32_t count;
	uint32_t rest; /* of one more node; 0: there is none */
};

struct even {
	struct share *share; /* [COUNTS][kinds] kept through one attempt */
	uint32_t count[COUNTS];
	size_t counts;
	double again[LEVELS][SHAPES]; /* nothing new can be found above this threshold */

	struct option *option;	 /* [kinds] for the present count; harm INFINITY: cannot take part */
	struct option *rest;	 /* [kinds] the same for the rest */
	bool listed;		 /* the lists are those of option */
	uint32_t *kind_order;
	uint32_t *list;		 /* [nodes] each group's eligible nodes: whole ones from the front, others from the back */
	uint32_t *whole, *part;	 /* [groups + 1] how many of each */
	double *sum;		 /* [nodes] along list: cost of the nodes up to here */
	uint16_t *back;		 /* [groups + 1][EVEN_NODES + 1] */
	uint32_t *taken;	 /* [groups + 1] */
	uint32_t *group_order;	 /* [groups + 1] */
	uint16_t *mark;		 /* [nodes] GPUs that the attempt takes; 0 between attempts */
};

struct spread {
	struct work *w;
	struct even *e;
	enum level level;
	double threshold;
	struct shape shape;
	double span;  /* what a further group costs this job */
	double again; /* the greatest threshold below at which a node can give something else */
	bool rested;  /* rest is filled */
};

/* cluster_lists.c: options of all kinds, and of each group the nodes by their costs. */

/* Options of all kinds for a count; returns how many can take part, and the least cost of a node. */
uint32_t fb_cluster_options(struct spread *s, double *least);
/* The same for the rest, into e->rest. */
void fb_cluster_rests(struct spread *s);
void fb_cluster_lists(const struct spread *s);
/* Least cost of count nodes of a group, which has them, and how many of them are whole ones. */
double fb_cluster_group_cost(const struct spread *s, uint32_t group, uint32_t count, uint32_t *whole);
static inline uint32_t group_room(const struct spread *s, uint32_t group)
{
	return s->e->whole[group] + s->e->part[group];
}

/* cluster_deal.c: how many nodes each group gives, in e->taken. False if they do not suffice. */
bool fb_cluster_deal_single(const struct spread *s, struct cell *cell); /* all of the one group that is best for it, told in cell */
bool fb_cluster_deal(const struct spread *s, const struct cell *cell);	/* the best, of up to EVEN_NODES */
bool fb_cluster_deal_many(const struct spread *s, const struct cell *cell);

#endif
