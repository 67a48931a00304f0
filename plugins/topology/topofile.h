/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * topology.json: the node types of a site and which nodes are of which type. The schema is in
 * flightbase-topology.json(5). Pure: no Slurm; hostlists are kept as text, because only Slurm knows how
 * to expand them.
 */
#ifndef FB_TOPOLOGY_TOPOFILE_H
#define FB_TOPOLOGY_TOPOFILE_H

#include <stddef.h>

#include "common/err.h"
#include "topology/engine/engine.h"

#define FB_TOPOFILE_SIZE_MAX (4u << 20) /* bytes */
#define FB_TOPOFILE_TYPES_MAX 256
#define FB_TOPOFILE_ENTRIES_MAX 4096 /* of "nodes" */
#define FB_TOPOFILE_NAME_MAX 63
#define FB_TOPOFILE_TEXT_MAX 1023
#define FB_TOPOFILE_HOSTS_MAX 8191 /* characters of one hostlist */
#define FB_TOPOFILE_NICS_MAX 32
#define FB_TOPOFILE_SOCKETS_MAX 16
#define FB_TOPOFILE_GROUPS_MAX 4096
#define FB_TOPOFILE_RAILS_MAX 32
#define FB_TOPOFILE_WHERE_SIZE 192
#define FB_TOPOFILE_GBPS_LEAST 0.1 /* of a link or an adapter */
#define FB_TOPOFILE_GBPS_MOST 1000.0

enum fb_topofile_use {
	FB_TOPOFILE_COMPUTE,
	FB_TOPOFILE_STORAGE,
	FB_TOPOFILE_MANAGEMENT,
};

struct fb_topofile_nic {
	char name[FB_TOPOFILE_NAME_MAX + 1];
	fb_gpuset near;
	double gbps; /* GB/s in one direction; 0: not known */
	enum fb_topofile_use use;
};

struct fb_topofile_type {
	char name[FB_TOPOFILE_NAME_MAX + 1];
	char gpu[FB_TOPOFILE_NAME_MAX + 1]; /* GRES type, for gres.conf; the plugin goes by the count alone */
	struct fb_engine_wiring wiring;
	bool nvswitch;
	unsigned int sockets;
	fb_gpuset socket[FB_TOPOFILE_SOCKETS_MAX];
	char cores[FB_TOPOFILE_SOCKETS_MAX][FB_TOPOFILE_NAME_MAX + 1]; /* of each socket, for gres.conf, or empty */
	unsigned int nics;
	struct fb_topofile_nic nic[FB_TOPOFILE_NICS_MAX];
	char nccl_topo[FB_TOPOFILE_TEXT_MAX + 1]; /* absolute path of an NCCL topology file, or empty */
	struct fb_engine_type *engine;
};

struct fb_topofile_entry {
	char *hosts;   /* a hostlist, not expanded */
	size_t type;   /* index of its type */
	char where[FB_TOPOFILE_WHERE_SIZE]; /* "FILE:LINE: KEY: ", for errors that only expansion can find */
};

/* A leaf group: nodes whose adapters sit on the same leaf switches, one of each rail. */
struct fb_topofile_group {
	char name[FB_TOPOFILE_NAME_MAX + 1];
	char pod[FB_TOPOFILE_NAME_MAX + 1]; /* groups of one pod reach each other over the same spines; empty: one pod */
	unsigned int rails;		    /* leaf switches that its nodes sit on */
	char *hosts;
	char where[FB_TOPOFILE_WHERE_SIZE];
};

/* The network between the nodes. No groups: nothing is known of it. */
struct fb_topofile_fabric {
	double leaf_oversubscription; /* bandwidth below a leaf over that of its uplinks, at least 1 */
	double pod_oversubscription;  /* the same of a pod */
	size_t groups;
	struct fb_topofile_group *group;
};

/* GB/s of a type's compute adapters together, in one direction; 0: not known. type may be NULL. */
float fb_topofile_net_gbps(const struct fb_topofile_type *type);

struct fb_json_doc;

struct fb_topofile {
	size_t types;
	struct fb_topofile_type *type;
	size_t entries;
	struct fb_topofile_entry *entry;
	struct fb_topofile_fabric fabric;
};

/*
 * Read a file, or parse its text (name is for messages), or take a document that is read already. Return 0, or -1 with err set to
 * "FILE:LINE: KEY: fault" and errno = ENOENT if there is no such file; file is then empty.
 * fb_topofile_free() releases what a successful call made and takes an empty one.
 */
int fb_topofile_read(struct fb_topofile *file, const char *path, struct fb_err *err);
int fb_topofile_parse(struct fb_topofile *file, const char *name, const char *text, size_t size,
		      struct fb_err *err);
int fb_topofile_load(struct fb_topofile *file, const struct fb_json_doc *doc, struct fb_err *err);
void fb_topofile_free(struct fb_topofile *file);

#endif
