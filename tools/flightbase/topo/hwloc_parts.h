/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files that read hwloc's topologies share. Not for others. */
#ifndef FB_TOPO_HWLOC_PARTS_H
#define FB_TOPO_HWLOC_PARTS_H

#include <hwloc.h>

#include "flightbase/topo/survey.h"

fb_pci fb_hwloc_pci(hwloc_obj_t device);

/* How PCI and sockets join two PCI devices. */
enum fb_link fb_hwloc_link(hwloc_obj_t a, hwloc_obj_t b);

/* Make a topology of hwloc's XML; text has a zero behind its size. Whatever it returns, *topology is to be destroyed if it is not NULL. */
int fb_hwloc_load(hwloc_topology_t *topology, const char *text, size_t size);

/* fb_hwloc_load() and fb_hwloc_fill() in a process of their own: survey has its name. */
int fb_hwloc_apart(struct fb_survey *survey, const char *text, size_t size, struct fb_err *err);

/* All of a loaded topology. */
int fb_hwloc_fill(struct fb_survey *survey, hwloc_topology_t topology, struct fb_err *err);

/* Lanes of the survey's GPUs from hwloc's distances "NVLinkBandwidth"; without them they stay unknown. */
int fb_hwloc_nvlinks(struct fb_survey *survey, hwloc_topology_t topology, const hwloc_obj_t *gpu, struct fb_err *err);

/* Sockets, their cores, and each GPU's. */
void fb_hwloc_sockets(struct fb_survey *survey, hwloc_topology_t topology, const hwloc_obj_t *gpu);

#endif
