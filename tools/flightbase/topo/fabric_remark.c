/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What each adapter is for, and what an admin should look at. */
#include <stdlib.h>
#include <string.h>

#include "flightbase/memory.h"
#include "flightbase/topo/fabric_parts.h"

static bool group_has(const struct fb_fabric_group *group, uint32_t leaf)
{
	for (unsigned int l = 0; l < group->leaves; l++)
		if (group->leaf[l] == leaf)
			return true;
	return false;
}

static bool host_computes_over(const struct fb_fabric_host *host, uint32_t leaf)
{
	for (unsigned int l = 0; l < host->compute_leaves; l++)
		if (host->leaf[l] == leaf)
			return true;
	return false;
}

static void adapter_judge(struct fb_fabric *fabric, const struct fb_fabric_host *host, struct fb_fabric_adapter *adapter)
{
	const struct fb_fabric_switch *leaf = &fabric->sw[adapter->leaf];
	bool own = group_has(&fabric->group[host->group], adapter->leaf);
	const char *name = *adapter->name ? adapter->name : "an adapter";

	/* A compute leaf of another group: a cable that strayed, not another use. */
	adapter->use = own || host_computes_over(host, adapter->leaf) || leaf->group != FB_FABRIC_NONE ? FB_TOPOFILE_COMPUTE :
													     FB_TOPOFILE_STORAGE;
	if (adapter->use == FB_TOPOFILE_COMPUTE && !own)
		fb_remark_add(&fabric->remarks, host->name, "%s is on leaf %s, where no other node of group %s is: is its cable in the wrong switch?",
			      name, leaf->name, fabric->group[host->group].name);
	if (adapter->gbps > 0 && adapter->gbps < leaf->gbps)
		fb_remark_add(&fabric->remarks, host->name, "%s has a link of %.4g GB/s (%s) to leaf %s, where most have %.4g", name, adapter->gbps,
			      fabric->net->port[adapter->port].rate, leaf->name, leaf->gbps);
}

static void uses_set(struct fb_fabric *fabric)
{
	bool *storage = fb_need_array(fabric->switches, sizeof(*storage));

	for (size_t a = 0; a < fabric->resolved; a++) {
		struct fb_fabric_adapter *adapter = &fabric->adapter[a];
		struct fb_fabric_host *host = &fabric->host[adapter->host];

		if (!host->compute)
			continue;
		adapter_judge(fabric, host, adapter);
		storage[adapter->leaf] |= adapter->use == FB_TOPOFILE_STORAGE;
	}
	for (size_t h = 0; h < fabric->hosts; h++) {
		struct fb_fabric_host *host = &fabric->host[h];

		for (unsigned int l = 0; l < host->leaves; l++)
			if (storage[host->leaf[l]])
				host->use = FB_TOPOFILE_STORAGE;
		for (uint32_t a = 0; !host->compute && a < host->adapters; a++)
			fabric->adapter[host->first + a].use = host->use;
	}
	free(storage);
}

static void missing_tell(struct fb_fabric *fabric)
{
	for (size_t h = 0; h < fabric->hosts; h++) {
		const struct fb_fabric_host *host = &fabric->host[h];
		const struct fb_fabric_group *group = host->compute ? &fabric->group[host->group] : NULL;

		for (unsigned int l = 0; group && l < group->leaves; l++)
			if (!host_computes_over(host, group->leaf[l]))
				fb_remark_add(&fabric->remarks, host->name, "has no adapter on leaf %s (rail %u), where the others of group %s have one",
					      fabric->sw[group->leaf[l]].name, fabric->sw[group->leaf[l]].rail, group->name);
	}
	for (size_t g = 0; g < fabric->groups; g++)
		for (unsigned int rail = 1; rail <= fabric->rails && fabric->group[g].leaves < fabric->rails; rail++) {
			bool there = false;

			for (unsigned int l = 0; l < fabric->group[g].leaves; l++)
				there |= fabric->sw[fabric->group[g].leaf[l]].rail == rail;
			if (!there)
				fb_remark_add(&fabric->remarks, NULL, "group %s has no leaf of rail %u", fabric->group[g].name, rail);
		}
}

static void apart_tell(struct fb_fabric *fabric)
{
	const struct fb_fabric_switch *first = NULL;
	size_t apart = 0;
	double above = 0;

	for (size_t s = 0; s < fabric->switches; s++) {
		above += fabric->sw[s].level == FB_FABRIC_SPINE ? fabric->sw[s].up : 0;
		if (fabric->groups < 2 || fabric->sw[s].level != FB_FABRIC_LEAF || fabric->sw[s].uplinks)
			continue;
		first = apart++ ? first : &fabric->sw[s];
	}
	if (apart == 1)
		fb_remark_add(&fabric->remarks, NULL, "leaf %s has no cable to another switch", first->name);
	else if (apart)
		fb_remark_add(&fabric->remarks, NULL, "leaf %s and %zu more have no cable to another switch", first->name, apart - 1);
	if (fabric->pods > 1 && above <= 0)
		fb_remark_add(&fabric->remarks, NULL, "no cables join the %u pods", fabric->pods);
}

void fb_fabric_remark(struct fb_fabric *fabric)
{
	uses_set(fabric);
	missing_tell(fabric);
	apart_tell(fabric);
}
