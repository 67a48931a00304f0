/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Causes that lie with nodes and GPUs: where and when there is room. */
#ifndef FB_CAUSES_PLACE_H
#define FB_CAUSES_PLACE_H

#include "flightbase/causes.h"

bool fb_partition_blocks(const struct fb_why *why);
void fb_partition_say(const struct fb_why *why, struct fb_cause *cause);
bool fb_nodes_block(const struct fb_why *why);
void fb_nodes_say(const struct fb_why *why, struct fb_cause *cause);
bool fb_guarantee_blocks(const struct fb_why *why);
void fb_guarantee_say(const struct fb_why *why, struct fb_cause *cause);
bool fb_wires_block(const struct fb_why *why);
void fb_wires_say(const struct fb_why *why, struct fb_cause *cause);
bool fb_resources_block(const struct fb_why *why);
void fb_resources_say(const struct fb_why *why, struct fb_cause *cause);
void fb_reservation_say(const struct fb_why *why, struct fb_cause *cause);
void fb_priority_say(const struct fb_why *why, struct fb_cause *cause);

#endif
