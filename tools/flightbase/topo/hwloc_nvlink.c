/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hwloc's matrix "NVLinkBandwidth": between GPUs (their NVML devices), NVSwitches (PCI devices) and packages of POWER
 * machines, MB/s of all lanes between the two in one direction at the nominal rate of the generation.
 */
#include "fb_config.h"

#ifdef HAVE_HWLOC
#include <string.h>

#include <hwloc.h>
#include <hwloc/distances.h>

#include "flightbase/topo/chips.h"
#include "flightbase/topo/hwloc_parts.h"

static int gpu_of(hwloc_obj_t object, const hwloc_obj_t *gpu, unsigned int gpus)
{
	for (; object; object = object->parent)
		for (unsigned int i = 0; object->type == HWLOC_OBJ_PCI_DEVICE && i < gpus; i++)
			if (object == gpu[i])
				return (int)i;
	return -1;
}

/* hwloc marks the switches that GPUs named as their peers: some of those have no readable class on PCI. */
static bool is_switch(hwloc_obj_t object)
{
	if (object->type != HWLOC_OBJ_PCI_DEVICE)
		return false;
	return (object->subtype && !strcmp(object->subtype, "NVSwitch")) ||
	       (object->attr->pcidev.vendor_id == FB_CHIPS_VENDOR && object->attr->pcidev.class_id == 0x0680);
}

static unsigned int lanes_of(const struct fb_survey_gpu *gpu, hwloc_uint64_t mbps)
{
	double lanes = (double)mbps / (1000 * fb_chip_lane_nominal(fb_chip_sm(gpu->device)));

	if (mbps && lanes < 1)
		return 1;
	return lanes < FB_ENGINE_LANES_MAX ? (unsigned int)(lanes + 0.5) : FB_ENGINE_LANES_MAX;
}

static int read_row(struct fb_survey *s, const struct hwloc_distances_s *d, unsigned int row, const hwloc_obj_t *gpu, struct fb_err *err)
{
	int from = gpu_of(d->objs[row], gpu, s->gpus);

	for (unsigned int col = 0; from >= 0 && col < d->nbobjs; col++) {
		int to = gpu_of(d->objs[col], gpu, s->gpus);
		hwloc_uint64_t mbps = d->values[(size_t)row * d->nbobjs + col];

		if (mbps != d->values[(size_t)col * d->nbobjs + row])
			return fb_err_set(err, "%s: NVLinkBandwidth: GPU %d has %llu MB/s to object %u, which has %llu MB/s to it", s->name, from,
					  (unsigned long long)mbps, col, (unsigned long long)d->values[(size_t)col * d->nbobjs + row]);
		unsigned int lanes = lanes_of(&s->gpu[from], mbps);
		if (to >= 0 && to != from)
			s->gpu[from].lanes[to] = lanes;
		else if (to < 0 && is_switch(d->objs[col]))
			s->gpu[from].switch_lanes += lanes;
	}
	return 0;
}

int fb_hwloc_nvlinks(struct fb_survey *survey, hwloc_topology_t topology, const hwloc_obj_t *gpu, struct fb_err *err)
{
	struct hwloc_distances_s *distances;
	unsigned int count = 1;
	int rc = 0;

	if (hwloc_distances_get_by_name(topology, "NVLinkBandwidth", &count, &distances, 0) || !count)
		return 0;
	for (unsigned int row = 0; !rc && row < distances->nbobjs; row++)
		rc = read_row(survey, distances, row, gpu, err);
	hwloc_distances_release(topology, distances);
	survey->nvlink = true;
	return rc;
}
#endif
