/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The network between the nodes, worked out of its cables: which hosts have which adapters, which nodes share their leaf
 * switches, what is above. Pure.
 *
 * Hosts. An adapter is a host's by the GUIDs that nodes report, else by its node description, "HOST ADAPTER". A description that
 * names no host ("MT4129 ConnectX7   Mellanox Technologies", "localhost HCA-1"), and a name that two machines carry, leave the
 * adapter unresolved. An adapter with the system image GUID of a switch is a part of that switch (its aggregation node).
 *
 * Compute leaves of a host. Two leaves are akin if of the hosts on either at least half are on both: rails of one group are, while a
 * switch for storage also has hosts of other groups and servers. A host's compute leaves are the largest set of akin leaves, by the number of
 * its adapters there; then the faster, then the one with fewer hosts. Leaves that are slower than the fastest of them are not
 * among them. A leaf's speed is that of most of its adapters, so one slow cable changes nothing but is told of.
 *
 * Leaf groups. Nodes with equal sets of compute leaves. A set that differs from a larger group's by one leaf (a dead adapter, a
 * cable in the wrong switch) joins it, if two leaves or more are common; of a node that reported itself one is enough.
 *
 * Which hosts are compute nodes. With reports: those that reported GPUs, and others that are fitted out like one of them (as many
 * leaves and adapters, or one less, of the same speed). Without: all. But not hosts without a report whose leaves are a part of a larger group's, or are
 * all for storage. The rest are storage if they share a leaf with storage adapters of compute nodes, else management.
 *
 * Levels. Leaf switches have the adapters of a group; spines have cables to leaves, core switches to spines only. Pods: groups that share
 * a spine, directly or through others. Oversubscription of leaves: the bandwidth of all adapters below over that of the cables
 * upwards; of pods: what leaves let through over that of the cables to core switches.
 */
#ifndef FB_TOPO_FABRIC_H
#define FB_TOPO_FABRIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "flightbase/topo/ibnet.h"
#include "flightbase/topo/machine.h"
#include "flightbase/topo/remarks.h"

#define FB_FABRIC_NONE UINT32_MAX

enum fb_fabric_level {
	FB_FABRIC_LEAF,
	FB_FABRIC_EDGE,	 /* adapters of others alone */
	FB_FABRIC_SPINE,
	FB_FABRIC_CORE,
};

struct fb_fabric_switch {
	char name[FB_TOPOFILE_NAME_MAX + 1]; /* good for topology.json, unique */
	uint32_t node;			     /* index into the net's nodes */
	enum fb_fabric_level level;
	uint32_t adapters, uplinks; /* cables */
	double down, up;	    /* GB/s of adapters, and of cables to the level above */
	double gbps;		    /* of most of its adapters */
	uint32_t hosts;		    /* that are resolved */
	uint32_t group;
	unsigned int rail; /* from 1; 0: none */
};

/* A port of an adapter with a cable to a switch. */
struct fb_fabric_adapter {
	char name[FB_TOPOFILE_NAME_MAX + 1]; /* "mlx5_0"; empty: the description has only the host */
	uint32_t node, port;		     /* of the net */
	uint32_t host;			     /* FB_FABRIC_NONE: unresolved */
	uint32_t leaf;			     /* index into switches */
	double gbps;
	enum fb_topofile_use use;
	bool reported; /* resolved by a GUID that a node reported */
};

struct fb_fabric_host {
	char name[FB_TOPOFILE_NAME_MAX + 1];
	bool reported;
	bool compute;
	enum fb_topofile_use use;  /* of a host that is not compute */
	uint32_t adapters, first; /* adapter[first] on, by name */
	unsigned int leaves, compute_leaves;
	uint32_t leaf[FB_TOPOFILE_RAILS_MAX]; /* in order; the first compute_leaves are those */
	uint32_t group;
};

struct fb_fabric_group {
	char name[FB_TOPOFILE_NAME_MAX + 1]; /* "g1" */
	uint32_t pod;
	unsigned int leaves;
	uint32_t leaf[FB_TOPOFILE_RAILS_MAX]; /* by rail */
	uint32_t hosts;
	double gbps; /* of a node's compute adapters together, as most nodes have it */
};

struct fb_fabric {
	const struct fb_ibnet *net; /* the caller's; outlives it */
	size_t switches, adapters, hosts, groups;
	struct fb_fabric_switch *sw;	   /* in the order of the net */
	struct fb_fabric_adapter *adapter; /* by host, name, port; the unresolved come last */
	struct fb_fabric_host *host;	   /* by name */
	struct fb_fabric_group *group;
	size_t resolved; /* adapters that have a host */
	size_t parts;	 /* adapters that are a part of a switch */
	unsigned int rails;
	uint32_t pods;
	double leaf_oversubscription, pod_oversubscription; /* at least 1 */
	uint32_t worst_leaf; /* FB_FABRIC_NONE: no leaf has a cable upwards */
	struct fb_remarks remarks;
};

/* What a node reported of itself. */
struct fb_fabric_report {
	const char *node;
	unsigned int adapters;
	const struct fb_machine_adapter *adapter;
};

/*
 * Work it out; the reports come by the node's name, in the order of strverscmp(). Return 0, or -1 with err: a host on more leaves than topology.json can hold, more groups than it can hold, a GUID that two nodes report.
 * fb_fabric_free() releases what a successful call made, and takes one that is all zero.
 */
int fb_fabric_make(struct fb_fabric *fabric, const struct fb_ibnet *net, const struct fb_fabric_report *report, size_t reports,
		   struct fb_err *err);
void fb_fabric_free(struct fb_fabric *fabric);

/* The host of this name, or NULL. */
const struct fb_fabric_host *fb_fabric_find(const struct fb_fabric *fabric, const char *name);

/* Oversubscription of a leaf; 0: it has no cable upwards. */
double fb_fabric_leaf_ratio(const struct fb_fabric_switch *leaf);

#endif
