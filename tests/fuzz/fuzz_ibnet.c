/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as ibnetdiscover's output: one error line that names the place, or a graph whose cables have two ends, out of which
 * a fabric can be worked that topology.json can hold.
 */
#include <stdlib.h>
#include <string.h>

#include "flightbase/topo/fabric.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool holds)
{
	if (!holds)
		abort();
}

static void check_net(const struct fb_ibnet *net)
{
	for (size_t p = 0; p < net->ports; p++) {
		const struct fb_ibnet_port *port = &net->port[p];

		need(port->peer < net->ports && net->port[port->peer].peer == p);
		need(port->node < net->nodes && net->node[port->node].first <= p && p < net->node[port->node].first + net->node[port->node].ports);
	}
}

static void check_fabric(const struct fb_fabric *fabric)
{
	size_t in_groups = 0;

	for (size_t g = 0; g < fabric->groups; g++) {
		const struct fb_fabric_group *group = &fabric->group[g];

		need(group->hosts > 0 && group->leaves > 0 && group->leaves <= FB_TOPOFILE_RAILS_MAX && group->pod < fabric->pods);
		for (unsigned int l = 0; l < group->leaves; l++)
			need(group->leaf[l] < fabric->switches && fabric->sw[group->leaf[l]].level == FB_FABRIC_LEAF);
		in_groups += group->hosts;
	}
	for (size_t h = 0; h < fabric->hosts; h++) {
		need(fabric->host[h].compute == (fabric->host[h].group != FB_FABRIC_NONE));
		need(!h || strverscmp(fabric->host[h - 1].name, fabric->host[h].name) < 0);
		in_groups -= fabric->host[h].compute;
	}
	need(!in_groups && fabric->leaf_oversubscription >= 1 && fabric->pod_oversubscription >= 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fb_machine_adapter adapter = { .name = "mlx5_0", .node_guid = 0x1b };
	const struct fb_fabric_report report = { "n1", 1, &adapter };
	struct fb_fabric fabric;
	struct fb_ibnet net;
	struct fb_err err = { "" };

	if (fb_ibnet_parse(&net, "f", (const char *)data, size, &err)) {
		need(!strncmp(err.text, "f:", 2) && !strchr(err.text, '\n') && !net.node);
		return 0;
	}
	check_net(&net);
	for (size_t reports = 0; reports < 2; reports++)
		if (!fb_fabric_make(&fabric, &net, &report, reports, &err)) {
			check_fabric(&fabric);
			fb_fabric_free(&fabric);
		}
	fb_ibnet_free(&net);
	return 0;
}
