/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/cluster_wires.h"

#include <stdlib.h>

int fb_cluster_wires_load(struct fb_cluster_wires *wires, struct fb_err *err)
{
	*wires = (struct fb_cluster_wires){ 0 };
	if (fb_topology_load(&wires->topology, err))
		return -1;
	if (wires->topology.there && fb_wired_create(&wires->wired, &wires->topology.file, err)) {
		fb_topology_free(&wires->topology);
		return -1;
	}
	return 0;
}

void fb_cluster_wires_free(struct fb_cluster_wires *wires)
{
	fb_wired_free(&wires->wired);
	fb_topology_free(&wires->topology);
}

/* All GPUs idle. Returns the number of nodes that can serve the job. */
static size_t idle_nodes(const struct fb_wired *wired, uint32_t per_node, struct fb_engine_node *node)
{
	size_t count = 0;

	for (size_t i = 0; i < wired->nodes; i++) {
		const struct fb_topofile_type *type = wired->node[i].type;

		if (!type || type->wiring.gpus < per_node)
			continue;
		fb_gpuset all = (fb_gpuset)((1u << type->wiring.gpus) - 1);
		node[count++] = (struct fb_engine_node){ .type = type->engine,
							 .free = all,
							 .idle = all,
							 .least = 1,
							 .most = (uint16_t)type->wiring.gpus,
							 .group = wired->node[i].group,
							 .net_gbps = fb_topofile_net_gbps(type) };
	}
	return count;
}

double fb_cluster_wires_best(const struct fb_cluster_wires *wires, uint32_t gpus, uint32_t nodes, uint32_t per_node)
{
	const struct fb_wired *wired = &wires->wired;
	struct fb_engine_job job = { .nodes_min = per_node ? nodes : 1,
				     .nodes_max = nodes,
				     .gpus = per_node ? 0 : gpus,
				     .per_node = per_node };
	struct fb_engine_node *node = calloc(wired->nodes + 1, sizeof(*node));
	struct fb_engine_place *place = calloc((size_t)nodes + 1, sizeof(*place));
	struct fb_engine_placement best = { .gbps = 0 };
	void *scratch = NULL;
	size_t count;

	if (node && place && (count = idle_nodes(wired, per_node, node)) &&
	    (scratch = malloc(fb_engine_scratch_size(count, wired->fabric.groups))))
		(void)fb_engine_place(&wired->fabric, node, count, &job, NULL, scratch, place, &best);
	free(scratch);
	free(place);
	free(node);
	return best.gbps;
}
