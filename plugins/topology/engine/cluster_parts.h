/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of fb_engine_place() share. Not for adapters. */
#ifndef FB_TOPOLOGY_ENGINE_CLUSTER_PARTS_H
#define FB_TOPOLOGY_ENGINE_CLUSTER_PARTS_H

#include <math.h>

#include "topology/engine/cluster.h"
#include "topology/engine/span.h"
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
#define SPARE 32.0	/* wholly idle nodes of a type, of which each is needed; of more, each is that much less likely the one missed */
#define LATER 0.6	/* of the harm: to the node as it is when its other jobs have ended, not as it is now */

/* Equal nodes, but for their groups: what is computed of one holds for all. */
struct kind {
	const struct fb_engine_type *type;
	fb_gpuset free, idle;
	uint16_t least, most; /* most is not more than there are */
	uint32_t weight;
	bool required;
	uint32_t gives; /* the most of a node, cluster_ragged.c */
	bool usable;	/* gives what the job takes of a node */
	bool whole; /* idle as a whole: taking a part leaves one node less to jobs of whole nodes */
	float net;
	uint32_t count;
	double needed; /* how likely its GPUs are the ones that a later job misses: 1 unless its type has nodes to spare */
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
	double fit[ROOMS][GPUS + 1]; /* harm of so many GPUs that are lost to them */
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
	uint32_t *group;	       /* [nodes] as group_of() */
	uint32_t *group_start, *order; /* nodes by group */
	uint32_t *idle;		       /* [groups + 1] whole nodes */
	double *idle_room;	       /* [whole nodes] what so many are to later jobs */
	uint32_t *pod;		       /* [groups] */
	uint32_t *pod_start, *by_pod;  /* groups by pod */
	uint32_t *every;	       /* [groups + 1] all groups: 0, 1, ... */
	uint32_t *required_in;	       /* [groups + 1] nodes that must be taken */
	size_t thresholds;
	double *threshold;

	/* The best so far, and the attempt that is compared with it. */
	size_t found, tried;
	double found_score;
	struct fb_engine_place *found_place, *try_place;

	struct exact *exact;
	double *exact_again; /* [LEVELS][groups + 1] of each cell: nothing new can be found above this threshold */
	struct even *even;
};

/* For which thresholds an option is the best: above the one, up to the other. */
struct reach {
	double below, above;
};

/* What a kind gives at one count, wherever its adapters do not limit it; harm INFINITY: nothing. */
struct share {
	struct option option;
	struct reach reach;
};

struct exact {
	double cost[EXACT_CELLS];
	uint8_t choice[EXACT_CELLS]; /* by node and state: GPUs taken, and whether the first of its group */
	uint8_t ended[EXACT_CELLS];  /* by group and state: the state that was best */
	uint32_t item[EXACT_NODES];
	struct option option[EXACT_NODES][GPUS + 1];
	struct share share[EXACT_NODES][GPUS + 1]; /* [kinds] */
};

/* cluster_score.c */
void fb_cluster_score_init(struct work *w, const struct fb_engine_mix *mix);
double fb_cluster_loss(const struct work *w, uint32_t gpus, double value);
bool fb_cluster_option(const struct work *w, const struct kind *kind, uint32_t count, double threshold,
		       struct option *option, struct reach *reach);
bool fb_cluster_option_alone(const struct work *w, const struct kind *kind, uint32_t count, struct option *option,
			     double *score);
double fb_cluster_score(const struct work *w, const struct fb_engine_place *place, size_t places,
			struct fb_engine_placement *placement);
/* What the score is at least when more nodes join these, of so many GPUs in all. */
double fb_cluster_score_least(const struct work *w, const struct fb_engine_place *place, size_t places, uint32_t gpus);

/* cluster_fold.c */
size_t fb_cluster_work_layout(struct work *w, size_t nodes, size_t groups, void *scratch);
void fb_cluster_fold(struct work *w);

/* GB/s that the adapters carry for so many of a node's GPUs. */
static inline double kind_net(const struct kind *kind, uint32_t count)
{
	return fb_engine_net_share((double)kind->net, count, kind->type ? kind->type->gpus : 0);
}

static inline bool kind_gives(const struct kind *kind, uint32_t count)
{
	return count >= kind->least && count <= kind->most;
}

/* Nothing is known of it yet. */
static inline struct share share_none(void)
{
	return (struct share){ .reach = { INFINITY, -INFINITY } };
}

/* The option for a threshold; sought again only where that has left the reach of the last one. */
static inline const struct option *share_option(const struct work *w, const struct kind *kind, uint32_t count,
						double threshold, struct share *share)
{
	if ((threshold <= share->reach.below || threshold > share->reach.above) &&
	    !fb_cluster_option(w, kind, count, threshold, &share->option, &share->reach))
		share->option.harm = INFINITY;
	return &share->option;
}

/* Whether a node may be used now at all, and in this cell. */
static inline bool kind_allowed(const struct work *w, const struct kind *kind)
{
	return kind->required || kind->weight <= w->ceiling;
}
static inline uint32_t group_of(const struct work *w, uint32_t node)
{
	return w->group[node];
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

/* The groups of a cell, in their order. */
struct groups {
	const uint32_t *group;
	size_t count;
};
static inline struct groups cell_groups(const struct work *w, const struct cell *cell)
{
	switch (cell->level) {
	case LEVEL_GROUP:
		return (struct groups){ w->every + cell->unit, 1 };
	case LEVEL_POD:
		return (struct groups){ w->by_pod + w->pod_start[cell->unit],
					w->pod_start[cell->unit + 1] - w->pod_start[cell->unit] };
	default:
		return (struct groups){ w->every, w->groups + 1 };
	}
}

/* What it does to later jobs that a group has so many wholly idle nodes less. */
static inline double group_harm(const struct work *w, uint32_t group, uint32_t broken)
{
	if (group >= w->groups || !broken)
		return 0;
	return w->idle_room[w->idle[group]] - w->idle_room[w->idle[group] - broken];
}

/* Search one cell; a placement that beats the best so far replaces it (fb_cluster_offer()). */
void fb_cluster_exact_begin(struct work *w);
void fb_cluster_exact(struct work *w, const struct cell *cell);
bool fb_cluster_exact_fits(const struct work *w);
void fb_cluster_even_begin(struct work *w); /* of an attempt, which goes from high thresholds to low ones */
void fb_cluster_even(struct work *w, enum level level, double threshold);
void fb_cluster_ragged(struct work *w);
void fb_cluster_offer(struct work *w);

#endif
