/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The choice of nodes once more, by trying every set of GPUs on every set of nodes; shares no code with the engine. */
#ifndef FB_TESTS_CLUSTER_REFERENCE_H
#define FB_TESTS_CLUSTER_REFERENCE_H

#include <stdbool.h>

#define REFERENCE_NODES_MAX 5
#define REFERENCE_SETS 256
#define REFERENCE_SIZES 16

struct reference_type {
	int gpus;
	double value[REFERENCE_SETS];
	double best[9];			/* by GPUs */
	double room[9][REFERENCE_SETS]; /* by size: what a set is worth to jobs of it */
};

/* Fill what follows from gpus and value. */
void reference_type_init(struct reference_type *type);

struct reference_node {
	const struct reference_type *type; /* NULL: not wired */
	unsigned int free, idle;
	int least, most;
	int group; /* -1: none */
	unsigned int weight;
	bool required;
	double net; /* 0: not known */
};

struct reference_cluster {
	int nodes, groups;
	struct reference_node node[REFERENCE_NODES_MAX];
	int pod[REFERENCE_NODES_MAX];
	double leaf, over_pod;
};

struct reference_job {
	int nodes_min, nodes_max, gpus, per_node;
	bool one_group, one_island;
	bool harm;
	double mix_gpus[REFERENCE_SIZES], mix_nodes[REFERENCE_SIZES];
};

/* A placement: the set of GPUs of each node; of nodes that are not wired only the number counts. 0: not taken. */
struct reference_choice {
	unsigned int set[REFERENCE_NODES_MAX];
};

/* Score and bandwidth of a placement. */
double reference_score(const struct reference_cluster *c, const struct reference_job *job,
		       const struct reference_choice *choice, double *gbps);

/* The best score of all placements, and the best bandwidth; false if there is none. */
bool reference_place(const struct reference_cluster *c, const struct reference_job *job, double *score, double *gbps);

#endif
