/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Placement of one job: what topology/flightbase does when cons_tres asks for nodes.
 *
 * The engine chooses the nodes (nodes.h), and the GPUs inside them by masking all others in the lists that the final
 * selection draws from. Twice:
 *   before Slurm's helper looks at the nodes, because the job's cores are then kept near these GPUs, to as many as the
 *   job can get on that node;
 *   after it, when Slurm's arithmetic tells exactly how many it gets there.
 * A node is never left with fewer GPUs than the job takes on it. If Slurm finds the engine's nodes wanting, Slurm's
 * choice stands, with the engine's GPUs on its nodes or, in the end, without: a job starts whenever it would start without this
 * plugin, unless it requires wires (--p2p=require, --rdma=require): then it waits for the engine's choice.
 *
 * Runs for starts, for will-run tests and for planned starts; it changes nothing but its argument.
 */
#ifndef FB_TOPOLOGY_PLACE_H
#define FB_TOPOLOGY_PLACE_H

#include "topology/nodemap.h"

/* map may be NULL. Returns what common_topo_choose_nodes() does. The caller holds Slurm's locks. */
int fb_place_job(const struct fb_nodemap *map, topology_eval_t *topo_eval);

#endif
