/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The steps of fb_fabric_make(), each in a file of its own, in this order. Not for others. */
#ifndef FB_TOPO_FABRIC_PARTS_H
#define FB_TOPO_FABRIC_PARTS_H

#include "flightbase/topo/fabric.h"

/* A description without a host: an adapter's, or a switch's that has no name of its own. */
bool fb_fabric_text_generic(const char *text);

/* Index of the switch that is this node of the net, or FB_FABRIC_NONE. */
uint32_t fb_fabric_switch_of(const struct fb_fabric *fabric, uint32_t node);

/* Fill sw, all but levels. */
void fb_fabric_switches(struct fb_fabric *fabric);

/* Fill adapter and host, with the leaves of each host. */
int fb_fabric_hosts(struct fb_fabric *fabric, const struct fb_fabric_report *report, size_t reports, struct fb_err *err);

/* Each host's compute leaves come first. */
void fb_fabric_leaves(struct fb_fabric *fabric);

/* Groups and compute hosts. */
int fb_fabric_groups(struct fb_fabric *fabric, struct fb_err *err);

/* Rails by the names of adapters; the leaves of each group in that order, the groups by their first leaves. */
void fb_fabric_rails(struct fb_fabric *fabric);

/* Levels of switches, pods, oversubscription. */
void fb_fabric_levels(struct fb_fabric *fabric);

/* The use of each adapter, and what is odd. */
void fb_fabric_remark(struct fb_fabric *fabric);

#endif
