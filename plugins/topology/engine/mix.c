/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The mix of a site that has no history yet: shares of GPU time in Microsoft's Philly trace of October 2017 (NOTES.md). */
#include "topology/engine/cluster.h"

const struct fb_engine_mix fb_engine_mix_default = {
	.gpus = { [0] = .1996, [1] = .0621, [3] = .1865, [7] = .5518 },
	.nodes = { [0] = .0718, [1] = .0000, [2] = .0175 },
};
