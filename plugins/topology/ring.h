/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The order of a set of GPUs along its best ring, whose bandwidth the engine knows. */
#ifndef FB_TOPOLOGY_RING_H
#define FB_TOPOLOGY_RING_H

#include "topology/engine/engine.h"

/*
 * Write the GPUs of the set in the order of a ring that reaches gbps (fb_engine_value() of the set): the one whose
 * order is lexicographically first, so that GPUs which are in order already stay so. order holds FB_ENGINE_GPUS_MAX.
 * Return how many they are, or 0: there is no such ring, or memory is out. Needs 2 bytes for every subset.
 */
unsigned int fb_ring_order(const struct fb_engine_wiring *wiring, fb_gpuset set, double gbps, unsigned int *order);

#endif
