/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The placement engine: which GPUs of a node a job should get.
 *
 * Pure C: no Slurm, no I/O, no globals; only fb_engine_type_create() allocates. The Slurm plugin, the
 * simulator and the command-line tool are adapters to it.
 *
 * A *node type* is the wiring of one machine model, shared by all nodes of that model: up to 16 GPUs and
 * for every pair a link class, as `nvidia-smi topo -m` names it, with a bandwidth. The value of every set
 * of its GPUs is computed once, so that choosing is a walk over a table.
 *
 * Value of a set of GPUs: the bus bandwidth that a ring allreduce reaches in it, in GB/s. A ring moves
 * every byte over every hop, so its bus bandwidth is that of its slowest hop (nccl-tests,
 * doc/PERFORMANCE.md: busbw = algbw * 2(n-1)/n, which is the link's bandwidth for a ring); the value is
 * that of the best ring, that is, of the Hamiltonian cycle with the greatest smallest edge. It is exact,
 * not a heuristic. Two GPUs: their link. One GPU: 0, it has nothing to send.
 *
 * Units: GB/s = 1e9 bytes/s, one direction. Thread-safety: a type is read-only once it is made.
 *
 * cluster.h chooses the nodes.
 */
#ifndef FB_TOPOLOGY_ENGINE_H
#define FB_TOPOLOGY_ENGINE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"

#define FB_ENGINE_GPUS_MAX 16
#define FB_ENGINE_LANES_MAX 64
#define FB_ENGINE_GROUPS_MAX 16

typedef uint16_t fb_gpuset; /* bit i: GPU i of the node */

/* Link classes of `nvidia-smi topo -m`, the better the greater. */
enum fb_link {
	FB_LINK_SELF,	/* X */
	FB_LINK_SYS,	/* through the interconnect between sockets */
	FB_LINK_NODE,	/* between host bridges of one socket */
	FB_LINK_PHB,	/* through one host bridge (the CPU) */
	FB_LINK_PXB,	/* through several PCIe switches */
	FB_LINK_PIX,	/* through one PCIe switch */
	FB_LINK_NVLINK, /* NV#: # lanes, direct or through NVSwitch */
};

/*
 * Bandwidth of a link in GB/s, from the constants that NCCL plans with (src/graph/topo.h), which are
 * what is reached, not what is printed on the box:
 *   NVLink  20 a lane (SM70_NVLINK_BW, SM80_NVLINK_BW; the lane's nominal rate is 25)
 *   PIX, PXB 12 (PCI_BW, PCIe 3.0 x16); PHB, NODE 10 (the same less INTEL_P2P_OVERHEAD, 6/5)
 *   SYS     8.3 (SKL_QPI_BW 10 less the same overhead)
 * Links of equal bandwidth and different class still differ in rank: the better class is preferred.
 */
#define FB_ENGINE_LANE_GBPS 20.0

struct fb_engine_wiring {
	unsigned int gpus; /* 1 to FB_ENGINE_GPUS_MAX */
	uint8_t link[FB_ENGINE_GPUS_MAX][FB_ENGINE_GPUS_MAX];  /* enum fb_link; symmetric, SELF on the diagonal */
	uint8_t lanes[FB_ENGINE_GPUS_MAX][FB_ENGINE_GPUS_MAX]; /* of NVLink pairs: 1 to FB_ENGINE_LANES_MAX */
	double lane_gbps;				       /* GB/s of one NVLink lane, one direction */
};

struct fb_engine_type;

/* Read "X", "NV4", "PIX"...; return 0, or -1 if it is none of them. */
int fb_link_parse(const char *term, enum fb_link *link, unsigned int *lanes);
/* The same backwards; text holds FB_LINK_TEXT_MAX bytes. */
#define FB_LINK_TEXT_MAX 8
void fb_link_text(enum fb_link link, unsigned int lanes, char *text);
double fb_link_gbps(enum fb_link link, unsigned int lanes, double lane_gbps);

/*
 * Compute the tables of a wiring (16 GPUs: about 10 ms, 320 KiB kept; 8 GPUs: microseconds, 2 KiB).
 * Returns NULL with err set if the wiring is not valid or memory is out; fb_engine_type_destroy() frees.
 */
struct fb_engine_type *fb_engine_type_create(const struct fb_engine_wiring *wiring, struct fb_err *err);
void fb_engine_type_destroy(struct fb_engine_type *type); /* takes NULL */

unsigned int fb_engine_type_gpus(const struct fb_engine_type *type);

/* Value of a set in GB/s, and its rank: greater is better, equal ranks have equal values. Bits beyond the
 * type's GPUs are ignored. */
double fb_engine_value(const struct fb_engine_type *type, fb_gpuset set);
unsigned int fb_engine_rank(const struct fb_engine_type *type, fb_gpuset set);

/*
 * Whether a set is one P2P group: its best ring has only hops that GPUs reach each other's memory over, NVLink or PCIe
 * switches (PXB and better; NCCL's own limit, p2pLevel of ncclTopoCheckP2p()). One GPU is.
 */
bool fb_engine_p2p(const struct fb_engine_type *type, fb_gpuset set);

/* Value of the best set of count GPUs on an idle node (0 for count < 2 or more than there are). */
double fb_engine_best_value(const struct fb_engine_type *type, unsigned int count);

/*
 * The islands at a link class: the maximal groups of GPUs that reach each other over links of this class
 * or better. At FB_LINK_NVLINK these are the NVLink groups, at FB_LINK_PIX the PCIe switches joined by
 * whatever is better, and so on; at FB_LINK_SYS it is the whole node. Writes at most FB_ENGINE_GPUS_MAX
 * sets, lowest GPU first, and returns their number. A GPU alone is an island of one.
 */
unsigned int fb_engine_islands(const struct fb_engine_type *type, enum fb_link at_least, fb_gpuset *islands);

/* A group of GPUs of which only some counts may be taken: a socket with few free cores, one GPU per socket. */
struct fb_engine_group {
	fb_gpuset members;
	uint32_t counts; /* bit c: c of the members may be taken */
};

struct fb_engine_request {
	fb_gpuset free;	    /* may be taken */
	fb_gpuset idle;	    /* idle GPUs of the node, whether or not this job may take them; free is a part */
	fb_gpuset held;	    /* what the job has on this node already: counts for the value */
	unsigned int count; /* how many to take */
	unsigned int groups;
	struct fb_engine_group group[FB_ENGINE_GROUPS_MAX];
};

struct fb_engine_choice {
	fb_gpuset gpus;
	unsigned int rank; /* of gpus and held together, as fb_engine_rank() */
	double gbps;	   /* their value */
};

/*
 * Choose count GPUs of free. Compared in this order (NOTES.md has the measurements behind it):
 *   1. the value of the set (with held), so that no other choice has a better ring;
 *   2. the bandwidth between all its pairs together: of equal rings, the set with more links;
 *   3. the same sum over the idle GPUs that are left, so that large and well wired groups stay whole:
 *      a job of one GPU goes to the smallest leftover;
 *   4. the lowest indices.
 * Returns 0, or -1 if no set fits; choice is then untouched. Never allocates. Deterministic.
 */
int fb_engine_choose(const struct fb_engine_type *type, const struct fb_engine_request *request,
		     struct fb_engine_choice *choice);

#endif
