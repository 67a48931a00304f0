/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is known of NVIDIA's chips: generation by PCI device id, speed of an NVLink lane, the model's name in gres.conf. */
#ifndef FB_TOPO_CHIPS_H
#define FB_TOPO_CHIPS_H

#include <stdbool.h>
#include <stddef.h>

#define FB_CHIPS_VENDOR 0x10deu

/* Compute capability (70 for 7.0) of a PCI device id; 0 if the chip is not in the table. */
unsigned int fb_chip_sm(unsigned int device);

/*
 * GB/s of one NVLink lane in one direction that is reached, as NCCL plans with it (src/graph/topo.h: SM60_NVLINK_BW and
 * so on), and the nominal rate, which hwloc's distances are multiples of. sm 0: an unknown chip.
 */
double fb_chip_lane_gbps(unsigned int sm);
double fb_chip_lane_nominal(unsigned int sm);

/*
 * The type for gres.conf of a model: "NVIDIA A100-SXM4-40GB" is "a100". It is a part of the name that Slurm's own
 * detection gives the model, so that both fit. Empty if nothing is left of it.
 */
void fb_chip_type(const char *model, char *type, size_t size);

/* The same of a PCI device id, for where no model is known; empty if it is not in the table. */
void fb_chip_type_of_device(unsigned int device, char *type, size_t size);

#endif
