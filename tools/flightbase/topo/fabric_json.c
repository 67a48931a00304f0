/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <json-c/json.h>
#include <stdlib.h>

#include "flightbase/json_add.h"
#include "flightbase/topo/fabric_print.h"

static const char *const levels[] = { [FB_FABRIC_LEAF] = "leaf", [FB_FABRIC_EDGE] = "edge", [FB_FABRIC_SPINE] = "spine", [FB_FABRIC_CORE] = "core" };
static const char *const uses[] = { [FB_TOPOFILE_COMPUTE] = "compute", [FB_TOPOFILE_STORAGE] = "storage",
				    [FB_TOPOFILE_MANAGEMENT] = "management" };

static void add_guid(struct json_object *to, uint64_t guid)
{
	char text[32];

	snprintf(text, sizeof(text), "0x%016" PRIx64, guid);
	fb_json_add_text(to, "guid", text);
}

static struct json_object *group_json(const struct fb_fabric *fabric, size_t g)
{
	const struct fb_fabric_group *group = &fabric->group[g];
	struct json_object *to = json_object_new_object(), *leaves = json_object_new_array();
	char *hosts = fb_fabric_group_hosts(fabric, g);

	fb_json_add_text(to, "name", group->name);
	fb_json_add_int(to, "pod", group->pod + 1);
	fb_json_add_int(to, "count", group->hosts);
	fb_json_add_text(to, "nodes", hosts);
	fb_json_add_number(to, "gbps", group->gbps);
	for (unsigned int l = 0; l < group->leaves; l++)
		json_object_array_add(leaves, json_object_new_string(fabric->sw[group->leaf[l]].name));
	json_object_object_add(to, "leaves", leaves);
	free(hosts);
	return to;
}

static struct json_object *switch_json(const struct fb_fabric *fabric, const struct fb_fabric_switch *sw)
{
	struct json_object *to = json_object_new_object();

	fb_json_add_text(to, "name", sw->name);
	add_guid(to, fabric->net->node[sw->node].guid);
	fb_json_add_text(to, "level", levels[sw->level]);
	fb_json_add_text(to, "group", sw->group == FB_FABRIC_NONE ? NULL : fabric->group[sw->group].name);
	fb_json_add_int(to, "rail", sw->rail);
	fb_json_add_int(to, "adapters", sw->adapters);
	fb_json_add_int(to, "uplinks", sw->uplinks);
	fb_json_add_number(to, "down_gbps", sw->down);
	fb_json_add_number(to, "up_gbps", sw->up);
	return to;
}

static struct json_object *adapter_json(const struct fb_fabric *fabric, const struct fb_fabric_adapter *adapter)
{
	struct json_object *to = json_object_new_object();
	const struct fb_ibnet_port *port = &fabric->net->port[adapter->port];
	const struct fb_ibnet_node *node = &fabric->net->node[adapter->node];

	if (adapter->host != FB_FABRIC_NONE)
		fb_json_add_text(to, "name", *adapter->name ? adapter->name : NULL);
	else
		fb_json_add_text(to, "description", node->text);
	add_guid(to, node->guid);
	fb_json_add_int(to, "port", port->number);
	fb_json_add_text(to, "leaf", fabric->sw[adapter->leaf].name);
	fb_json_add_int(to, "leaf_port", fabric->net->port[port->peer].number);
	fb_json_add_number(to, "gbps", adapter->gbps);
	fb_json_add_text(to, "rate", *port->rate ? port->rate : NULL);
	if (adapter->host != FB_FABRIC_NONE)
		fb_json_add_text(to, "use", uses[adapter->use]);
	return to;
}

static struct json_object *host_json(const struct fb_fabric *fabric, const struct fb_fabric_host *host)
{
	struct json_object *to = json_object_new_object(), *adapters = json_object_new_array();

	fb_json_add_text(to, "name", host->name);
	json_object_object_add(to, "reported", json_object_new_boolean(host->reported));
	fb_json_add_text(to, "use", host->compute ? uses[FB_TOPOFILE_COMPUTE] : uses[host->use]);
	fb_json_add_text(to, "group", host->compute ? fabric->group[host->group].name : NULL);
	for (uint32_t a = 0; a < host->adapters; a++)
		json_object_array_add(adapters, adapter_json(fabric, &fabric->adapter[host->first + a]));
	json_object_object_add(to, "adapters", adapters);
	return to;
}

struct json_object *fb_fabric_json(const struct fb_fabric *fabric)
{
	struct json_object *to = json_object_new_object(), *ratios = json_object_new_object(), *groups = json_object_new_array(),
			   *switches = json_object_new_array(), *hosts = json_object_new_array(), *unresolved = json_object_new_array();

	fb_json_add_int(to, "rails", fabric->rails);
	fb_json_add_int(to, "pods", fabric->pods);
	fb_json_add_number(ratios, "leaf", fabric->leaf_oversubscription);
	fb_json_add_number(ratios, "pod", fabric->pod_oversubscription);
	json_object_object_add(to, "oversubscription", ratios);
	for (size_t g = 0; g < fabric->groups; g++)
		json_object_array_add(groups, group_json(fabric, g));
	for (size_t s = 0; s < fabric->switches; s++)
		json_object_array_add(switches, switch_json(fabric, &fabric->sw[s]));
	for (size_t h = 0; h < fabric->hosts; h++)
		json_object_array_add(hosts, host_json(fabric, &fabric->host[h]));
	for (size_t a = fabric->resolved; a < fabric->adapters; a++)
		json_object_array_add(unresolved, adapter_json(fabric, &fabric->adapter[a]));
	json_object_object_add(to, "groups", groups);
	json_object_object_add(to, "switches", switches);
	json_object_object_add(to, "hosts", hosts);
	json_object_object_add(to, "unresolved", unresolved);
	json_object_object_add(to, "warnings", fb_remarks_json(&fabric->remarks));
	return to;
}
