/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sockets: hwloc's packages, or its NUMA nodes where they are finer and each GPU hangs on one of them, so that the cores
 * beside a GPU are those that are really near. Cores have the numbers that gres.conf(5) wants: those of `lstopo -l`,
 * counted through the whole machine, whatever the operating system calls them.
 */
#include "fb_config.h"

#ifdef HAVE_HWLOC
#include <stdio.h>
#include <string.h>

#include "flightbase/topo/hwloc_parts.h"

struct domains {
	unsigned int count;
	hwloc_const_cpuset_t cpus[FB_TOPOFILE_SOCKETS_MAX];
};

/* Different sets of CPUs of the objects of a type; memory without CPUs (of GPUs, expanders) is none. False: too many. */
static bool collect(struct domains *domains, hwloc_topology_t topology, hwloc_obj_type_t type)
{
	domains->count = 0;
	for (hwloc_obj_t o = NULL; (o = hwloc_get_next_obj_by_type(topology, type, o));) {
		bool known = hwloc_bitmap_iszero(o->cpuset);

		for (unsigned int d = 0; d < domains->count; d++)
			known |= hwloc_bitmap_intersects(domains->cpus[d], o->cpuset);
		if (known)
			continue;
		if (domains->count == FB_TOPOFILE_SOCKETS_MAX)
			return false;
		domains->cpus[domains->count++] = o->cpuset;
	}
	return domains->count > 0;
}

/* The domain that has all CPUs near a device, or -1. */
static int domain_of(const struct domains *domains, hwloc_obj_t device)
{
	while (device->parent && (!device->cpuset || hwloc_bitmap_iszero(device->cpuset)))
		device = device->parent;
	for (unsigned int d = 0; device->cpuset && d < domains->count; d++)
		if (hwloc_bitmap_isincluded(device->cpuset, domains->cpus[d]))
			return (int)d;
	return -1;
}

static bool hold_all(const struct domains *domains, const hwloc_obj_t *gpu, unsigned int gpus)
{
	for (unsigned int i = 0; i < gpus; i++)
		if (domain_of(domains, gpu[i]) < 0)
			return false;
	return true;
}

/* "0-23,48-71", or nothing if it is too long. */
static void cores_text(hwloc_topology_t topology, hwloc_const_cpuset_t cpus, char *text, size_t size)
{
	hwloc_bitmap_t cores = hwloc_bitmap_alloc();

	*text = '\0';
	for (hwloc_obj_t core = NULL; cores && (core = hwloc_get_next_obj_by_type(topology, HWLOC_OBJ_CORE, core));)
		if (hwloc_bitmap_isincluded(core->cpuset, cpus))
			hwloc_bitmap_set(cores, core->logical_index);
	if (cores && hwloc_bitmap_list_snprintf(text, size, cores) >= (int)size)
		*text = '\0';
	hwloc_bitmap_free(cores);
}

void fb_hwloc_sockets(struct fb_survey *survey, hwloc_topology_t topology, const hwloc_obj_t *gpu)
{
	struct domains packages, nodes, *chosen = &packages;

	if (!collect(&packages, topology, HWLOC_OBJ_PACKAGE))
		packages.count = 0;
	if (collect(&nodes, topology, HWLOC_OBJ_NUMANODE) && nodes.count > packages.count && hold_all(&nodes, gpu, survey->gpus))
		chosen = &nodes;
	survey->sockets = chosen->count;
	for (unsigned int i = 0; i < survey->gpus; i++)
		survey->gpu[i].socket = domain_of(chosen, gpu[i]);
	for (unsigned int d = 0; d < chosen->count; d++)
		cores_text(topology, chosen->cpus[d], survey->cores[d], sizeof(survey->cores[d]));
}
#endif
