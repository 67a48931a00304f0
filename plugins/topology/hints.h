/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The variables by which NCCL, UCX and the job itself learn of the wires between the GPUs that a job has on a node,
 * each with the reason. Pure: no Slurm, no I/O. What a variable means is in NCCL's user guide (Environment Variables)
 * and `ucx_info -cf`; what NCCL does without it, in its src/graph/paths.cc (P2P and GPUDirect RDMA across PCIe switches,
 * not across the CPU) and src/transport/net_ib (all adapters). Set is only what these would have to guess; a value is
 * the same for all tasks of a step on a node, because the processes of a communicator must agree, except
 * FLIGHTBASE_CORES.
 */
#ifndef FB_TOPOLOGY_HINTS_H
#define FB_TOPOLOGY_HINTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "topology/topofile.h"

#define FB_HINTS_MAX 16
#define FB_HINT_VALUE_MAX 2560 /* bytes: 32 adapters of 63 characters and a port each */
#define FB_HINT_WHY_MAX 256

/* The variable in which a step finds what was set for the job around it, to tell it from what the user wrote. */
#define FB_HINTS_SET_VARIABLE "FLIGHTBASE_SET"
#define FB_HINTS_SET_MAX 8192

enum fb_hint_kind {
	FB_HINT_OFF,   /* switches wires off: set whatever the user wrote (common/wires.h) */
	FB_HINT_YIELD, /* set unless the user wrote something */
	FB_HINT_OWN,   /* FLIGHTBASE_*: ours alone */
};

struct fb_hint {
	enum fb_hint_kind kind;
	const char *name; /* static */
	bool set;	  /* false: not set, for the reason in why */
	char value[FB_HINT_VALUE_MAX];
	char why[FB_HINT_WHY_MAX];
};

struct fb_hints {
	size_t count;
	struct fb_hint hint[FB_HINTS_MAX];
};

struct fb_hints_request {
	const struct fb_topofile_type *type; /* NULL: topology.json does not name the node */
	fb_gpuset gpus;			     /* the step's on this node; beyond the type's GPUs: as without a type */
	fb_gpuset task;			     /* the task's own; 0: not known, it may use all of them */
	unsigned int nodes;		     /* of the job */
	const struct fb_topofile_fabric *fabric; /* NULL: nothing is known of it */
	const struct fb_topofile_group *group;	 /* the node's in it; NULL: none */
	const char *p2p, *rdma;		     /* "prefer", "require", "off" */
	uint32_t ports[FB_TOPOFILE_NICS_MAX]; /* by adapter of the type: bit p: port p is up and the user may use it */
	bool topo_readable;		     /* the type's nccl_topo */
};

/* For a caller who cannot look at the node: port 1 of every adapter, and the file. */
void fb_hints_assume_sound(struct fb_hints_request *request);

/* Never fails. Every variable is there, also one that is not set; in a fixed order. */
void fb_hints_make(const struct fb_hints_request *request, struct fb_hints *hints);

/* "0,2,3", as Slurm's variables name GPUs; -1: it is no such list, or names a GPU beyond FB_ENGINE_GPUS_MAX. */
int fb_gpuset_parse(const char *text, fb_gpuset *set);
void fb_gpuset_text(fb_gpuset set, char *text, size_t size);

/*
 * FLIGHTBASE_SET is "NAME=VALUE;NAME=VALUE". Is name set to value in it? And append one; what does not fit is left out,
 * so that it counts as the user's from then on.
 */
bool fb_hints_set_has(const char *set, const char *name, const char *value);
void fb_hints_set_add(char *set, size_t size, const char *name, const char *value);

#endif
