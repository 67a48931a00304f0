/* SPDX-License-Identifier: GPL-2.0-or-later */
/* GPUs in the texts by which Slurm tells of generic resources. */
#ifndef FB_GRES_TEXT_H
#define FB_GRES_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * GPUs in a request, "gres/gpu:v100:4,gres/nic:1" or "gres:gpu:2", or in a node's part of a job as below; one without a number
 * counts as 1.
 */
int64_t fb_gres_requested(const char *text);

/*
 * The indices in one node's part of a job, "gpu:v100:4(IDX:0-2,5),nic:1(IDX:0)", as "0-2,5", the parts of several
 * types joined by ','. Empty if there are none.
 */
void fb_gres_indices(const char *text, char *indices, size_t size);

/* A node's GPUs as slurmctld tells of them, "gpu:v100:8(S:0-1)". */
struct fb_gres_node {
	int64_t gpus;
	bool typed; /* each has a type */
	bool cores; /* slurmctld knows the cores of each */
	char type[64]; /* the first's; "": none */
};
void fb_gres_read_node(const char *text, struct fb_gres_node *node);

#endif
