/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Modelled bandwidth of several nodes together (cluster.h): what the slowest gives, over the levels that they span. */
#ifndef FB_TOPOLOGY_ENGINE_SPAN_H
#define FB_TOPOLOGY_ENGINE_SPAN_H

#include <math.h>

#include "topology/engine/cluster.h"

/* All zero: no node yet. */
struct fb_engine_span {
	uint32_t nodes, groups, group, pod;
	bool pods; /* of more than one pod, or unknown */
	double inside, net;
};

/*
 * Add a node of a leaf group, or FB_ENGINE_NO_GROUP: inside is the GB/s of its GPUs' ring (INFINITY: one GPU), net what
 * these GPUs have of its adapters (fb_engine_net_share()).
 */
static inline void fb_engine_span_add(struct fb_engine_span *span, const struct fb_engine_fabric *fabric, uint32_t group,
				      double inside, double net)
{
	bool known = group < fabric->groups;
	uint32_t pod = known ? fabric->group[group].pod : 0;

	if (span->nodes++ == 0)
		*span = (struct fb_engine_span){ 1, 1, group, pod, !known, inside, net };
	span->pods = span->pods || !known || pod != span->pod;
	if (known != (span->group < fabric->groups) || group != span->group)
		span->groups = 2; /* or more: it is all that the bandwidth asks for */
	span->inside = inside < span->inside ? inside : span->inside;
	span->net = net < span->net ? net : span->net;
}

/* GB/s of the nodes so far; 0 for one GPU. */
static inline double fb_engine_span_gbps(const struct fb_engine_span *span, const struct fb_engine_fabric *fabric)
{
	double net = span->net;

	if (span->nodes < 2)
		return isinf(span->inside) ? 0 : span->inside;
	if (span->pods)
		net /= fabric->leaf_oversubscription * fabric->pod_oversubscription;
	else if (span->groups > 1)
		net /= fabric->leaf_oversubscription;
	return net < span->inside ? net : span->inside;
}

/* What count of a node's GPUs have of its adapters' GB/s; net_gbps 0: not known, gpus 0: neither is their number. */
static inline double fb_engine_net_share(double net_gbps, uint32_t count, uint32_t gpus)
{
	double net = net_gbps > 0 ? net_gbps : FB_ENGINE_NET_GBPS;

	return count < gpus ? net * count / gpus : net;
}

#endif
