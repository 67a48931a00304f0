/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "topology/wiring.h"

/* GPUs of the largest set that is P2P. */
static unsigned int island_most(const struct fb_engine_type *type)
{
	unsigned int most = 0;

	for (unsigned int set = 1; set < 1u << fb_engine_type_gpus(type); set++)
		if ((unsigned int)__builtin_popcount(set) > most && fb_engine_p2p(type, (fb_gpuset)set))
			most = (unsigned int)__builtin_popcount(set);
	return most;
}

static int find_island(const struct fb_nodemap *map, uint64_t gpus, struct fb_err *err)
{
	const struct fb_topofile_type *best = NULL, *seen = NULL;
	unsigned int most = 1;

	for (int i = 0; map && next_node(&i); i++) {
		const struct fb_wired_node *node = fb_nodemap_node(map, i);
		const struct fb_topofile_type *type = node ? node->type : NULL;
		unsigned int here;

		if (!type || type == seen) /* nodes of one type mostly follow each other */
			continue;
		seen = type;
		if ((here = island_most(type->engine)) > most) {
			best = type;
			most = here;
		}
	}
	if (gpus <= most)
		return 0;
	if (!best)
		return fb_err_set(err, "option '--p2p': 'require': %" PRIu64 " GPUs on a node: no node of this cluster is known to have "
				       "GPUs that are P2P to each other; leave it out, or ask an administrator for topology.json",
				  gpus);
	return fb_err_set(err, "option '--p2p': 'require': %" PRIu64 " GPUs on a node: at most %u are P2P to each other on a node of this "
			       "cluster (type '%s'); ask for fewer on each node, or use --p2p=prefer",
			  gpus, most, best->name);
}

static int find_group(const struct fb_nodemap *map, uint32_t nodes, struct fb_err *err)
{
	const struct fb_engine_fabric *fabric = map ? fb_nodemap_fabric(map) : NULL;
	size_t groups = fabric ? fabric->groups : 0;
	uint32_t *members = xcalloc(groups + 1, sizeof(members[0])), most = 0;

	for (int i = 0; groups && next_node(&i); i++) {
		const struct fb_wired_node *node = fb_nodemap_node(map, i);

		if (!node || node->group == FB_ENGINE_NO_GROUP)
			continue;
		members[node->group]++;
		most = MAX(most, members[node->group]);
	}
	xfree(members);
	if (nodes <= most)
		return 0;
	if (!groups)
		return fb_err_set(err, "option '--rdma': 'require': %u nodes: this cluster's leaf groups are not known; leave it out, or ask "
				       "an administrator for the fabric in topology.json",
				  nodes);
	return fb_err_set(err, "option '--rdma': 'require': %u nodes: the largest leaf group of this cluster has %u; ask for fewer nodes, or "
			       "use --rdma=prefer",
			  nodes, most);
}

int fb_wiring_find(const struct fb_nodemap *map, const struct fb_wiring_ask *ask, struct fb_err *err)
{
	if (ask->gpus && find_island(map, ask->gpus, err))
		return -1;
	return ask->nodes ? find_group(map, ask->nodes, err) : 0;
}
