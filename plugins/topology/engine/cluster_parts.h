/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of fb_engine_place() share. Not for adapters. */
#ifndef FB_TOPOLOGY_ENGINE_CLUSTER_PARTS_H
#define FB_TOPOLOGY_ENGINE_CLUSTER_PARTS_H

#include <math.h>

#include "topology/engine/cluster.h"
#include "topology/engine/type.h"

#define NONE UINT32_MAX
#define THRESHOLDS_MAX 512
#define TYPES_MAX 256
#ifndef EXACT_CELLS
#define EXACT_CELLS 16384 /* states times nodes that are searched completely, cluster_exact.c */
#endif
#define EXACT_NODES 64
#define EVEN_NODES 32	  /* nodes of a job that are spread over groups in the best way, cluster_even.c */
#define UNKNOWN_LINK_GBPS (10.0 / 1.2) /* as SYS, links.c */
#define FIT 0.05 /* of what a set is to later jobs: that they fit at all, however slow; the rest is their bandwidth */
/* What the model of bandwidth does not say, as shares of a job that it loses; the replay decided them (NOTES.md). */
#define SPAN_LOSS 0.5	/* for each further leaf group, whatever the fabric promises */
#define SPAN_HARM 0.1	/* the same of later jobs: they may find another group */
#define ISLAND_LOSS 1.0 /* on a node, where its GPUs are no island: of jobs that one node can hold */
#define LATER 0.5	/* of the harm: to the node as it is when its other jobs have ended, not as it is now */

/* Equal nodes, but for their groups: what is computed of one holds for all. */
struct kind {
	const struct fb_engine_type *type;
	fb_gpuset free, idle;
	uint16_t least, most; /* most is not more than there are */
	uint32_t weight;
	bool required;
	bool whole; /* idle as a whole: taking a part leaves one node less to jobs of whole nodes */
	float net;
	uint32_t count;
	uint32_t first, last; /* its nodes, in the order of the list: next[] leads from one to the next */
};

/* Levels that a placement may span, and what it has to reach. */
enum level { LEVEL_GROUP, LEVEL_POD, LEVEL_ALL, LEVELS };
struct cell {
	enum level level;
	uint32_t unit;	  /* group or pod; of LEVEL_ALL 0 */
	double threshold; /* GB/s */
};

struct option {
	fb_gpuset gpus;
	double harm;
};

struct work {
	const struct fb_engine_fabric *fabric;
	const struct fb_engine_node *node;
	size_t nodes;
	const struct fb_engine_job *job;
	size_t groups; /* of the fabric; the nodes without one are group number groups */
	size_t pods;
	double over[LEVELS];
	double best;	     /* possible value on an idle cluster, at most */
	double room[ROOMS];  /* harm of a GB/s times GPU that is lost to jobs of this size */
	double fit[ROOMS];   /* harm of a GPU that is lost to them */
	double span;	     /* what a further group costs for each GPU */
	double outside;	     /* the same of GPUs that are no island of their node */
	uint32_t nodes_min, nodes_max; /* of the present attempt */
	uint32_t ceiling;	       /* weight of nodes that may be used */
	uint32_t required;

	size_t kinds;
	struct kind *kind;
	uint32_t *slot; /* hash of kinds */
	size_t slots;
	uint32_t *next, *kind_of;      /* [nodes] */
	uint32_t *group_start, *order; /* nodes by group */
	uint32_t *idle;		       /* [groups + 1] whole nodes */
	double *idle_room;	       /* [whole nodes] what so many are to later jobs */
	uint32_t *pod;		       /* [groups] */
	size_t thresholds;
	double *threshold;

	/* The best so far, and the attempt that is compared with it. */
	size_t found, tried;
	double found_score;
	struct fb_engine_place *found_place, *try_place;

	struct exact *exact;
	struct even *even;
};

struct exact {
	double cost[EXACT_CELLS];
	uint8_t choice[EXACT_CELLS]; /* by node and state: GPUs taken, and whether the first of its group */
	uint8_t ended[EXACT_CELLS];  /* by group and state: the state that was best */
	uint32_t item[EXACT_NODES];
	struct option option[EXACT_NODES][GPUS + 1];
};

struct even {
	struct option *option; /* [kinds] for the present count */
	uint32_t *kind_order;
	uint32_t *list;		     /* [nodes] each group's eligible nodes: whole ones from the front, others from the back */
	uint32_t *whole, *part;	     /* [groups + 1] how many of each */
	uint16_t *back;		     /* [groups + 1][EVEN_NODES + 1] */
	uint32_t *taken;	     /* [groups + 1] */
	double *sum;		     /* [nodes] along list: cost of the nodes up to here */
	uint16_t *mark;		     /* [nodes] GPUs that the attempt takes */
};

/* cluster_score.c */
void fb_cluster_score_init(struct work *w, const struct fb_engine_mix *mix);
double fb_cluster_loss(const struct work *w, uint32_t gpus, double value);
double fb_cluster_group_harm(const struct work *w, uint32_t group, uint32_t broken);
double fb_cluster_net(const struct kind *kind, uint32_t count);
bool fb_cluster_option(const struct work *w, const struct kind *kind, uint32_t count, double threshold,
		       struct option *option);
bool fb_cluster_option_alone(const struct work *w, const struct kind *kind, uint32_t count, struct option *option,
			     double *score);
double fb_cluster_score(const struct work *w, const struct fb_engine_place *place, size_t places,
			struct fb_engine_placement *placement);

/* cluster_fold.c */
size_t fb_cluster_work_layout(struct work *w, size_t nodes, size_t groups, void *scratch);
void fb_cluster_fold(struct work *w);

/* Whether a node may be used now at all, and in this cell. */
static inline bool kind_allowed(const struct work *w, const struct kind *kind)
{
	return kind->required || kind->weight <= w->ceiling;
}
static inline uint32_t group_of(const struct work *w, uint32_t node)
{
	return w->node[node].group < w->groups ? w->node[node].group : (uint32_t)w->groups;
}
static inline bool cell_holds(const struct work *w, const struct cell *cell, uint32_t group)
{
	switch (cell->level) {
	case LEVEL_GROUP:
		return group == cell->unit;
	case LEVEL_POD:
		return group < w->groups && w->pod[group] == cell->unit;
	default:
		return true;
	}
}

/* Search one cell; a placement that beats the best so far replaces it (fb_cluster_offer()). */
void fb_cluster_exact(struct work *w, const struct cell *cell);
bool fb_cluster_exact_fits(const struct work *w);
void fb_cluster_even(struct work *w, enum level level, double threshold);
void fb_cluster_ragged(struct work *w);
void fb_cluster_offer(struct work *w);

#endif
