/* SPDX-License-Identifier: GPL-2.0-or-later */
/* RDMA devices, which hwloc calls after OpenFabrics: where they are, and their GUIDs, which it keeps as texts. */
#include "fb_config.h"

#ifdef HAVE_HWLOC
#include <stdio.h>
#include <string.h>

#include "flightbase/topo/adapters.h"
#include "flightbase/topo/hwloc_parts.h"

/* "NodeGUID", and of each port "Port1State" and "Port1GID0"; speeds and link layers are not there. */
static void add_guids(struct fb_survey *s, hwloc_obj_t os)
{
	const char *text = hwloc_obj_get_info_by_name(os, "NodeGUID");
	struct fb_machine_adapter *adapter = &s->adapter[s->adapters];
	char name[16];

	if (!text || !fb_adapters_guid(text))
		return;
	*adapter = (struct fb_machine_adapter){ .node_guid = fb_adapters_guid(text) };
	snprintf(adapter->name, sizeof(adapter->name), "%s", os->name);
	for (unsigned int port = 1; port <= FB_MACHINE_PORTS_MAX; port++) {
		snprintf(name, sizeof(name), "Port%uGID0", port);
		text = hwloc_obj_get_info_by_name(os, name);
		if (text)
			adapter->port[adapter->ports++] = (struct fb_machine_port){ .number = port, .guid = fb_adapters_guid(text) };
	}
	s->adapters++;
}

int fb_hwloc_nics(struct fb_survey *survey, hwloc_topology_t topology, const hwloc_obj_t *gpu, struct fb_err *err)
{
	for (hwloc_obj_t os = NULL; (os = hwloc_get_next_osdev(topology, os));) {
		hwloc_obj_t pci = os->parent;
		struct fb_survey_nic *nic;

		if (os->attr->osdev.type != HWLOC_OBJ_OSDEV_OPENFABRICS)
			continue;
		if (!os->name || !fb_survey_name_good(os->name))
			return fb_err_set(err, "%s: '%.64s' is not the name of a network adapter", survey->name, os->name ? os->name : "");
		nic = fb_survey_add_nic(survey, err);
		if (!nic)
			return fb_err_prefix(err, "%s", survey->name);
		snprintf(nic->name, sizeof(nic->name), "%s", os->name);
		add_guids(survey, os);
		while (pci && pci->type != HWLOC_OBJ_PCI_DEVICE)
			pci = pci->parent;
		if (!pci)
			continue;
		nic->pci = fb_hwloc_pci(pci);
		for (unsigned int i = 0; i < survey->gpus; i++)
			nic->link[i] = (uint8_t)fb_hwloc_link(pci, gpu[i]);
	}
	return 0;
}
#endif
